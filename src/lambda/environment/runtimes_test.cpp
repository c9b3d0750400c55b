// The bootstraps of Node.js and Python, run for real.
#include "lambda/environment/runtimes.h"

#include <boost/json/parse.hpp>

#include "lambda/environment/pool_harness.h"

namespace brume::lambda {
namespace {

class Runs : public testing::PoolTest {
 protected:
  static boost::json::object object(const InvokeAnswer& answer) {
    return boost::json::parse(answer.payload).as_object();
  }
};

class Node : public Runs {
 protected:
  void SetUp() override {
    if (runtimes().nodes().empty()) GTEST_SKIP() << "no node here";
    Runs::SetUp();
  }
  std::shared_ptr<FunctionSpec> node(const std::string& text, const std::string& file = "index.mjs") {
    auto function = code("node", "nodejs20.x", "index.handler", file, text);
    function->memory_mb = 256;
    return function;
  }
};

class Python : public Runs {
 protected:
  void SetUp() override {
    if (runtimes().pythons().empty()) GTEST_SKIP() << "no python here";
    Runs::SetUp();
  }
  std::shared_ptr<FunctionSpec> python(const std::string& text) {
    return code("python", "python3.12", "app.handler", "app.py", text);
  }
};

TEST_F(Node, AsyncModuleHandlerWithContext) {
  const auto function = node(R"(
    let calls = 0;
    export const handler = async (event, context) => ({
      sum: event.a + event.b, calls: ++calls, name: context.functionName,
      arn: context.invokedFunctionArn, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis() }))");
  const auto answer = object(invoke(function, R"({"a": 1, "b": 2})"));
  EXPECT_EQ(answer.at("sum"), 3);
  EXPECT_EQ(answer.at("name"), "node");
  EXPECT_EQ(answer.at("arn"), boost::json::value(function->arn));
  EXPECT_EQ(answer.at("memory"), "256");
  EXPECT_GT(answer.at("left").to_number<int>(), 10'000);
  EXPECT_EQ(object(invoke(function, "{}")).at("calls"), 2);
}

TEST_F(Node, CallbackAndCommonJs) {
  const auto function = node(R"(
    exports.handler = (event, context, callback) => {
      if (event.fail) return callback(new TypeError('no'));
      let late = false;
      setTimeout(() => { late = true; }, 50);
      if (event.hurry) context.callbackWaitsForEmptyEventLoop = false;
      callback(null, { get late() { return late; } });
    };)",
                             "index.js");
  EXPECT_EQ(object(invoke(function, "{}")).at("late"), true) << "the answer waits for the event loop";
  EXPECT_EQ(object(invoke(function, R"({"hurry":true})")).at("late"), false);
  const auto failed = invoke(function, R"({"fail":true})");
  EXPECT_EQ(failed.error, FunctionError::unhandled);
  EXPECT_EQ(object(failed).at("errorType"), "TypeError");
}

TEST_F(Node, CallbackThatNeverComesIsNull) {
  EXPECT_EQ(invoke(node("exports.handler = () => {};", "index.js"), "{}").payload, "null");
}

TEST_F(Node, ConsoleLinesAndErrors) {
  const auto function = node(R"(
    export async function handler(event) {
      console.log('hello %s', 'there');
      console.error('two\nlines');
      process.stdout.write('raw\n');
      throw new RangeError('too far');
    })");
  const auto answer = invoke(function, "{}");
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  const auto error = object(answer);
  EXPECT_EQ(error.at("errorType"), "RangeError");
  EXPECT_EQ(error.at("errorMessage"), "too far");
  EXPECT_EQ(error.at("trace").as_array().at(0), "RangeError: too far");
  EXPECT_TRUE(sink.find("\tINFO\t").ends_with("\tINFO\thello there\n"));
  EXPECT_TRUE(sink.find("\tERROR\ttwo").ends_with("\tERROR\ttwo\nlines\n"));
  EXPECT_EQ(sink.find("raw"), "raw\n");
  EXPECT_NE(sink.find("Invoke Error")
                .find("\tERROR\tInvoke Error \t{\"errorType\":\"RangeError\",\"errorMessage\":\"too far\",\"stack\":["),
            std::string::npos);
}

TEST_F(Node, MissingModuleHandlerAndSyntax) {
  const auto missing = object(invoke(node("import 'not-there';"), "{}"));
  EXPECT_EQ(missing.at("errorType"), "Error") << "AWS's type is for require() alone";
  EXPECT_EQ(missing.at("errorMessage"), "Cannot find package 'not-there' imported from /var/task/index.mjs");
  const auto required = code("required", "nodejs20.x", "index.handler", "index.js", "require('not-there');");
  EXPECT_EQ(object(invoke(required, "{}")).at("errorMessage"),
            "Error: Cannot find module 'not-there'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs");
  const auto no_file = object(invoke(spec("nothing", "nodejs20.x", "index.handler"), "{}"));
  EXPECT_EQ(no_file.at("errorType"), "Runtime.ImportModuleError");
  EXPECT_TRUE(
      std::string_view(no_file.at("errorMessage").as_string()).starts_with("Error: Cannot find module 'index'"));
  const auto other = code("other", "nodejs20.x", "index.nothing", "index.mjs", "export const handler = 1;");
  const auto not_exported = object(invoke(other, "{}"));
  EXPECT_EQ(not_exported.at("errorType"), "Runtime.HandlerNotFound");
  EXPECT_EQ(not_exported.at("errorMessage"), "index.nothing is undefined or not exported");
  const auto broken = code("broken", "nodejs20.x", "index.handler", "index.js", "exports.handler = {");
  EXPECT_EQ(object(invoke(broken, "{}")).at("errorType"), "Runtime.UserCodeSyntaxError");
}

TEST_F(Node, UnhandledRejection) {
  const auto function = node(R"(
    export const handler = async () => {
      Promise.reject(new Error('lost'));
      await new Promise(r => setTimeout(r, 1000));
    })");
  const auto answer = invoke(function, "{}");
  EXPECT_EQ(object(answer).at("errorType"), "Runtime.UnhandledPromiseRejection");
  EXPECT_EQ(object(answer).at("errorMessage"), "Error: lost");
}

TEST_F(Node, RejectionThatNobodyAwaitsIsOfItsOwnInvoke) {
  const auto function = node(R"(
    let calls = 0;
    const lost = async () => { throw new Error('lost'); };
    export const handler = async () => { if (!calls++) lost(); return calls; })");
  EXPECT_EQ(invoke(function, "{}").payload, "1");
  const auto of_first = sink.find("Unhandled Promise Rejection");
  EXPECT_NE(
      of_first.find("\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\""),
      std::string::npos)
      << of_first;
  EXPECT_EQ(invoke(function, "{}").payload, "1") << "in a new environment";
}

TEST_F(Node, PromiseThatNeverSettles) {
  const auto waiting = node(R"(
    let calls = 0;
    export const handler = async () => { if (!calls++) await new Promise(() => {}); return calls; })");
  const auto error = object(invoke(waiting, "{}"));
  EXPECT_EQ(error.at("errorType"), "Runtime.NodeJsExit");
  EXPECT_TRUE(std::string_view(error.at("errorMessage").as_string())
                  .starts_with("The Lambda runtime client detected an unexpected Node.js exit code. "));
  EXPECT_EQ(invoke(waiting, "{}").payload, "2") << "the environment goes on";
  const auto plain =
      code("plain", "nodejs20.x", "index.handler", "index.js", "exports.handler = () => new Promise(() => {});");
  EXPECT_EQ(invoke(plain, "{}").payload, "null");
  const auto top = code("top", "nodejs20.x", "index.handler", "index.mjs",
                        "await new Promise(() => {}); export const handler = async () => 1;");
  EXPECT_TRUE(std::string_view(object(invoke(top, "{}")).at("errorMessage").as_string()).ends_with("exit status 13"));
}

TEST_F(Node, AnswerCountsEvenIfTheProcessEndsThen) {
  EXPECT_EQ(
      invoke(node("exports.handler = (e, context) => { context.succeed('given'); process.exit(3); };", "index.js"),
             "{}")
          .payload,
      "\"given\"");
}

TEST_F(Node, ModuleFlagsAreThoseOfTheRuntime) {
  const auto other = [&](const std::string& name, const std::string& runtime) {
    auto function = code(name, runtime, "index.handler", "index.js",
                         "const m = require('./m.mjs'); exports.handler = async () => m.v;");
    std::ofstream(folder / name / "m.mjs") << "export const v = 5;";
    return function;
  };
  EXPECT_TRUE(std::string_view(object(invoke(other("old", "nodejs20.x"), "{}")).at("errorMessage").as_string())
                  .starts_with("require() of ES Module /var/task/m.mjs from /var/task/index.js not supported"));
  const auto asked = other("asked", "nodejs20.x");
  asked->environment = {{"NODE_OPTIONS", "--experimental-require-module"}};
  EXPECT_EQ(invoke(asked, "{}").payload, "5");
  const auto detected =
      code("detected", "nodejs22.x", "index.handler", "index.js", "export const handler = async () => 1;");
  EXPECT_EQ(object(invoke(detected, "{}")).at("errorMessage"), "SyntaxError: Unexpected token 'export'");
}

TEST_F(Node, CallbacksAreGoneFromNode24On) {
  const auto of_24 = [&](const std::string& name, const std::string& text) {
    return code(name, "nodejs24.x", "index.handler", "index.js", text);
  };
  EXPECT_EQ(object(invoke(of_24("callback", "exports.handler = (e, c, done) => done(null, 1);"), "{}")).at("errorType"),
            "Runtime.CallbackHandlerDeprecated");
  EXPECT_EQ(
      invoke(of_24("context", "exports.handler = (e, c) => [typeof c.succeed, typeof c.xRayTraceId];"), "{}").payload,
      R"(["undefined","string"])");
  EXPECT_EQ(object(invoke(of_24("hang", "exports.handler = async () => new Promise(() => {});"), "{}")).at("errorType"),
            "Runtime.ExitError");
}

TEST_F(Node, StreamingHandlersAnswerWithWhatTheyWrote) {
  EXPECT_EQ(invoke(node(R"(exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.write('one ');
      stream.write({ two: 2 });
      stream.end();
    });)",
                        "index.js"),
                   "{}")
                .payload,
            "one {\"two\":2}");
  const auto http = code("http", "nodejs22.x", "index.handler", "index.mjs", R"(
    export const handler = awslambda.streamifyResponse(async (event, stream) => {
      const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
      out.write('made');
      out.end();
    });)");
  EXPECT_EQ(invoke(http, "{}").payload, std::string("{\"statusCode\":201}\0\0\0\0\0\0\0\0made", 30));
  const auto open = code("open", "nodejs22.x", "index.handler", "index.mjs",
                         "export const handler = awslambda.streamifyResponse(async (e, out) => { out.write('x'); });");
  EXPECT_EQ(object(invoke(open, "{}")).at("errorMessage"), "Response stream is not finished.");
}

