#include "net/server/http_server.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "net/connection/server_loop.h"
#include "net/server/listener.h"

namespace brume::net {
namespace {

constexpr std::chrono::milliseconds kDrainPoll{5};
constexpr std::chrono::seconds kWaitTold{5};

/// Fine enough for the shortest limit, coarse enough to cost nothing.
std::chrono::milliseconds tick_for(const ServerLimits& limits) {
  const auto shortest =
      std::min({limits.header_time_max, limits.body_window, limits.reply_window, limits.keep_alive_idle});
  return std::clamp(shortest / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(500));
}

}  // namespace

struct HttpServer::Impl {
  LoopExecutor first_loop;
  std::shared_ptr<ServerSettings> settings;
  std::vector<std::shared_ptr<ServerLoop>> loops;
  std::mutex mutex;
  std::vector<std::shared_ptr<Listener>> listeners;  ///< guarded by `mutex`

  void start(std::shared_ptr<Listener> listener) {
    {
      std::lock_guard lock(mutex);
      listeners.push_back(listener);
    }
    spawn(first_loop, Listener::accept_all(std::move(listener), loops));
  }

  void stop(const std::shared_ptr<Listener>& listener) {
    std::lock_guard lock(mutex);
    // Otherwise it is being closed with all of them.
    if (std::erase(listeners, listener) > 0) asio::post(first_loop, [listener] { listener->close(); });
  }

  /// Completes when no socket is accepted any more: those that were are counted by then.
  Completion<bool> stop_accepting() {
    std::lock_guard lock(mutex);
    for (auto& listener : listeners) asio::post(first_loop, [listener = std::move(listener)] { listener->close(); });
    listeners.clear();
    Completion<bool> stopped;
    asio::post(first_loop, [stopped] { stopped.set(true); });
    return stopped;
  }

  std::size_t handlers() const {
    std::size_t count = 0;
    for (const auto& loop : loops) count += static_cast<std::size_t>(loop->running());
    return count;
  }

  void on_each_loop(void (ServerLoop::*action)()) {
    for (auto& loop : loops) asio::post(loop->executor(), [loop, action] { ((*loop).*action)(); });
  }
};

HttpServer::HttpServer(Loops& loops, Handler handler, ServerLimits limits, ErrorResponder errors) {
  auto settings = std::make_shared<ServerSettings>();
  settings->handler = std::move(handler);
  settings->errors = std::move(errors);
  settings->tick = tick_for(limits);
  settings->request_bytes.set_max(limits.body_memory_max / 2);
  settings->reply_bytes.set_max(limits.body_memory_max / 2);
  settings->limits = std::move(limits);
  impl_ = std::shared_ptr<Impl>(new Impl{loops.executor(0), settings, {}, {}, {}});
  for (std::size_t i = 0; i < loops.size(); ++i)
    impl_->loops.push_back(std::make_shared<ServerLoop>(loops.executor(i), settings));
}

HttpServer::~HttpServer() {
  impl_->stop_accepting();
  impl_->on_each_loop(&ServerLoop::close_all);
}

std::uint16_t HttpServer::listen(const std::string& address, std::uint16_t port, std::shared_ptr<TlsContext> tls) {
  auto listener = Listener::tcp(impl_->first_loop, address, port, std::move(tls));
  const std::uint16_t bound = listener->port();
  impl_->start(std::move(listener));
  return bound;
}

void HttpServer::listen_unix(const std::string& path) { impl_->start(Listener::unix_domain(impl_->first_loop, path)); }

std::shared_ptr<void> HttpServer::adopt(UniqueFd listening, std::shared_ptr<TlsContext> tls) {
  auto listener = Listener::adopted(impl_->first_loop, std::move(listening), std::move(tls));
  impl_->start(listener);
  Listener* const address = listener.get();
  return {address, [weak = std::weak_ptr(impl_), listener = std::move(listener)](void*) {
            if (const auto impl = weak.lock()) impl->stop(listener);
          }};
}

Task<> HttpServer::drain(std::chrono::milliseconds grace) {
  auto impl = impl_;
  const auto stopped = impl->stop_accepting();
  impl->on_each_loop(&ServerLoop::begin_drain);
  co_await stopped.wait();
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (impl->settings->connections > 0 && std::chrono::steady_clock::now() < deadline) co_await sleep_for(kDrainPoll);
  while (impl->settings->connections > 0) {
    impl->on_each_loop(&ServerLoop::close_all);
    co_await sleep_for(kDrainPoll);
  }
}

Task<> HttpServer::handlers_ended() {
  auto impl = impl_;
  auto told = std::chrono::steady_clock::now();
  while (const std::size_t count = impl->handlers()) {
    if (const auto now = std::chrono::steady_clock::now(); now - told >= kWaitTold) {
      told = now;
      log_warn("http.waiting_for_handlers", {{"count", count}});
    }
    co_await sleep_for(kDrainPoll);
  }
}

std::size_t HttpServer::handler_count() const { return impl_->handlers(); }

std::size_t HttpServer::connection_count() const { return impl_->settings->connections; }

BodyCounts HttpServer::body_counts() const {
  const ServerSettings& now = *impl_->settings;
  return {now.request_bytes.used(), now.reply_bytes.used(), now.waiting, now.refused,
          now.slow_senders,         now.slow_readers,       now.cut_off};
}

}  // namespace brume::net
