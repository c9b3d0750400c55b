// What the connections of one loop share: their list, the coarse clock, the date, the sweep for deadlines.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "net/connection/server_limits.h"
#include "net/http1/reply_writer.h"
#include "net/message/body_budget.h"

namespace brume::net {

/// The same for all loops; written only while the server is set up, but for the counts.
struct ServerSettings {
  Handler handler;
  ErrorResponder errors;
  ServerLimits limits;
  std::chrono::milliseconds tick;  ///< how often deadlines are checked
  std::atomic<std::size_t> connections{0};

  BodyBudget request_bytes, reply_bytes;
  // See BodyCounts. Written where something is long or slow, never on the way of short calls.
  std::atomic<std::size_t> waiting{0}, refused{0}, slow_senders{0}, slow_readers{0}, cut_off{0};

  /// The server's own answer with `status` to the request with that head, null if there is none.
  Response error_response(int status, const Request* head) const;
};

/// The handler's answer, or the server's own where the handler fails. `request` outlives the task.
Task<Response> ask_handler(const ServerSettings& settings, const Request& request);

/// What a connection waits for; decides what its deadline does.
enum class ConnectionPhase : std::uint8_t {
  idle,     ///< for a request's first byte: closed
  head,     ///< for the rest of a head: answered 408
  body,     ///< for more of a body, at a pace: answered 408
  handler,  ///< for the handler, or for room for the body: no deadline
  reply,    ///< for the peer to read, at a pace: closed
  closing,  ///< for the peer to shake hands or to close: closed
};

class ServerLoop;

/// A connection as its loop sees it. Lives in its coroutine's frame; used on its loop only.
class ServerConnection {
 public:
  explicit ServerConnection(std::shared_ptr<ServerLoop> loop);
  virtual ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

 protected:
  friend class ServerLoop;
  /// Ends what the coroutine waits for with operation_aborted.
  virtual void interrupt() = 0;
  /// The handler, or the stream of its response, takes its time: sends earlier replies that were held back to go out
  /// together, and looks whether anybody still waits for a streamed one.
  virtual void attend() = 0;
  /// The server drains: no new requests, and a head that is under way has little time left.
  virtual void drain();
  /// Closes the socket; the coroutine, once it resumes, ends.
  virtual void close_socket() = 0;

  /// How many bytes the peer has sent of its body, or taken of what we sent, since some fixed moment.
  virtual std::int64_t moved() = 0;

  void close();
  /// Another connection, which counts itself, goes on with this one's socket.
  void hand_over();
  void enter(ConnectionPhase phase, std::chrono::milliseconds limit);
  /// As enter(), for phases with a pace: after each `window` the peer must have moved its share of bytes.
  void enter_paced(ConnectionPhase phase, std::chrono::milliseconds window);
  ConnectionPhase phase() const { return phase_; }
  bool closed() const { return closed_; }

  const std::shared_ptr<ServerLoop> loop_;
  bool timed_out_ = false;
  BodyBudget::Share request_share_;
  BodyBudget::Share reply_share_;

 private:
  /// Whether the window that ended was used well enough; begins the next one.
  bool keeps_pace();

  ConnectionPhase phase_ = ConnectionPhase::idle;
  bool closed_ = false;
  std::size_t index_ = 0;  ///< in the loop's list
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::chrono::milliseconds window_{};
  std::int64_t moved_before_ = 0;  ///< moved() when the window began
  std::chrono::steady_clock::time_point paced_since_{};
};

/// One timer a loop serves all its connections: no connection arms one of its own.
class ServerLoop : public std::enable_shared_from_this<ServerLoop> {
 public:
  ServerLoop(LoopExecutor executor, std::shared_ptr<ServerSettings> settings)
      : executor_(executor), settings_(std::move(settings)) {}

  LoopExecutor executor() const { return executor_; }
  ServerSettings& settings() const { return *settings_; }
  std::string_view date() const { return date_.text(); }
  /// For bytes that nobody keeps while suspended. kScratchBytes; made when first asked for. On the loop.
  char* scratch();
  static constexpr std::size_t kScratchBytes = 16 * 1024;
  bool draining() const { return draining_; }

  // The rest runs on the loop.
  /// No more keep-alive; idle connections are closed.
  void begin_drain();
  void close_all();

  /// Counts one running handler, as long as it lives. On the loop only, so that counting costs no locked instruction.
  class Running {
   public:
    explicit Running(ServerLoop& loop) : count_(loop.running_) { add(1); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { add(-1); }

   private:
    void add(int by) { count_.store(count_.load(std::memory_order_relaxed) + by, std::memory_order_release); }
    std::atomic<int>& count_;
  };
  /// Handlers under way on this loop. Any thread.
  int running() const { return running_.load(std::memory_order_acquire); }

 private:
  friend class ServerConnection;
  static Task<> watch(std::shared_ptr<ServerLoop> self);
  void add(ServerConnection& connection);
  void remove(ServerConnection& connection);
  void refresh();
  void sweep();
  void cut_off_readers(std::size_t bytes);

  LoopExecutor executor_;
  std::shared_ptr<ServerSettings> settings_;
  std::vector<ServerConnection*> connections_;
  std::chrono::steady_clock::time_point now_{};
  DateText date_;
  std::unique_ptr<char[]> scratch_;
  std::atomic<int> running_{0};
  bool draining_ = false;
  bool watching_ = false;
};

inline void ServerConnection::enter(ConnectionPhase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  // now_ may be a tick old; never cut off early.
  deadline_ = loop_->now_ + limit + loop_->settings_->tick;
}

}  // namespace brume::net
