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
  std::vector<std::string> flags; ///< node's: which of those that Brume wants to give it knows
  /// Host path → path inside, for one outside /usr (nvm, pyenv, a tarball): its file and its lib folder.
  std::vector<std::pair<std::string, std::string>> binds;
};

/// How to run one runtime name.
struct Runtime {
  Language language;
  std::string path;                  ///< interpreter, inside; empty for provided.*
  std::vector<std::string> arguments;
  std::string version;               ///< of the interpreter
  /// For the function's log where the interpreter is not of the version that the name says; else empty.
  std::string stand_in;
  std::vector<std::pair<std::string, std::string>> binds;  ///< Interpreter::binds, the bootstrap and its packages
};

/// Every runtime name Brume knows, whether or not the host can run it: a CreateFunction with another
/// one is InvalidParameterValueException. "nodejs18.x" … "python3.14", "provided.al2023".
bool is_known_runtime(std::string_view name);

/// "python:3.11.7": the family and the interpreter's version, which INIT_START shows; the name itself where there is none.
std::string runtime_version(std::string_view name, const std::optional<Runtime>& runtime);
/// The ARN of runtime_version().
std::string runtime_version_arn(std::string_view region, std::string_view name, const std::optional<Runtime>& runtime);

/// The interpreters of this host, looked for once at start.
class Runtimes {
 public:
  /// `runtimes_folder`: the folder with node/, python/ and their packages (build/runtimes, beside the
  /// executable). Looks for node and python3 in PATH (or those that BRUME_NODE and BRUME_PYTHON name, several
  /// with colons between them) by running each with a small program, so it blocks for about 0.2 s.
  /// `any_version`: let what there is stand for every version, even for a newer one.
  static Runtimes find(std::string runtimes_folder, bool any_version = true);

  /// How to run `name`: by the interpreter of its very version, else the next newer one, told to behave as the
  /// older, else, with any_version, the newest there is. nullopt when none fits (why_not() says why).
  std::optional<Runtime> get(std::string_view name) const;
  std::string why_not(std::string_view name) const;

  const std::string& folder() const { return folder_; }
  const std::vector<Interpreter>& nodes() const { return nodes_; }
  const std::vector<Interpreter>& pythons() const { return pythons_; }
  bool any_version() const { return any_version_; }
  std::string describe() const;  ///< for the log: "node=20.20.2 python=3.11.7"

 private:
  const Interpreter* choose(std::string_view name, Language language) const;

  std::string folder_;
  std::vector<Interpreter> nodes_, pythons_;
  bool any_version_ = true;
};

/// The folder `runtimes` beside the running executable.
std::string default_runtimes_folder();

}  // namespace brume::lambda
