// For tests: a store whose commits fail while they are told to.
#pragma once

#include <utility>

#include "store/store.h"

namespace brume::lambda::testing {

class FailingStore final : public store::Store {
 public:
  explicit FailingStore(store::Store& inner) : inner_(inner) {}

  bool failing = false;
  std::size_t refused = 0;

  Task<bool> get(std::string_view key, std::string& value) override { return inner_.get(key, value); }
  store::CommitVersion visible_version() const override { return inner_.visible_version(); }
  store::CommitWatches& watches() override { return inner_.watches(); }
  store::StoreState state() const override { return inner_.state(); }
  void set_room(std::uint64_t free_bytes, std::uint64_t kept_bytes) override {
    inner_.set_room(free_bytes, kept_bytes);
  }
  void reclaim() override { inner_.reclaim(); }
  bool recover() override { return inner_.recover(); }
  void close() override { inner_.close(); }

 protected:
  Task<> read_erased(std::function<void(store::Reader&)> body) override { co_await inner_.read(std::move(body)); }
  Task<> run_erased(store::LockKeys locks, std::function<void(store::Transaction&)> body) override {
    if (failing) {
      ++refused;
      throw store::StoreError(store::StoreError::Kind::unknown, "no space left on device");
    }
    co_await inner_.run(std::move(locks), std::move(body));
  }

 private:
  store::Store& inner_;
};

}  // namespace brume::lambda::testing