TEST_F(Node, WrapperScript) {
  auto wrapped = node("export const handler = async () => process.env.WRAPPED ?? process.env.SHLVL;");
  wrapped->environment = {{"AWS_LAMBDA_EXEC_WRAPPER", "/var/task/wrap"}};
  std::ofstream(folder / "node" / "wrap") << "#!/bin/sh\nWRAPPED=yes exec \"$@\"\n";
  testing::fs::permissions(folder / "node" / "wrap", testing::fs::perms(0755));
  EXPECT_EQ(invoke(wrapped, "{}").payload, "\"yes\"");
  const auto missing = code("missing", "nodejs20.x", "index.handler", "index.mjs", "export const handler = 1;");
  missing->environment = {{"AWS_LAMBDA_EXEC_WRAPPER", "/var/task/nothing"}};
  EXPECT_TRUE(
      std::string_view(object(invoke(missing, "{}")).at("errorMessage").as_string()).ends_with("exit status 127"));
}

TEST_F(Node, ConsoleHasAwsLevelsAndNoEventIsBlank) {
  const auto function = node(R"(
    export const handler = async () => {
      console.fatal('gone');
      console.log();
      process.stdout.write('\none\n\n');
    })");
  invoke(function, "{}");
  EXPECT_TRUE(sink.find("FATAL").ends_with("\tFATAL\tgone\n"));
  EXPECT_TRUE(sink.find("undefined").ends_with("\tINFO\tundefined\n"));
  for (const auto& line : sink.lines()) EXPECT_NE(line, "\n");
}

