// For tests that need a second process, or one to kill: runs one (disabled) test of this program in a child.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace brume::store::testing {

/// A new program image rather than a bare fork: threads of the engine do not survive a fork.
class ChildProcess {
 public:
  /// Starts this program with `--gtest_filter=test`; the test finds `argument` through argument().
  ChildProcess(const std::string& test, const std::string& argument) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    // Everything that allocates happens before the fork: another thread may hold the allocator.
    const std::string filter = "--gtest_filter=" + test;
    const std::string variable = "BRUME_TEST_CHILD=" + argument;
    char* const arguments[] = {const_cast<char*>("store_test"), const_cast<char*>(filter.c_str()),
                               const_cast<char*>("--gtest_also_run_disabled_tests"), nullptr};
    char* const environment[] = {const_cast<char*>(variable.c_str()), nullptr};
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(ends[1], kReportFd);
      if (const int null = ::open("/dev/null", O_WRONLY); null >= 0) ::dup2(null, STDOUT_FILENO);
      ::execve("/proc/self/exe", arguments, environment);
      ::_exit(127);
    }
    ::close(ends[1]);
    from_child_ = ends[0];
  }
  ~ChildProcess() {
    kill();
    ::close(from_child_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t id() const { return id_; }

  /// Waits for what the child reports next; empty once it is dead and all was read.
  std::string read_some() {
    char text[4096];
    const ssize_t bytes = ::read(from_child_, text, sizeof text);
    return {text, bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
  }

  /// SIGKILL, and waits for the end.
  void kill() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    id_ = -1;
  }

  // In the child:
  static std::string argument() {
    const char* value = std::getenv("BRUME_TEST_CHILD");
    if (value == nullptr) throw std::runtime_error("run by another test only");
    return value;
  }
  static void report(std::string_view text) {
    if (::write(kReportFd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
  }

 private:
  static constexpr int kReportFd = 100;

  pid_t id_ = -1;
  int from_child_ = -1;
};

}  // namespace brume::store::testing
