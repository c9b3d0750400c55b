#include "lambda/environment/runtimes.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace brume::lambda {

namespace {

namespace fs = std::filesystem;

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
constexpr std::array<std::pair<std::string_view, Language>, 15> kNames{{
    {"nodejs16.x", Language::node},
    {"nodejs18.x", Language::node},
    {"nodejs20.x", Language::node},
    {"nodejs22.x", Language::node},
    {"nodejs24.x", Language::node},
    {"python3.8", Language::python},
    {"python3.9", Language::python},
    {"python3.10", Language::python},
    {"python3.11", Language::python},
    {"python3.12", Language::python},
    {"python3.13", Language::python},
    {"python3.14", Language::python},
    {"provided", Language::provided},
    {"provided.al2", Language::provided},
    {"provided.al2023", Language::provided},
}};

constexpr std::string_view kNodeProbe =
    "process.stdout.write(process.versions.node+'\\n'+process.execPath+'\\n'"
    "+require('path').dirname(require('path').dirname(process.execPath)))";
// The interpreter behind a virtual environment's link; its own prefix, not the environment's. Then the bytecode of
// the bootstrap, whose compilation would take 3 ms of every cold start; none where its folder can't be written.
constexpr std::string_view kPythonProbe = R"(
import os, sys
from _frozen_importlib_external import MAGIC_NUMBER
def bytecode(source):
    name = "bootstrap." + sys.implementation.cache_tag + ".pyc"
    file = os.path.join(os.path.dirname(source), "__pycache__", name)
    info = os.stat(source)
    head = MAGIC_NUMBER + b"".join(n.to_bytes(4, "little") for n in (0, int(info.st_mtime), info.st_size))
    try:
        with open(file, "rb") as f:
            if f.read(16) == head: return file
    except OSError:
        pass
    import py_compile
    mode = py_compile.PycInvalidationMode.TIMESTAMP
    py_compile.compile(source, file, "/var/runtime/bootstrap.py", True, invalidation_mode=mode)
    os.chmod(file, 0o644)
    return file
print(".".join(map(str, sys.version_info[:3])), os.path.realpath(sys.executable), sys.base_prefix, sep="\n")
try:
    print(bytecode(sys.argv[1]))
except Exception:
    pass
)";

std::string find_in_path(const char* variable, const char* name) {
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), X_OK) == 0) return file;
  return {};
}

std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// What `command` prints; "" when it fails.
std::string output_of(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>/dev/null </dev/null").c_str(), "re");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 512> block{};
  for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
    text.append(block.data(), got);
  return ::pclose(pipe) == 0 ? text : std::string();
}

/// `answer` is three lines, version, executable, prefix, and perhaps a fourth: bytecode of the bootstrap.
std::optional<Interpreter> read_answer(const std::string& answer) {
  std::istringstream lines(answer);
  Interpreter found;
  std::string executable, prefix;
  if (!std::getline(lines, found.version) || !std::getline(lines, executable) || !std::getline(lines, prefix))
    return std::nullopt;
  std::getline(lines, found.bytecode);
  found.path = executable;
  if (executable.starts_with("/usr/") || executable.starts_with("/bin/")) return found;
  // Where AWS has its interpreters. Not the whole prefix: that may be somebody's home folder.
  found.path = "/var/lang/bin/" + fs::path(executable).filename().string();
  found.binds.emplace_back(executable, found.path);
  for (const char* name : {"/lib", "/lib64"})
    if (fs::is_directory(prefix + name)) found.binds.emplace_back(prefix + name, std::string("/var/lang") + name);
  return found;
}

const std::pair<std::string_view, Language>* find_name(std::string_view name) {
  for (const auto& entry : kNames)
    if (entry.first == name) return &entry;
  return nullptr;
}

/// node takes --disable-warning since 20.11 and 21.3.
bool can_disable_warnings(const std::string& version) {
  int major = 0, minor = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) return false;
  return major > 21 || (major == 21 && minor >= 3) || (major == 20 && minor >= 11);
}

}  // namespace