TEST_F(Node, SdkCanBeImported) {
  if (!testing::fs::exists(testing::fs::path(default_runtimes_folder()) / "node" / "node_modules" / "@aws-sdk"))
    GTEST_SKIP() << "setup/runtimes.sh has not run";
  const auto function = node(R"(
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { createRequire } from 'node:module';
    const required = createRequire(import.meta.url)('@aws-sdk/client-sts');
    export const handler = async () => [typeof DynamoDBClient, typeof required.STSClient];)");
  EXPECT_EQ(invoke(function, "{}").payload, R"(["function","function"])");
}

TEST_F(Node, LargeEventAndAnswer) {
  const std::string event = "{\"text\":\"" + std::string(5'000'000, 'e') + "ü\"}";
  EXPECT_EQ(invoke(node("export const handler = async (event) => event;"), event).payload, event);
}

TEST_F(Python, HandlerWithContextAndWarmState) {
  const auto function = python(R"(
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return {"sum": event["a"] + 1, "calls": calls, "name": context.function_name,
            "left": context.get_remaining_time_in_millis(), "id": context.aws_request_id, "tz": os.environ["TZ"]}
)");
  const auto answer = object(invoke(function, R"({"a": 1})"));
  EXPECT_EQ(answer.at("sum"), 2);
  EXPECT_EQ(answer.at("name"), "python");
  EXPECT_EQ(answer.at("tz"), ":UTC");
  EXPECT_GT(answer.at("left").to_number<int>(), 10'000);
  EXPECT_EQ(object(invoke(function, R"({"a": 1})")).at("calls"), 2);
}

TEST_F(Python, LogsAndErrors) {
  const auto function = python(R"(
import logging
def handler(event, context):
    print("printed")
    logging.getLogger().warning("warned\nof two lines")
    context.log("logged")
    raise ValueError("bad value")
)");
  const auto answer = invoke(function, "{}");
  EXPECT_EQ(answer.error, FunctionError::unhandled);
  const auto error = object(answer);
  EXPECT_EQ(error.at("errorType"), "ValueError");
  EXPECT_EQ(error.at("errorMessage"), "bad value");
  EXPECT_EQ(error.at("stackTrace").as_array().at(0),
            "  File \"/var/task/app.py\", line 7, in handler\n    raise ValueError(\"bad value\")\n");
  EXPECT_EQ(sink.find("printed"), "printed\n");
  EXPECT_EQ(sink.find("logged"), "logged\n");
  const std::string warning = sink.find("[WARNING]");
  EXPECT_TRUE(warning.ends_with("\twarned\nof two lines\n")) << warning;
  EXPECT_NE(warning.find("Z\t" + std::string(error.at("requestId").as_string()) + "\t"), std::string::npos) << warning;
  EXPECT_TRUE(sink.find("[ERROR]").starts_with("[ERROR] ValueError: bad value\nTraceback (most recent call last):\n"))
      << sink.find("[ERROR]");
}

TEST_F(Python, FailuresToLoad) {
  EXPECT_EQ(object(invoke(python("import not_there\ndef handler(e, c): pass"), "{}")).at("errorMessage"),
            "Unable to import module 'app': No module named 'not_there'");
  const auto none = code("none", "python3.12", "app.nothing", "app.py", "x = 1");
  const auto error = object(invoke(none, "{}"));
  EXPECT_EQ(error.at("errorType"), "Runtime.HandlerNotFound");
  EXPECT_EQ(error.at("errorMessage"), "Handler 'nothing' missing on module 'app'");
  const auto broken = code("broken", "python3.12", "app.handler", "app.py", "def handler(:\n");
  EXPECT_EQ(object(invoke(broken, "{}")).at("errorType"), "Runtime.UserCodeSyntaxError");
  const auto raising = code("raising", "python3.12", "app.handler", "app.py", "raise KeyError('k')");
  EXPECT_EQ(object(invoke(raising, "{}")).at("errorType"), "KeyError");
}

TEST_F(Python, UnwritableAnswerIsAMarshalError) {
  const auto error = object(invoke(python("def handler(e, c): return {1, 2}"), "{}"));
  EXPECT_EQ(error.at("errorType"), "Runtime.MarshalError");
  EXPECT_EQ(error.at("errorMessage"), "Unable to marshal response: Object of type set is not JSON serializable");
}

TEST_F(Python, ValuesAreWrittenAsAwsWritesThem) {
  const std::string text = R"(
from decimal import Decimal
def handler(event, context):
    if event == "bytes": return b"\x00raw"
    if event == "loop":
        event = []
        event.append(event)
    return [Decimal("1.10"), Decimal("5"), 0.5, True, None, "\u00fc\n", {"a": (1, float("inf"))}, event]
)";
  const auto ascii = code("ascii", "python3.11", "app.handler", "app.py", text);
  EXPECT_EQ(invoke(ascii, " {\"b\": 1e2} ").payload,
            R"([1.10, 5, 0.5, true, null, "\u00fc\n", {"a": [1, Infinity]}, {"b": 100.0}])");
  EXPECT_EQ(invoke(python(text), "\"ü\"").payload, R"([1.10, 5, 0.5, true, null, "ü\n", {"a": [1, Infinity]}, "ü"])");
  EXPECT_EQ(invoke(python(text), "\"bytes\"").payload, std::string("\0raw", 4));
  EXPECT_EQ(object(invoke(python(text), "\"loop\"")).at("errorMessage"),
            "Unable to marshal response: Circular reference detected");
}

