// How invokes come out: answers, errors, time-outs, crashes, logs.
#include "lambda/environment/environment.h"

#include <boost/json/parse.hpp>

#include "lambda/environment/pool_harness.h"
#include "lambda/environment/report.h"

namespace brume::lambda {
namespace {

class Environments : public testing::PoolTest {
 protected:
  static std::string text(const InvokeAnswer& answer, const char* member) {
    const auto value = boost::json::parse(answer.payload);
    return std::string(value.as_object().at(member).as_string());
  }
};

TEST_F(Environments, AnswerIsThePayload) {
  const auto answer = invoke(native(), "{\"a\":[1,2]}");
  EXPECT_EQ(answer.payload, "{\"a\":[1,2]}");
  EXPECT_EQ(answer.error, FunctionError::none);
  EXPECT_GT(answer.init_duration.count(), 0);
  EXPECT_GE(answer.billed_duration, answer.duration);
}

TEST_F(Environments, WarmStateIsKept) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  const auto second = invoke(function, doing("count"));
  EXPECT_EQ(second.payload, "2");
  EXPECT_EQ(second.init_duration.count(), 0);
  EXPECT_EQ(pool->counts().idle + pool->counts().busy, 1u);
}

TEST_F(Environments, ErrorOfTheFunction) {
  const auto answer = invoke(native(), doing("throw"));
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  EXPECT_EQ(text(answer, "errorType"), "MyError");
  EXPECT_EQ(text(answer, "errorMessage"), "it is broken");
}

TEST_F(Environments, TimeOutKillsAndTheNextInvokeStartsAnew) {
  const auto function = native();
  function->timeout = std::chrono::seconds(1);
  const auto before = std::chrono::steady_clock::now();
  const auto answer = invoke(function, doing("sleep", "1000"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  EXPECT_EQ(text(answer, "errorType"), "Sandbox.Timedout");
  EXPECT_NE(text(answer, "errorMessage").find(" Error: Task timed out after 1.00 seconds"), std::string::npos);
  EXPECT_EQ(answer.duration, std::chrono::seconds(1));
  EXPECT_NE(sink.find("Task timed out after 1.00 seconds"), "");
  EXPECT_NE(sink.find("Status: timeout"), "");
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Environments, AfterATimeOutTheSandboxStaysWithTmpAndANewProcess) {
  const auto function = native();
  function->timeout = std::chrono::seconds(1);
  EXPECT_EQ(invoke(function, doing("write", "/tmp/kept")).payload, "\"ok\"");
  EXPECT_EQ(invoke(function, doing("orphan")).payload, "null");
  const std::string before = invoke(function, doing("pid")).payload;
  const auto timed_out = invoke(function, doing("sleep", "1000"));
  EXPECT_EQ(text(timed_out, "errorType"), "Sandbox.Timedout");
  const auto next = invoke(function, doing("list", "/tmp"));
  EXPECT_EQ(next.payload, "\"kept \"");
  EXPECT_EQ(next.init_duration.count(), 0) << "it is part of the invoke";
  EXPECT_TRUE(next.log_tail.starts_with("START ")) << next.log_tail;
  EXPECT_NE(invoke(function, doing("pid")).payload, before);
  EXPECT_EQ(invoke(function, doing("count")).payload, "3");
  // Of all that ran before nothing is left.
  const std::string processes = invoke(function, doing("list", "/proc")).payload;
  std::istringstream names(processes.substr(1));
  int running = 0;
  for (std::string name; names >> name;) running += std::isdigit(static_cast<unsigned char>(name[0])) != 0;
  EXPECT_EQ(running, 2) << processes;
  const auto lines = sink.lines();
  const auto count = [&](std::string_view start) {
    return std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(start); });
  };
  EXPECT_EQ(count("INIT_START "), 2);
  EXPECT_EQ(sink.streams(), 1u);
}

TEST_F(Environments, AfterAnExitTheSandboxStaysToo) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("write", "/tmp/kept")).payload, "\"ok\"");
  EXPECT_EQ(text(invoke(function, doing("exit", "7")), "errorType"), "Runtime.ExitError");
  EXPECT_EQ(invoke(function, doing("list", "/tmp")).payload, "\"kept \"");
  EXPECT_EQ(text(invoke(function, doing("crash")), "errorType"), "Runtime.ExitError");
  EXPECT_EQ(invoke(function, doing("list", "/tmp")).payload, "\"kept \"");
}

