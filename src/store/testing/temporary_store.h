// For unit tests: a real store in a temporary folder, and a way to run one coroutine to its end.
#pragma once

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <stdlib.h>

#include "base/blocking_pool.h"
#include "base/task.h"
#include "store/rocksdb/open.h"
#include "store/store.h"
#include "store/testing/unruly_store.h"

namespace brume::store::testing {

namespace detail {
template <class T>
Task<> keep_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}
}  // namespace detail

/// Runs `task` on a loop of its own, on this thread, until it ends; rethrows its exception. Work that it
/// left behind on that loop is dropped.
inline void run_task(Task<> task) {
  asio::io_context loop(1);
  auto guard = asio::make_work_guard(loop);
  std::exception_ptr error;
  asio::co_spawn(loop.get_executor(), std::move(task), [&](std::exception_ptr e) {
    error = std::move(e);
    loop.stop();
  });
  loop.run();
  if (error) std::rethrow_exception(error);
}

/// The same for a task with a result, which it returns.
template <class T>
T run_task(Task<T> task) {
  std::optional<T> result;
  run_task(detail::keep_result(std::move(task), result));
  return std::move(*result);
}

/// An empty folder, removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "brume-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What BRUME_TEST_STORE=unruly:SEED asks for: the same tests on a store that delays, and begins bodies anew.
inline std::optional<Unruliness> asked_unruliness() {
  const char* const asked = std::getenv("BRUME_TEST_STORE");
  if (asked == nullptr || *asked == '\0') return std::nullopt;
  const std::string text(asked), name = "unruly:";
  if (!text.starts_with(name)) throw std::runtime_error("BRUME_TEST_STORE is unruly:SEED");
  return Unruliness{.seed = std::stoull(text.substr(name.size()))};
}

/// A store in a temporary folder with its blocking pool. Commits are `relaxed` unless asked otherwise:
/// tests of services need no fsync.
///
///   TemporaryStore store;
///   run_task(put_item(*store, ...));
class TemporaryStore {
 public:
  explicit TemporaryStore(Durability durability = Durability::relaxed, std::size_t record_cache_bytes = 8 * 1024 * 1024)
      : durability_(durability), record_cache_bytes_(record_cache_bytes) {
    open();
  }

  Store& operator*() { return unruly_ ? *unruly_ : *store_; }
  Store* operator->() { return &**this; }
  BlockingPool& pool() { return pool_; }
  const std::string& path() const { return folder_.path(); }

  /// Stops the store cleanly and opens it again.
  void reopen() {
    unruly_.reset();
    store_->close();
    store_.reset();
    open();
  }

 private:
  void open() {
    RocksDbOptions options;
    options.durability = durability_;
    options.record_cache_bytes = record_cache_bytes_;
    options.block_cache_bytes = 8 * 1024 * 1024;
    options.write_buffer_bytes = 4 * 1024 * 1024;
    options.use_page_cache = false;
    store_ = open_rocksdb(folder_.path(), pool_, options);
    if (const auto how = asked_unruliness()) unruly_ = std::make_unique<UnrulyStore>(*store_, *how);
  }

  TemporaryFolder folder_;
  Durability durability_;
  std::size_t record_cache_bytes_;
  BlockingPool pool_{1};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Store> unruly_;
};

}  // namespace brume::store::testing