TEST_F(Python, NamedTuplesAndBytesAreWrittenAsAwsDoes) {
  const std::string text = R"(
from collections import namedtuple
R = namedtuple("R", "code body")
class T:
    def _asdict(self): return {"a": R(1, b"x")}
def handler(event, context):
    if event == 1: return R(200, "x")
    if event == 2: return {"rows": [R(1, "a"), (2,)], b"k": b"h\xc3\xa9", "n": [[R(1, R(2, 3))]]}
    if event == 3: return [T()]
    if event == 4: return {"b": b"\xff"}
    if event == 5: return "\u2028"
    return {"plain": b"bytes"}
)";
  const auto function = code("tuples", "python3.12", "app.handler", "app.py", text);
  EXPECT_EQ(invoke(function, "1").payload, R"({"code": 200, "body": "x"})");
  EXPECT_EQ(invoke(function, "2").payload,
            "{\"rows\": [{\"code\": 1, \"body\": \"a\"}, [2]], \"k\": \"h\u00e9\", "
            "\"n\": [[{\"code\": 1, \"body\": {\"code\": 2, \"body\": 3}}]]}");
  EXPECT_EQ(invoke(function, "3").payload, R"([{"a": {"code": 1, "body": "x"}}])");
  EXPECT_TRUE(std::string_view(object(invoke(function, "4")).at("errorMessage").as_string())
                  .starts_with("Unable to marshal response: 'utf-8' codec can't decode byte 0xff"));
  EXPECT_EQ(invoke(function, "5").payload, "\"\u2028\"");
  EXPECT_EQ(invoke(function, "6").payload, R"({"plain": "bytes"})");
}