TEST_F(Environments, ARuntimeThatEndsBetweenInvokesIsStartedAgain) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("write", "/tmp/kept")).payload, "\"ok\"");
  EXPECT_EQ(invoke(function, doing("exit-later", "100")).payload, "null");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(invoke(function, doing("list", "/tmp")).payload, "\"kept \"");
  EXPECT_EQ(pool->counts().idle + pool->counts().busy, 1u);
}

TEST_F(Environments, TheFilesOfAFunctionKilledForItsMemoryGo) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("write", "/tmp/gone")).payload, "\"ok\"");
  EXPECT_EQ(text(invoke(function, doing("memory")), "errorType"), "Runtime.ExitError");
  EXPECT_EQ(invoke(function, doing("list", "/tmp")).payload, "\"\"");
}

/// A program that cannot start again in what the one before left in /tmp.
TEST_F(Environments, ARestartThatFailsFailsItsInvokeAndGivesWayToANewSandbox) {
  const auto function = native();
  function->environment = {{"INIT", "once"}};
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  EXPECT_EQ(text(invoke(function, doing("exit", "7")), "errorType"), "Runtime.ExitError");
  const auto answer = invoke(function, doing("count"));
  EXPECT_TRUE(text(answer, "errorMessage").ends_with("Runtime exited with error: exit status 3")) << answer.payload;
  EXPECT_NE(sink.find("INIT_REPORT").find("Phase: invoke\tStatus: error\tError Type: Runtime.ExitError"),
            std::string::npos);
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Environments, ARestartHasATimeOfItsOwn) {
  const auto function = native();
  function->environment = {{"INIT", "slow-again"}};
  function->timeout = std::chrono::seconds(1);
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  EXPECT_EQ(text(invoke(function, doing("exit", "7")), "errorType"), "Runtime.ExitError");
  const auto answer = invoke(function, doing("count"));
  EXPECT_EQ(answer.payload, "1");
  EXPECT_GT(answer.duration, std::chrono::milliseconds(1500)) << "its start is told";
}

TEST_F(Environments, ARestartThatHangsIsEnded) {
  open_pool({.init_timeout = std::chrono::seconds(1)});
  const auto function = native();
  function->environment = {{"INIT", "slow-again"}};
  function->timeout = std::chrono::seconds(1);
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  EXPECT_EQ(text(invoke(function, doing("exit", "7")), "errorType"), "Runtime.ExitError");
  EXPECT_EQ(text(invoke(function, doing("count")), "errorType"), "Sandbox.Timedout");
  EXPECT_NE(sink.find("Phase: invoke\tStatus: timeout"), "");
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Environments, WhoWaitsGetsTheEnvironmentThatTimedOut) {
  const auto function = native();
  function->timeout = std::chrono::seconds(1);
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
  auto first = begin_invoke(function, doing("sleep", "1000"));
  std::vector<std::future<InvokeResult>> others;
  for (int i = 0; i < 4; ++i) others.push_back(begin_invoke(function, doing("pid"), static_cast<std::size_t>(i) % 2));
  for (auto& other : others) EXPECT_EQ(answer_of(other.get()).error, FunctionError::none);
  EXPECT_EQ(text(answer_of(first.get()), "errorType"), "Sandbox.Timedout");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(invoke(function, doing("pid")).error, FunctionError::none);
}

