// Bodies for the tests of streams, and a condition that comes true in a while.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "net/message/http_message.h"

namespace brume::net::test {

/// Within ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

/// Gives `left` bytes in pieces of 64 KiB and counts what was asked for.
struct Counted final : BodyStream {
  std::uint64_t left;
  std::shared_ptr<std::atomic<std::uint64_t>> given;
  std::string piece = std::string(64 * 1024, 'c');

  Counted(std::uint64_t bytes, std::shared_ptr<std::atomic<std::uint64_t>> given)
      : left(bytes), given(std::move(given)) {}
  Task<std::string_view> read() override {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    left -= size;
    *given += size;
    co_return std::string_view(piece).substr(0, size);
  }
};

/// Gives nothing until it is cancelled.
struct Silent final : BodyStream {
  Completion<bool> ended;
  std::shared_ptr<std::atomic<int>> cancelled;

  explicit Silent(std::shared_ptr<std::atomic<int>> cancelled) : cancelled(std::move(cancelled)) {}
  Task<std::string_view> read() override {
    co_await ended.wait();
    throw std::runtime_error("nobody listens");
  }
  void cancel() noexcept override {
    ++*cancelled;
    ended.set(true);
  }
};

/// A response with that body.
inline Task<Response> answer(std::shared_ptr<BodyStream> stream) {
  Response response;
  response.stream = std::move(stream);
  co_return response;
}

}  // namespace brume::net::test
