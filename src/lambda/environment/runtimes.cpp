#include "lambda/environment/runtimes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/crypto.h"
#include "base/find_program.h"
#include "service/arn.h"

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

/// Of runtimes/node, beside the main one.
constexpr std::array<std::string_view, 8> kNodeModules{"errors.mjs",       "handler.mjs",  "invoke.mjs",
                                                       "invoke_store.mjs", "log.mjs",      "runtime_api.mjs",
                                                       "settings.mjs",     "streaming.mjs"};

// AWS starts node with these, but for nodejs24.x; NODE_OPTIONS can take them back (command.cpp).
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
constexpr std::array<std::string_view, 2> kModuleFlags{"--no-experimental-require-module",
                                                       "--no-experimental-detect-module"};
// The SDK warns of the host's node in the function's own log, where its owner can do nothing about it.
constexpr std::string_view kNoSdkWarning = "--disable-warning=NodeVersionSupportWarning";

constexpr std::string_view kNodeProbe = R"(
const { dirname } = require('path');
const flags = process.argv.slice(1).filter((flag) => process.allowedNodeEnvironmentFlags.has(flag.split('=')[0]));
console.log([process.versions.node, process.execPath, dirname(dirname(process.execPath)), flags.join(' ')].join('\n'));
)";
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

/// The programs that `variable` names, else the first `name` in PATH.
std::vector<std::string> find_programs(const char* variable, const char* name) {
  std::vector<std::string> found;
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') {
    std::istringstream programs(given);
    for (std::string file; std::getline(programs, file, ':');)
      if (!file.empty()) found.push_back(file);
    return found;
  }
  if (std::string file = find_program(name); !file.empty()) found.push_back(std::move(file));
  return found;
}

std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// What `command` prints; "" when it fails. Files that it makes are for functions to read, whatever this process's umask.
std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(("umask 022; " + command + " 2>/dev/null </dev/null").c_str(), "re");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 512> block{};
  for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
    text.append(block.data(), got);
  return ::pclose(pipe) == 0 ? text : std::string();
}

/// `answer` is three lines, version, executable, prefix, and perhaps a fourth: `last`.
std::optional<Interpreter> read_answer(const std::string& answer, std::string& last) {
  std::istringstream lines(answer);
  Interpreter found;
  std::string executable, prefix;
  if (!std::getline(lines, found.version) || !std::getline(lines, executable) || !std::getline(lines, prefix))
    return std::nullopt;
  last.clear();
  std::getline(lines, last);
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

/// What is compared: {22, 0} of "nodejs22.x" and of "22.4.1", {3, 12} of "python3.12" and of "3.12.1".
std::pair<int, int> version_of(std::string_view text, Language language) {
  const auto digits = std::min(text.find_first_of("0123456789"), text.size());
  int major = 0, minor = 0;
  std::sscanf(std::string(text.substr(digits)).c_str(), "%d.%d", &major, &minor);
  return {major, language == Language::node ? 0 : minor};
}

/// "20.20.2,22.4.1", or "none".
std::string versions(const std::vector<Interpreter>& interpreters) {
  std::string text;
  for (const auto& interpreter : interpreters) text += (text.empty() ? "" : ",") + interpreter.version;
  return text.empty() ? "none" : text;
}

}  // namespace

bool is_known_runtime(std::string_view name) { return find_name(name) != nullptr; }

std::string runtime_version(std::string_view name, const std::optional<Runtime>& runtime) {
  const std::string_view family = name.substr(0, name.find_first_of("0123456789."));
  if (family.empty() || !runtime || runtime->language == Language::provided) return std::string(name);
  return std::string(family) + ":" + runtime->version;
}

std::string runtime_version_arn(std::string_view region, std::string_view name, const std::optional<Runtime>& runtime) {
  return service::make_arn("lambda", region, {}, "runtime:" + sha256_hex(runtime_version(name, runtime)));
}

