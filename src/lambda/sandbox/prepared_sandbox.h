// A sandbox before it is known what is to run in it: its namespaces and their first process, which waits to be told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "lambda/sandbox/network.h"
#include "lambda/sandbox/outside_network.h"
#include "lambda/sandbox/subordinate_ids.h"

namespace brume::lambda {

/// What all sandboxes of this server have in common.
struct SandboxPlace {
  std::string launcher;          ///< the program brume-sandbox
  bool user_namespace = false;   ///< this process is not root
  std::uint32_t inside_uid = 0;  ///< with a user namespace: the command's user there
  NetworkOptions network;
  std::string outside_program;  ///< slirp4netns, for FunctionNetwork::open
  SubordinateIds subordinate = {};  ///< with a user namespace: users of it beyond Brume's own
};

/// Used by one thread at a time. Every function may block for some milliseconds.
class PreparedSandbox {
 public:
  /// Makes the namespaces. The kernel kills the first process when the calling thread ends. Errors: SandboxError.
  explicit PreparedSandbox(const SandboxPlace& place);
  /// Kills the first process and reaps it, unless release_process() was called.
  ~PreparedSandbox();
  PreparedSandbox(const PreparedSandbox&) = delete;
  PreparedSandbox& operator=(const PreparedSandbox&) = delete;

  /// Tells the first process what to run: the words of sandbox_launcher/spec.h. Once. False when it has ended
  /// meanwhile.
  bool tell(const std::string& spec);

  /// Nothing of it ended while it waited.
  bool usable();

  int pid() const { return pid_; }
  /// The caller reaps it from now on.
  int release_process() { return std::exchange(pid_, -1); }
  /// "127.0.0.1:9001": where the runtime finds the Runtime API inside.
  const std::string& runtime_api() const { return runtime_api_; }

  UniqueFd pidfd;
  UniqueFd output, telemetry, status;      ///< read ends
  UniqueFd runtime_listener;               ///< listens at runtime_api(), in the sandbox's network namespace
  UniqueFd endpoint_listener;  ///< there at NetworkOptions::endpoint_address; none unless it is asked for

  std::unique_ptr<OutsideNetwork> outside;  ///< FunctionNetwork::open's

 private:
  void take_listeners(std::size_t count);

  int pid_ = -1;
  UniqueFd control_;
  std::string runtime_api_;
};

/// Appends words to a spec, each with its NUL.
void add_words(std::string& spec, std::initializer_list<std::string_view> words);
/// One line of the status pipe, without its newline; "" at its end.
std::string read_status_line(int fd);

}  // namespace brume::lambda