bool is_known_runtime(std::string_view name) { return find_name(name) != nullptr; }

Runtimes Runtimes::find(std::string runtimes_folder) {
  Runtimes runtimes;
  runtimes.folder_ = std::move(runtimes_folder);
  if (const auto node = find_in_path("BRUME_NODE", "node"); !node.empty())
    runtimes.node_ = read_answer(output_of(shell_word(node) + " -e " + shell_word(kNodeProbe)));
  if (const auto python = find_in_path("BRUME_PYTHON", "python3"); !python.empty())
    runtimes.python_ = read_answer(output_of(shell_word(python) + " -c " + shell_word(kPythonProbe) + " " +
                                             shell_word(runtimes.folder_ + "/python/bootstrap.py")));
  if (runtimes.node_ && std::atoi(runtimes.node_->version.c_str()) < 18) runtimes.node_.reset();
  return runtimes;
}

std::optional<Runtime> Runtimes::get(std::string_view name) const {
  const auto* entry = find_name(name);
  if (entry == nullptr) return std::nullopt;
  Runtime runtime{.language = entry->second, .path = {}, .arguments = {}, .version = {}, .binds = {}};
  if (runtime.language == Language::provided) return runtime;

  const bool is_node = runtime.language == Language::node;
  const auto& interpreter = is_node ? node_ : python_;
  if (!interpreter) return std::nullopt;
  runtime.path = interpreter->path;
  runtime.version = interpreter->version;
  runtime.binds = interpreter->binds;
  const std::string file = is_node ? "bootstrap.mjs" : "bootstrap.py";
  const fs::path folder = fs::path(folder_) / (is_node ? "node" : "python");
  runtime.binds.emplace_back(folder / file, "/var/runtime/" + file);
  std::error_code error;
  if (is_node) {
    // Modules that import by name look in the node_modules of every folder above /var/task, and ignore
    // NODE_PATH: so the SDK is at /var/node_modules too.
    if (const auto packages = fs::canonical(folder / "node_modules", error); !error)
      for (const char* target : {"/var/runtime/node_modules", "/var/node_modules"})
        runtime.binds.emplace_back(packages, target);
    runtime.arguments = {"--max-http-header-size=81920"};
    // The SDK warns of the host's node in the function's own log, where its owner can do nothing about it.
    if (can_disable_warnings(interpreter->version))
      runtime.arguments.emplace_back("--disable-warning=NodeVersionSupportWarning");
    runtime.arguments.emplace_back("/var/runtime/bootstrap.mjs");
  } else {
    if (const auto packages = fs::canonical(folder / "site-packages", error); !error)
      runtime.binds.emplace_back(packages, "/var/runtime/site-packages");
    // Without the host's own site-packages; and UTF-8, whatever locales the host has.
    runtime.arguments = {"-S", "-X", "utf8", "/var/runtime/bootstrap.py"};
    if (!interpreter->bytecode.empty()) {
      runtime.arguments.back() += "c";
      runtime.binds.emplace_back(interpreter->bytecode, runtime.arguments.back());
    }
  }
  return runtime;
}

std::string Runtimes::why_not(std::string_view name) const {
  const auto* entry = find_name(name);
  if (entry == nullptr) return "unknown runtime " + std::string(name);
  if (entry->second == Language::node) return "this host has no node (18 or newer) in PATH or BRUME_NODE";
  return "this host has no python3 in PATH or BRUME_PYTHON";
}

std::string Runtimes::describe() const {
  return "node=" + (node_ ? node_->version : "none") + " python=" + (python_ ? python_->version : "none");
}

std::string default_runtimes_folder() {
  std::error_code error;
  return (fs::read_symlink("/proc/self/exe", error).parent_path() / "runtimes").string();
}

}  // namespace brume::lambda
