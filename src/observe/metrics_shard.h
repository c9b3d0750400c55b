// What one thread has counted. The owner alone writes; others read for rendering.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/histogram.h"

namespace brume::observe {

/// Counters by status: the owner takes the next free cell for a status that it sees first. Status 0 holds the overflow.
class StatusCounters {
 public:
  static constexpr std::size_t kCells = 16;
  void count(int status) {
    for (std::size_t i = 1; i < kCells; ++i) {
      const int held = cells_[i].status.load(std::memory_order_relaxed);
      if (held == 0) cells_[i].status.store(status, std::memory_order_relaxed);
      if (held == 0 || held == status) return add_relaxed(cells_[i].count, 1);
    }
    add_relaxed(cells_[0].count, 1);
  }
  template <class F>
  void each(F f) const {
    for (const Cell& cell : cells_)
      if (const auto n = cell.count.load(std::memory_order_relaxed)) f(cell.status.load(std::memory_order_relaxed), n);
  }

 private:
  struct Cell {
    std::atomic<int> status{0};
    std::atomic<std::uint64_t> count{0};
  };
  std::array<Cell, kCells> cells_{};
};

/// Counters by error code, in the same way; a code is cut at 63 bytes.
class CodeCounters {
 public:
  static constexpr std::size_t kCells = 32;
  void count(std::string_view code) {
    code = code.substr(0, sizeof(Cell::code));
    for (std::size_t i = 1; i < kCells; ++i) {
      Cell& cell = cells_[i];
      const std::uint8_t size = cell.size.load(std::memory_order_relaxed);
      if (size == 0) {
        code.copy(cell.code, code.size());
        cell.size.store(static_cast<std::uint8_t>(code.size()),
                        std::memory_order_release);  // readers then see the text
      }
      if (size == 0 || std::string_view(cell.code, size) == code) return add_relaxed(cell.count, 1);
    }
    add_relaxed(cells_[0].count, 1);
  }
  template <class F>
  void each(F f) const {
    for (std::size_t i = 0; i < kCells; ++i) {
      const std::uint8_t size = cells_[i].size.load(std::memory_order_acquire);
      if (const auto n = cells_[i].count.load(std::memory_order_relaxed))
        f(i == 0 ? std::string_view("other") : std::string_view(cells_[i].code, size), n);
    }
  }

 private:
  struct Cell {
    std::atomic<std::uint8_t> size{0};
    char code[63];
    std::atomic<std::uint64_t> count{0};
  };
  std::array<Cell, kCells> cells_{};
};

struct OperationSeries {
  OperationSeries(std::string_view s, std::string_view o)
      : service(s), operation(o), service_at(s.data()), operation_at(o.data()) {}
  const std::string service;
  const std::string operation;
  const char* const service_at;  // compared, never read through
  const char* const operation_at;
  StatusCounters statuses;
  CodeCounters errors;
  Histogram duration;
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
};

struct ApiSeries {
  StatusCounters statuses;
  Histogram latency;
  Histogram integration_latency;
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct Shard {
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kOperationsMax = 700;
  std::array<std::atomic<OperationSeries*>, kSlots> slots{};
  std::vector<std::unique_ptr<OperationSeries>> owned;  // the owner's alone
  OperationSeries overflow{"other", "other"};

  std::mutex api_mutex;  // held by the owner for a look-up and by a reader while it sums: next to never contended
  std::unordered_map<std::string, std::unique_ptr<ApiSeries>, StringHash, std::equal_to<>> apis;

  /// The series of an operation; the owner's thread only.
  OperationSeries& series(std::string_view service, std::string_view operation) {
    const auto mixed =
        (reinterpret_cast<std::uintptr_t>(operation.data()) ^ reinterpret_cast<std::uintptr_t>(service.data()) << 7) *
        0x9e3779b97f4a7c15u;
    for (std::size_t i = mixed >> 54;; i = (i + 1) % kSlots) {
      OperationSeries* found = slots[i].load(std::memory_order_relaxed);
      if (!found) {
        if (owned.size() >= kOperationsMax) return overflow;
        owned.push_back(std::make_unique<OperationSeries>(service, operation));
        slots[i].store(owned.back().get(), std::memory_order_release);
        return *owned.back();
      }
      // The text is compared too: it costs a nanosecond, and a view into memory used again cannot count for another.
      if (found->operation_at == operation.data() && found->service_at == service.data() &&
          found->operation == operation && found->service == service)
        return *found;
    }
  }
};

}  // namespace brume::observe