TEST_F(Environments, ExitDuringInvoke) {
  const auto function = native();
  const auto answer = invoke(function, doing("exit", "7"));
  EXPECT_EQ(text(answer, "errorType"), "Runtime.ExitError");
  EXPECT_TRUE(text(answer, "errorMessage").ends_with(" Error: Runtime exited with error: exit status 7"))
      << answer.payload;
  EXPECT_TRUE(text(invoke(function, doing("exit", "0")), "errorMessage")
                  .ends_with("Runtime exited without providing a reason"));
  EXPECT_TRUE(text(invoke(function, doing("crash")), "errorMessage").ends_with("signal: segmentation fault"));
}

TEST_F(Environments, InitThatExitsFailsTheInvokeAndIsTriedAgain) {
  const auto function = native();
  function->environment = {{"INIT", "exit"}};
  for (int i = 0; i < 2; ++i) {
    const auto answer = invoke(function, "{}");
    EXPECT_EQ(text(answer, "errorType"), "Runtime.ExitError");
    EXPECT_TRUE(text(answer, "errorMessage").ends_with("Runtime exited with error: exit status 3"));
  }
  EXPECT_NE(sink.find("INIT_REPORT"), "");
}

TEST_F(Environments, InitThatReportsAnError) {
  const auto function = native();
  function->environment = {{"INIT", "report"}};
  const auto answer = invoke(function, "{}");
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  EXPECT_EQ(text(answer, "errorType"), "MyInitError");
  EXPECT_NE(sink.find("INIT_REPORT").find("Status: error\tError Type: MyInitError"), std::string::npos);
}

TEST_F(Environments, InitThatHangsEndsWithTheFunctionsTimeOut) {
  open_pool({.init_timeout = std::chrono::milliseconds(200)});
  const auto function = native();
  function->environment = {{"INIT", "sleep"}};
  function->timeout = std::chrono::seconds(1);
  EXPECT_TRUE(text(invoke(function, "{}"), "errorMessage").ends_with("Task timed out after 1.00 seconds"));
  EXPECT_NE(sink.find("Phase: init\tStatus: timeout"), "");
}

TEST_F(Environments, NoBootstrap) {
  const auto answer = invoke(spec("empty", "provided.al2023", ""), "{}");
  EXPECT_EQ(text(answer, "errorType"), "Runtime.InvalidEntrypoint");
  EXPECT_TRUE(text(answer, "errorMessage")
                  .ends_with("Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"));
}

TEST_F(Environments, BootstrapThatCannotBeRun) {
  const auto function = code("script", "provided.al2023", "", "bootstrap", "no program");
  EXPECT_TRUE(text(invoke(function, "{}"), "errorMessage")
                  .ends_with("Error: fork/exec /var/task/bootstrap: permission denied"));
}

TEST_F(Environments, BootstrapOfALayer) {
  const auto function = spec("layered", "provided.al2023", "");
  function->layers_folder = (folder / "layers").string();
  testing::fs::create_directories(folder / "layers");
  testing::fs::copy_file(testing::own_folder() / "brume-test-function", folder / "layers" / "bootstrap");
  EXPECT_EQ(invoke(function, doing("count")).payload, "1");
}

TEST_F(Environments, ResponseLimitIsSixMegabytes) {
  const auto function = native();
  EXPECT_EQ(invoke(function, doing("large", "6291554")).payload.size(), 6291556u);
  const auto answer = invoke(function, doing("large", "6291555"));
  EXPECT_EQ(text(answer, "errorType"), "Function.ResponseSizeTooLarge");
  EXPECT_EQ(text(answer, "errorMessage"),
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).");
  EXPECT_EQ(invoke(function, doing("count")).payload, "3") << "the environment goes on";
}

TEST_F(Environments, LargeEventArrivesWhole) {
  const std::string event = "{\"text\":\"" + std::string(6'000'000, 'e') + "\"}";
  EXPECT_EQ(invoke(native(), event).payload, event);
}