TEST_F(Python, StartsWithoutTheSlowPackages) {
  const auto function = python(R"(
import sys
def handler(event, context):
    return [name for name in ("json", "logging", "re", "socket", "traceback", "typing") if name in sys.modules]
)");
  EXPECT_EQ(invoke(function, "{}").payload, "[]");
}

TEST_F(Python, RootLoggerIsSetUpForWhoeverImportsIt) {
  const auto function = python(R"(
def handler(event, context):
    from logging.handlers import MemoryHandler
    import logging
    logging.getLogger("mine").error("late %s", "import")
    return [len(logging.getLogger().handlers), exit.__class__.__name__]
)");
  EXPECT_EQ(invoke(function, "{}").payload, "[1, \"Quitter\"]");
  const std::string line = sink.find("late import");
  EXPECT_TRUE(line.starts_with("[ERROR]\t20")) << line;
}

TEST_F(Python, PrintedBeforeATimeOutIsInTheLog) {
  const auto function = python(R"(
import time
def handler(event, context):
    print("about to sleep")
    time.sleep(60)
)");
  function->timeout = std::chrono::seconds(1);
  EXPECT_EQ(invoke(function, "{}").error, FunctionError::unhandled);
  EXPECT_EQ(sink.find("about to"), "about to sleep\n");
}

