#include "net/connection/server_loop.h"

#include <algorithm>

#include "base/log.h"

namespace brume::net {

namespace {

/// While others wait for memory, slow senders must be that much faster.
constexpr std::int64_t kPaceUnderPressure = 64;
/// Every reply gets that long, however many there are.
constexpr std::chrono::seconds kReplyTimeMin{2};
constexpr std::chrono::seconds kDrainHeadMax{1};

}  // namespace

Response ServerSettings::error_response(int status, const Request* head) const {
  if (errors) return errors(status, head);
  Response response;
  response.status = status;
  response.body = std::string(reason_phrase(status)) + "\n";
  response.headers.emplace_back("Content-Type", "text/plain");
  return response;
}

namespace {

Response handler_failed(const ServerSettings& settings, const Request& request, const char* what) {
  log_error("http.handler_failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
  return settings.error_response(500, &request);
}

}  // namespace

Task<Response> ask_handler(const ServerSettings& settings, const Request& request) {
  Response response;
  try {
    response = co_await settings.handler(request);
  } catch (const BodyError& e) {
    response = settings.error_response(e.status, &request);
  } catch (const std::exception& e) {
    response = handler_failed(settings, request, e.what());
  } catch (...) {
    response = handler_failed(settings, request, "not a std::exception");
  }
  co_return response;
}

ServerConnection::ServerConnection(std::shared_ptr<ServerLoop> loop)
    : loop_(std::move(loop)),
      request_share_(loop_->settings().request_bytes),
      reply_share_(loop_->settings().reply_bytes) {
  loop_->add(*this);
  ++loop_->settings_->connections;
}

ServerConnection::~ServerConnection() {
  loop_->remove(*this);
  if (!closed_) --loop_->settings_->connections;
}

void ServerConnection::close() {
  if (closed_) return;
  closed_ = true;
  close_socket();
  --loop_->settings_->connections;
}

void ServerConnection::hand_over() {
  if (closed_) return;
  closed_ = true;
  --loop_->settings_->connections;
}

void ServerConnection::drain() {
  if (phase_ == ConnectionPhase::idle) close();
  if (phase_ == ConnectionPhase::head)
    deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + kDrainHeadMax);
}

void ServerConnection::enter_paced(ConnectionPhase phase, std::chrono::milliseconds window) {
  enter(phase, window);
  window_ = window;
  moved_before_ = moved();
  paced_since_ = loop_->now_;
}

bool ServerConnection::keeps_pace() {
  const ServerSettings& settings = *loop_->settings_;
  const std::int64_t now = moved();
  std::int64_t wanted = static_cast<std::int64_t>(settings.limits.bytes_per_second_min) * window_.count() / 1000;
  if (phase_ == ConnectionPhase::body && settings.waiting > 0) wanted *= kPaceUnderPressure;
  if (now - moved_before_ < wanted) return false;
  moved_before_ = now;
  deadline_ = loop_->now_ + window_ + settings.tick;
  return true;
}

void ServerLoop::add(ServerConnection& connection) {
  connection.index_ = connections_.size();
  connections_.push_back(&connection);
  if (watching_) return;
  watching_ = true;
  refresh();
  spawn(executor_, watch(shared_from_this()));
}

void ServerLoop::remove(ServerConnection& connection) {
  connections_.back()->index_ = connection.index_;
  connections_[connection.index_] = connections_.back();
  connections_.pop_back();
}

char* ServerLoop::scratch() {
  if (!scratch_) scratch_ = std::make_unique_for_overwrite<char[]>(kScratchBytes);
  return scratch_.get();
}

void ServerLoop::refresh() {
  now_ = std::chrono::steady_clock::now();
  date_.refresh(std::chrono::system_clock::now());
}

/// Runs as long as there are connections: an idle server does not wake up.
Task<> ServerLoop::watch(std::shared_ptr<ServerLoop> self) {
  while (!self->connections_.empty()) {
    co_await sleep_for(self->settings_->tick);
    try {
      self->refresh();
      self->sweep();
    } catch (const std::exception& error) {  // without it no deadline would be kept any more
      log_error("http.watch_failed", {{"error", error.what()}});
    }
  }
  self->watching_ = false;
}

void ServerLoop::sweep() {
  for (ServerConnection* connection : connections_) {
    if (connection->closed_ || now_ < connection->deadline_) continue;
    switch (connection->phase_) {
      case ConnectionPhase::handler: connection->attend(); break;
      case ConnectionPhase::body:
        if (connection->keeps_pace()) break;
        ++settings_->slow_senders;
        [[fallthrough]];
      case ConnectionPhase::head:
        connection->timed_out_ = true;
        connection->interrupt();
        break;
      case ConnectionPhase::reply:
        if (connection->keeps_pace()) break;
        ++settings_->slow_readers;
        [[fallthrough]];
      case ConnectionPhase::idle:
      case ConnectionPhase::closing: connection->close(); break;
    }
  }
  if (const std::size_t over = settings_->reply_bytes.overdrawn()) cut_off_readers(over);
}

/// Closes the readers of this loop whose replies wait longest, until `bytes` are free or the rest is new. Other loops do
/// the same: rather too many than memory without an end.
void ServerLoop::cut_off_readers(std::size_t bytes) {
  std::vector<ServerConnection*> readers;
  for (ServerConnection* connection : connections_)
    if (!connection->closed_ && connection->reply_share_.held() > 0 && now_ - connection->paced_since_ >= kReplyTimeMin)
      readers.push_back(connection);
  std::sort(readers.begin(), readers.end(),
            [](const ServerConnection* a, const ServerConnection* b) { return a->paced_since_ < b->paced_since_; });
  std::size_t freed = 0;
  for (ServerConnection* reader : readers) {
    if (freed >= bytes) return;
    freed += reader->reply_share_.held();
    ++settings_->cut_off;
    reader->close();
  }
}

void ServerLoop::begin_drain() {
  draining_ = true;
  for (ServerConnection* connection : connections_)
    if (!connection->closed_) connection->drain();
}

void ServerLoop::close_all() {
  draining_ = true;
  for (ServerConnection* connection : connections_) connection->close();
}

}  // namespace brume::net
