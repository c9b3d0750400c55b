#include "net/server_loop.h"

namespace brume::net {

Response ServerSettings::error_response(int status) const {
  if (errors) return errors(status);
  Response response;
  response.status = status;
  response.body = std::string(reason_phrase(status)) + "\n";
  response.headers.emplace_back("Content-Type", "text/plain");
  return response;
}

ServerConnection::ServerConnection(std::shared_ptr<ServerLoop> loop) : loop_(std::move(loop)) { loop_->add(*this); }

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

void ServerLoop::refresh() {
  now_ = std::chrono::steady_clock::now();
  date_.refresh(std::chrono::system_clock::now());
}

/// Runs as long as there are connections: an idle server does not wake up.
Task<> ServerLoop::watch(std::shared_ptr<ServerLoop> self) {
  while (!self->connections_.empty()) {
    co_await sleep_for(self->settings_->tick);
    self->refresh();
    self->sweep();
  }
  self->watching_ = false;
}

void ServerLoop::sweep() {
  for (ServerConnection* connection : connections_) {
    if (connection->closed_ || now_ < connection->deadline_) continue;
    switch (connection->phase_) {
      case ConnectionPhase::handler: connection->flush_held(); break;
      case ConnectionPhase::request:
        connection->timed_out_ = true;
        connection->interrupt();
        break;
      case ConnectionPhase::idle:
      case ConnectionPhase::output: connection->close(); break;
    }
  }
}

void ServerLoop::begin_drain() {
  draining_ = true;
  for (ServerConnection* connection : connections_)
    if (connection->phase_ == ConnectionPhase::idle) connection->close();
}

void ServerLoop::close_all() {
  draining_ = true;
  for (ServerConnection* connection : connections_) connection->close();
}

}  // namespace brume::net