TEST_F(Python, ErrorWhileLoadingHasAwsTraceAndWarning) {
  const auto raising = code("raising", "python3.12", "app.handler", "app.py", "def f():\n    {}['k']\nf()\n");
  const auto trace = object(invoke(raising, "{}")).at("stackTrace").as_array();
  ASSERT_GE(trace.size(), 3u);
  EXPECT_NE(std::string_view(trace.at(0).as_string()).find("in import_module"), std::string::npos) << trace.at(0);
  EXPECT_TRUE(std::string_view(trace.back().as_string()).starts_with("  File \"/var/task/app.py\", line 2, in f\n"));
  EXPECT_NE(sink.find("LAMBDA_WARNING").find("Z\t\tLAMBDA_WARNING: Unhandled exception."), std::string::npos);
  EXPECT_NE(sink.find("[ERROR] KeyError: 'k'").find("\n\u00a0\u00a0File \"/var/task/app.py\", line 2, in f\n"),
            std::string::npos)
      << sink.find("[ERROR]");
}

TEST_F(Python, SysExitEndsTheEnvironment) {
  const auto error = object(invoke(python("import sys\ndef handler(e, c): sys.exit(4)"), "{}"));
  EXPECT_EQ(error.at("errorType"), "Runtime.ExitError");
}

TEST_F(Python, SdkCanBeImported) {
  if (!testing::fs::exists(testing::fs::path(default_runtimes_folder()) / "python" / "site-packages" / "boto3"))
    GTEST_SKIP() << "setup/runtimes.sh has not run";
  EXPECT_EQ(invoke(python("import boto3\ndef handler(e, c): return boto3.__version__"), "{}").payload, "\"1.44.5\"");
}

TEST(PythonBytecode, IsMadeAtStartWhereTheFolderCanBeWritten) {
  std::string pattern = (testing::fs::temp_directory_path() / "brume-test-XXXXXX").string();
  const testing::fs::path folder = ::mkdtemp(pattern.data());
  testing::fs::create_directories(folder / "python");
  std::ofstream(folder / "python" / "bootstrap.py") << "print(1)\n";
  const auto last_argument = [&] {
    const auto runtime = Runtimes::find(folder.string()).get("python3.12");
    return runtime ? runtime->arguments.back() : "";
  };
  if (last_argument().empty()) GTEST_SKIP() << "no python here";
  EXPECT_EQ(last_argument(), "/var/runtime/bootstrap.pyc");
  testing::fs::remove_all(folder / "python" / "__pycache__");
  std::ofstream(folder / "python" / "__pycache__") << "in the way";
  EXPECT_EQ(last_argument(), "/var/runtime/bootstrap.py");
  testing::fs::remove_all(folder);
}

TEST(RuntimeVersions, OlderOnesAreTakenNewerOnesOnlyWhenAskedFor) {
  const auto strict = Runtimes::find(default_runtimes_folder(), false);
  const auto lenient = Runtimes::find(default_runtimes_folder(), true);
  if (strict.pythons().empty()) GTEST_SKIP() << "no python here";
  const std::string version = strict.pythons().front().version;
  const int minor = std::atoi(version.c_str() + 2);
  if (minor <= 8 || minor >= 14) GTEST_SKIP() << "python " << version << " has no neighbours";
  const auto name = [](int number) { return "python3." + std::to_string(number); };
  EXPECT_EQ(strict.get(name(minor)).value().stand_in, "");
  EXPECT_EQ(strict.get(name(minor - 1)).value().stand_in,
            "RUNTIME " + name(minor - 1) + " is run by python " + version + ", which this host has");
  EXPECT_FALSE(strict.get(name(minor + 1)));
  EXPECT_EQ(strict.why_not(name(minor + 1)), "this host has no interpreter for " + name(minor + 1) + ", only python " +
                                                 version + ", and --any-runtime-version is off");
  EXPECT_TRUE(lenient.get(name(minor + 1)));
}

TEST(RuntimeNames, AreAws) {
  EXPECT_TRUE(is_known_runtime("nodejs22.x"));
  EXPECT_TRUE(is_known_runtime("python3.14"));
  EXPECT_TRUE(is_known_runtime("provided.al2023"));
  EXPECT_FALSE(is_known_runtime("cobol"));
}

}  // namespace
}  // namespace brume::lambda