Runtimes Runtimes::find(std::string runtimes_folder, bool any_version) {
  Runtimes runtimes;
  runtimes.folder_ = std::move(runtimes_folder);
  runtimes.any_version_ = any_version;
  std::string last;
  std::string node_flags = " " + shell_word(kNoSdkWarning);
  for (const auto flag : kModuleFlags) node_flags += " " + shell_word(flag);
  for (const auto& file : find_programs("BRUME_NODE", "node")) {
    auto node = read_answer(output_of(shell_word(file) + " -e " + shell_word(kNodeProbe) + " --" + node_flags), last);
    if (!node || version_of(node->version, Language::node).first < 18) continue;
    std::istringstream flags(last);
    for (std::string flag; flags >> flag;) node->flags.push_back(flag);
    runtimes.nodes_.push_back(std::move(*node));
  }
  for (const auto& file : find_programs("BRUME_PYTHON", "python3")) {
    auto python = read_answer(output_of(shell_word(file) + " -c " + shell_word(kPythonProbe) + " " +
                                        shell_word(runtimes.folder_ + "/python/bootstrap.py")),
                              last);
    if (!python) continue;
    python->bytecode = last;
    runtimes.pythons_.push_back(std::move(*python));
  }
  return runtimes;
}

const Interpreter* Runtimes::choose(std::string_view name, Language language) const {
  const auto wanted = version_of(name, language);
  const Interpreter *next = nullptr, *newest = nullptr;
  const auto version = [&](const Interpreter* interpreter) { return version_of(interpreter->version, language); };
  for (const auto& interpreter : language == Language::node ? nodes_ : pythons_) {
    if (!newest || version(&interpreter) > version(newest)) newest = &interpreter;
    if (version(&interpreter) >= wanted && (!next || version(&interpreter) < version(next))) next = &interpreter;
  }
  return next ? next : any_version_ ? newest : nullptr;
}

std::optional<Runtime> Runtimes::get(std::string_view name) const {
  const auto* entry = find_name(name);
  if (entry == nullptr) return std::nullopt;
  Runtime runtime{.language = entry->second, .path = {}, .arguments = {}, .version = {}, .stand_in = {}, .binds = {}};
  if (runtime.language == Language::provided) return runtime;

  const bool is_node = runtime.language == Language::node;
  const Interpreter* interpreter = choose(name, runtime.language);
  if (interpreter == nullptr) return std::nullopt;
  const auto wanted = version_of(name, runtime.language);
  if (version_of(interpreter->version, runtime.language) != wanted)
    runtime.stand_in = "RUNTIME " + std::string(name) + " is run by " + (is_node ? "node " : "python ") +
                       interpreter->version + ", which this host has";
  runtime.path = interpreter->path;
  runtime.version = interpreter->version;
  runtime.binds = interpreter->binds;
  const fs::path folder = fs::path(folder_) / (is_node ? "node" : "python");
  if (is_node) {
    // The main module has AWS's name, which shows in the errors of modules that are missing.
    runtime.binds.emplace_back(folder / "bootstrap.mjs", "/var/runtime/index.mjs");
    for (const std::string_view name : kNodeModules)
      runtime.binds.emplace_back(folder / name, "/var/runtime/" + std::string(name));
  } else {
    runtime.binds.emplace_back(folder / "bootstrap.py", "/var/runtime/bootstrap.py");
  }
  std::error_code error;
  if (is_node) {
    // Modules that import by name look in the node_modules of every folder above /var/task, and ignore
    // NODE_PATH: so the SDK is at /var/node_modules too.
    if (const auto packages = fs::canonical(folder / "node_modules", error); !error)
      for (const char* target : {"/var/runtime/node_modules", "/var/node_modules"})
        runtime.binds.emplace_back(packages, target);
    runtime.arguments = {"--max-http-header-size=81920"};
    for (const auto& flag : interpreter->flags)
      if (flag == kNoSdkWarning || wanted.first < 24) runtime.arguments.push_back(flag);
    runtime.arguments.emplace_back("/var/runtime/index.mjs");
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
  const bool is_node = entry->second == Language::node;
  const auto& interpreters = is_node ? nodes_ : pythons_;
  if (interpreters.empty())
    return is_node ? "this host has no node (18 or newer) in PATH or BRUME_NODE"
                   : "this host has no python3 in PATH or BRUME_PYTHON";
  return "this host has no interpreter for " + std::string(name) + ", only " + (is_node ? "node " : "python ") +
         versions(interpreters) + ", and --any-runtime-version is off";
}

std::string Runtimes::describe() const { return "node=" + versions(nodes_) + " python=" + versions(pythons_); }

std::string default_runtimes_folder() {
  std::error_code error;
  return (fs::read_symlink("/proc/self/exe", error).parent_path() / "runtimes").string();
}

}  // namespace brume::lambda
