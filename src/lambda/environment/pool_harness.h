// For tests: a pool with real sandboxes, functions in a temporary folder, and a log that is kept.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>

#include "lambda/sandbox/require_sandbox.h"
#include "base/blocking_pool.h"
#include "base/loops.h"
#include "base/random.h"
#include "lambda/environment/pool.h"

namespace brume::lambda::testing {

namespace fs = std::filesystem;

class RecordingSink final : public LogSink {
 public:
  void append(const FunctionSpec&, std::string_view stream, std::span<const LogLine> lines) override {
    std::lock_guard lock(mutex_);
    stream_ = stream;
    streams_.emplace(stream);
    for (const LogLine& line : lines) lines_.push_back(line.text);
  }
  std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string stream() const {
    std::lock_guard lock(mutex_);
    return stream_;
  }
  std::size_t streams() const {
    std::lock_guard lock(mutex_);
    return streams_.size();
  }
  /// The first line that holds `text`, or "".
  std::string find(std::string_view text) const {
    for (const auto& line : lines())
      if (line.find(text) != std::string::npos) return line;
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::string stream_;
  std::set<std::string> streams_;
};

inline fs::path own_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

template <class T>
Task<> keep(Task<T> task, std::shared_ptr<std::promise<T>> promise) {
  T value = co_await std::move(task);
  promise->set_value(std::move(value));
}
inline Task<> keep_end(Task<> task, std::shared_ptr<std::promise<void>> promise) {
  co_await std::move(task);
  promise->set_value();
}

class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!host.unusable().empty()) BRUME_SKIP_WITHOUT_SANDBOX("this host allows no sandboxes: " << host.unusable());
    std::string pattern = (fs::temp_directory_path() / "brume-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    fs::permissions(folder, fs::perms(0755));
    loops.start();
    open_pool({});
  }
  void TearDown() override {
    if (pool) close_pool();
    loops.stop();
    loops.join();
    if (!folder.empty()) fs::remove_all(folder);
  }

  void open_pool(PoolOptions options) {
    if (pool) close_pool();
    pool =
        std::make_unique<EnvironmentPool>(loops, blocking, clock, random, sink, runtimes(), host, std::move(options));
  }
  void close_pool() {
    run(pool->close());
    pool.reset();
  }

  static const Runtimes& runtimes() {
    static const Runtimes found = Runtimes::find(default_runtimes_folder());
    return found;
  }

  std::shared_ptr<FunctionSpec> spec(std::string name, std::string runtime, std::string handler) {
    auto function = std::make_shared<FunctionSpec>();
    function->account = "000000000000";
    function->region = "us-east-1";
    function->name = name;
    function->version = "$LATEST";
    function->arn = "arn:aws:lambda:us-east-1:000000000000:function:" + name;
    function->revision = "1";
    function->runtime = std::move(runtime);
    function->handler = std::move(handler);
    function->code_folder = (folder / name).string();
    function->log_group = "/aws/lambda/" + name;
    function->timeout = std::chrono::seconds(20);
    fs::create_directories(folder / name);
    return function;
  }
  /// The program brume-test-function.
  std::shared_ptr<FunctionSpec> native(const std::string& name = "native") {
    auto function = spec(name, "provided.al2023", "unused");
    fs::copy_file(own_folder() / "brume-test-function", folder / name / "bootstrap",
                  fs::copy_options::overwrite_existing);
    return function;
  }
  /// One file of code.
  std::shared_ptr<FunctionSpec> code(const std::string& name, const std::string& runtime, const std::string& handler,
                                     const std::string& file, const std::string& text) {
    auto function = spec(name, runtime, handler);
    std::ofstream(folder / name / file) << text;
    return function;
  }

  template <class T>
  std::future<T> begin(Task<T> task, std::size_t loop = 0) {
    auto promise = std::make_shared<std::promise<T>>();
    spawn(loops.executor(loop), keep(std::move(task), promise));
    return promise->get_future();
  }
  void run(Task<> task) {
    auto promise = std::make_shared<std::promise<void>>();
    spawn(loops.executor(0), keep_end(std::move(task), promise));
    promise->get_future().get();
  }

  std::future<InvokeResult> begin_invoke(std::shared_ptr<const FunctionSpec> function, std::string payload,
                                         std::size_t loop = 0) {
    InvokeRequest request;
    request.request_id = random.uuid();
    request.payload = std::move(payload);
    request.invoked_arn = function->arn;
    return begin(pool->invoke(std::move(function), std::move(request)), loop);
  }
  InvokeResult invoke_any(std::shared_ptr<const FunctionSpec> function, std::string payload, std::size_t loop = 0) {
    return begin_invoke(std::move(function), std::move(payload), loop).get();
  }
  InvokeAnswer invoke(std::shared_ptr<const FunctionSpec> function, std::string payload) {
    return answer_of(invoke_any(std::move(function), std::move(payload)));
  }
  static InvokeAnswer answer_of(InvokeResult result) {
    if (const auto* failed = std::get_if<InvokeFailed>(&result)) ADD_FAILURE() << "not run: " << failed->reason;
    else if (std::holds_alternative<InvokeThrottled>(result)) ADD_FAILURE() << "throttled";
    else return std::get<InvokeAnswer>(std::move(result));
    return {};
  }
  static std::string doing(const std::string& what, const std::string& path = "") {
    return "{\"do\":\"" + what + "\",\"path\":\"" + path + "\"}";
  }

  fs::path folder;
  SystemClock clock;
  SystemRandom random;
  RecordingSink sink;
  SandboxHost host;
  BlockingPool blocking{2};
  Loops loops{2};
  std::unique_ptr<EnvironmentPool> pool;
};

}  // namespace brume::lambda::testing
