// Runtime names of AWS and the interpreters of this host that stand for them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brume::lambda {

enum class Language : std::uint8_t { node, python, provided };

/// An interpreter found on the host.
struct Interpreter {
  std::string path;     ///< inside a sandbox: as on the host below /usr, else /var/lang/bin/…
  std::string version;  ///< "20.20.2"
  std::string bytecode; ///< python's, of the bootstrap, on the host; empty: it has to compile the source
  /// Host path → path inside, for one outside /usr (nvm, pyenv, a tarball): its file and its lib folder.
  std::vector<std::pair<std::string, std::string>> binds;
};

/// How to run one runtime name.
struct Runtime {
  Language language;
  std::string path;                  ///< interpreter, inside; empty for provided.*
  std::vector<std::string> arguments;
  std::string version;               ///< of the interpreter
  std::vector<std::pair<std::string, std::string>> binds;  ///< Interpreter::binds, the bootstrap and its packages
};

/// Every runtime name Brume knows, whether or not the host can run it: a CreateFunction with another
/// one is InvalidParameterValueException. "nodejs18.x" … "python3.14", "provided.al2023".
bool is_known_runtime(std::string_view name);

/// The interpreters of this host, looked for once at start.
class Runtimes {
 public:
  /// `runtimes_folder`: the folder with node/, python/ and their packages (build/runtimes, beside the
  /// executable). Looks for node and python3 in PATH (or BRUME_NODE, BRUME_PYTHON) by running each with
  /// a one-line program, so it blocks for about 0.2 s: call it before the loops start.
  static Runtimes find(std::string runtimes_folder);

  /// How to run `name`; nullopt when the host has no such interpreter (why_not() says which is missing).
  std::optional<Runtime> get(std::string_view name) const;
  std::string why_not(std::string_view name) const;

  const std::string& folder() const { return folder_; }
  const std::optional<Interpreter>& node() const { return node_; }
  const std::optional<Interpreter>& python() const { return python_; }
  std::string describe() const;  ///< for the log: "node 20.20.2 python 3.11.7"

 private:
  std::string folder_;
  std::optional<Interpreter> node_, python_;
};

/// The folder `runtimes` beside the running executable.
std::string default_runtimes_folder();

}  // namespace brume::lambda
