#include "lambda/environment/command.h"

#include <filesystem>

namespace brume::lambda {

namespace fs = std::filesystem;

std::string find_bootstrap(const FunctionSpec& function) {
  std::error_code error;
  if (fs::exists(fs::path(function.code_folder) / "bootstrap", error)) return "/var/task/bootstrap";
  if (!function.layers_folder.empty() && fs::exists(fs::path(function.layers_folder) / "bootstrap", error))
    return "/opt/bootstrap";
  return {};
}

namespace {

std::string_view variable_of(const FunctionSpec& function, std::string_view name) {
  for (const auto& [key, value] : function.environment)
    if (key == name) return value;
  return {};
}

/// Interpreter, flags and bootstrap; behind the user's wrapper script if there is one.
std::vector<std::string> interpreter_command(const FunctionSpec& function, const Runtime& runtime) {
  std::vector<std::string> command;
  // The shell stands for AWS's bootstrap script: a wrapper that is missing is its exit status 127.
  // https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
  if (const auto wrapper = variable_of(function, "AWS_LAMBDA_EXEC_WRAPPER"); !wrapper.empty())
    command = {"/bin/sh", "-c", "exec \"$@\"", "/var/runtime/bootstrap", std::string(wrapper)};
  command.push_back(runtime.path);
  const auto options = variable_of(function, "NODE_OPTIONS");
  constexpr std::string_view kNo = "--no-";
  for (const auto& argument : runtime.arguments) {
    // AWS leaves a flag of its own out when the user's options ask for the opposite; node itself would heed the flag.
    const bool taken_back = runtime.language == Language::node && argument.starts_with(kNo) &&
                            options.find("--" + argument.substr(kNo.size())) != std::string_view::npos;
    if (!taken_back) command.push_back(argument);
  }
  return command;
}

}  // namespace

SandboxSpec make_sandbox_spec(const CommandInput& input) {
  const FunctionSpec& function = input.function;
  const Runtime& runtime = input.runtime;
  SandboxSpec spec;
  if (runtime.language == Language::provided) {
    spec.command = {find_bootstrap(function)};
  } else {
    spec.command = interpreter_command(function, runtime);
  }
  spec.binds = runtime.binds;
  spec.binds.emplace_back(function.code_folder, "/var/task");
  if (!function.layers_folder.empty()) spec.binds.emplace_back(function.layers_folder, "/opt");
  spec.network = function.network;
  spec.ephemeral_bytes = static_cast<std::uint64_t>(function.ephemeral_storage_mb) << 20;
  spec.limits.memory_bytes = static_cast<std::uint64_t>(function.memory_mb) << 20;
  spec.limits.cpu_millis = function.memory_mb * 1000 / 1769;  // 1769 MB is one vCPU

  auto& variables = spec.environment;
  const auto set = [&](std::string_view name, std::string_view value) {
    variables.push_back(std::string(name) + "=" + std::string(value));
  };
  // The user's first: a program that finds a name twice takes the first, and names of ours that users may
  // set (PATH, TZ, LANG, NODE_PATH, …) are theirs then. The control plane refuses the reserved ones.
  for (const auto& [name, value] : function.environment) set(name, value);
  const auto set_default = [&](std::string_view name, std::string_view value) {
    for (const auto& entry : function.environment)
      if (entry.first == name) return;
    set(name, value);
  };
  set("AWS_LAMBDA_FUNCTION_NAME", function.name);
  set("AWS_LAMBDA_FUNCTION_VERSION", function.version);
  set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb));
  set("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group);
  set("AWS_LAMBDA_LOG_STREAM_NAME", input.log_stream);
  set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
  set("AWS_REGION", function.region);
  set("AWS_DEFAULT_REGION", function.region);
  set("LAMBDA_TASK_ROOT", "/var/task");
  set("LAMBDA_RUNTIME_DIR", "/var/runtime");
  set("_HANDLER", function.handler);
  set("_LAMBDA_TELEMETRY_LOG_FD", std::to_string(kTelemetryFd));
  if (runtime.language != Language::provided) set("AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime);
  if (!input.credentials.access_key_id.empty()) {
    set("AWS_ACCESS_KEY_ID", input.credentials.access_key_id);
    set("AWS_SECRET_ACCESS_KEY", input.credentials.secret_access_key);
    if (!input.credentials.session_token.empty()) set("AWS_SESSION_TOKEN", input.credentials.session_token);
  }
  if (!input.endpoint_url.empty()) set_default("AWS_ENDPOINT_URL", input.endpoint_url);
  set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR");
  set("AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000");
  set("_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1");
  set("_AWS_XRAY_DAEMON_PORT", "2000");
  if (runtime.language != Language::provided) {  // what AWS's bootstrap script, a shell's, leaves
    set_default("PWD", "/var/task");
    set_default("SHLVL", "0");
  }
  set_default("TZ", ":UTC");
  set_default("LANG", "en_US.UTF-8");
  set_default("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin");
  set_default("LD_LIBRARY_PATH",
              "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib");
  if (runtime.language == Language::node)
    set_default("NODE_PATH",
                "/opt/nodejs/node" + runtime.version.substr(0, runtime.version.find('.')) +
                    "/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task");
  if (runtime.language == Language::python) {
    set_default("PYTHONPATH", "/var/runtime");
    set_default("PYTHONDONTWRITEBYTECODE", "1");
  }
  return spec;
}

}  // namespace brume::lambda