TEST_F(Environments, LogHoldsPlatformLinesAndWhatWasPrinted) {
  const auto function = native();
  const auto answer = invoke(function, doing("print"));
  const auto lines = sink.lines();
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_TRUE(lines[0].starts_with(
      "INIT_START Runtime Version: provided.al2023\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:"));
  EXPECT_TRUE(lines[1].starts_with("START RequestId: "));
  EXPECT_TRUE(lines[1].ends_with(" Version: $LATEST\n"));
  EXPECT_EQ(lines[2], "first line\n");
  EXPECT_EQ(lines[3], "second line\n");
  EXPECT_EQ(lines[4], "to standard error\n");
  EXPECT_EQ(lines[5], "without an end\n");
  EXPECT_TRUE(lines[6].starts_with("END RequestId: "));
  EXPECT_TRUE(lines[7].starts_with("REPORT RequestId: "));
  EXPECT_NE(lines[7].find("\tMemory Size: 128 MB\tMax Memory Used: "), std::string::npos);
  EXPECT_NE(lines[7].find("\tInit Duration: "), std::string::npos);
  EXPECT_TRUE(answer.log_tail.starts_with("START RequestId: ")) << answer.log_tail;
  EXPECT_TRUE(answer.log_tail.ends_with("ms\t\n")) << answer.log_tail;
  EXPECT_NE(sink.stream().find("/[$LATEST]"), std::string::npos);
}

TEST_F(Environments, VariablesAreAwsThenTheUsers) {
  const auto function = native();
  function->environment = {{"MINE", "yes"}, {"TZ", "Europe/Berlin"}};
  const auto variable = [&](const char* name) { return invoke(function, doing("env", name)).payload; };
  EXPECT_EQ(variable("MINE"), "\"yes\"");
  EXPECT_EQ(variable("TZ"), "\"Europe/Berlin\"");
  EXPECT_EQ(variable("AWS_LAMBDA_FUNCTION_NAME"), "\"native\"");
  EXPECT_EQ(variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "\"128\"");
  EXPECT_EQ(variable("AWS_REGION"), "\"us-east-1\"");
  EXPECT_EQ(variable("LAMBDA_TASK_ROOT"), "\"/var/task\"");
  EXPECT_EQ(variable("AWS_LAMBDA_LOG_STREAM_NAME"), "\"" + sink.stream() + "\"");
  EXPECT_EQ(variable("AWS_ENDPOINT_URL"), "\"(unset)\"");
}

TEST_F(Environments, XRayAndShellVariables) {
  const auto variable = [&](const std::shared_ptr<FunctionSpec>& function, const char* name) {
    return invoke(function, doing("env", name)).payload;
  };
  const auto function = native();
  EXPECT_EQ(variable(function, "AWS_XRAY_CONTEXT_MISSING"), "\"LOG_ERROR\"");
  EXPECT_EQ(variable(function, "AWS_XRAY_DAEMON_ADDRESS"), "\"169.254.100.1:2000\"");
  EXPECT_EQ(variable(function, "_AWS_XRAY_DAEMON_ADDRESS"), "\"169.254.100.1\"");
  EXPECT_EQ(variable(function, "_AWS_XRAY_DAEMON_PORT"), "\"2000\"");
  EXPECT_EQ(variable(function, "PWD"), "\"(unset)\"") << "no shell starts a program of the user's";
}

TEST(Report, LineIsAws) {
  EXPECT_EQ(
      report_line({.request_id = "id",
                   .duration = std::chrono::microseconds(1234),
                   .billed_duration = billed(std::chrono::microseconds(1234)),
                   .memory_mb = 128,
                   .max_memory_bytes = 40 << 20,
                   .init_duration = std::chrono::microseconds(160730)}),
      "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t"
      "Init Duration: 160.73 ms\t");
  EXPECT_EQ(timed_out_text(std::chrono::seconds(3)), "Task timed out after 3.00 seconds");
}

}  // namespace
}  // namespace brume::lambda
