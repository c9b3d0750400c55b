// Sends item operations at a constant rate and measures each from the moment it was meant to be sent:
//
//   open_loop PORT OPERATION KEYS RATE SECONDS [CONNECTIONS] [SEED]
//
//   OPERATION  get, put, null-get:BYTES, null-put:BYTES (the same request to an endpoint that answers BYTES and does
//              nothing), or load: one put of each key in turn, as fast as the connections allow
//   RATE       requests a second; 0: as fast as the connections allow (a closed loop, which tells the peak)
//
// A generator that waits for an answer before it sends the next request leaves out exactly the requests that a stalled
// server would have kept waiting. This one does not: what could not be sent in time, because all connections wait, is
// late from its own moment on. Prints one line `RESULT {…}`, latencies in microseconds.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;

/// Buckets of at most 1.6 % width.
class Histogram {
 public:
  void add(Nanos time) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
    ++buckets_[bucket_of(value)];
    ++count_;
    longest_ = std::max(longest_, value);
  }
  std::uint64_t count() const { return count_; }
  double longest_micros() const { return static_cast<double>(longest_) / 1e3; }
  double micros(double part) const {
    auto left = static_cast<std::uint64_t>(part * static_cast<double>(count_));
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] > left) return static_cast<double>(value_of(i)) / 1e3;
      left -= buckets_[i];
    }
    return longest_micros();
  }

 private:
  static constexpr unsigned kBits = 6;
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < (2u << kBits)) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (static_cast<std::size_t>(shift) << kBits) + (value >> shift);
  }
  static std::uint64_t value_of(std::size_t bucket) {
    if (bucket < (2u << kBits)) return bucket;
    const std::size_t shift = (bucket >> kBits) - 1;
    return (bucket - (shift << kBits)) << shift;
  }
  std::array<std::uint64_t, (64 << kBits)> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t longest_ = 0;
};

struct Settings {
  std::uint16_t port = 0;
  std::string operation;
  std::uint64_t keys = 0;
  double rate = 0;
  double seconds = 0;
  std::size_t connections = 64;
  std::uint64_t seed = 42;
};

/// Requests differ in eight digits alone.
class Requests {
 public:
  explicit Requests(const Settings& settings) {
    std::string_view operation = settings.operation;
    std::string path = "/";
    if (operation.starts_with("null-")) {
      const std::size_t colon = operation.find(':');
      if (colon == operation.npos) throw std::runtime_error("null-get:BYTES");
      path = "/_brume/null?bytes=" + std::string(operation.substr(colon + 1));
      operation = operation.substr(5, colon - 5);
    }
    const bool put = operation == "put" || operation == "load";
    if (!put && operation != "get") throw std::runtime_error("no such operation: " + settings.operation);
    std::string filler;
    for (int i = 0; i < 60; ++i) filler += "0123456789abcdef";
    const std::string body =
        put ? R"({"TableName":"bench","Item":{"id":{"S":"key-@@@@@@@@"},"n":{"N":"1"},"filler":{"S":")" + filler +
                  "\"}}}"
            : R"({"TableName":"bench","Key":{"id":{"S":"key-@@@@@@@@"}}})";
    text_ =
        "POST " + path +
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810." +
        (put ? "PutItem" : "GetItem") +
        "\r\nX-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
        "Credential=test/20260101/us-east-1/dynamodb/"
        "aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    place_ = text_.find("@@@@@@@@");
  }
  std::string_view of(std::uint64_t key) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(key % 100'000'000));
    std::memcpy(text_.data() + place_, digits, 8);
    return text_;
  }

 private:
  std::string text_;
  std::size_t place_ = 0;
};

struct Connection {
  int fd = -1;
  Clock::time_point meant;  ///< of the request under way
  std::string unsent;
  std::string answer;
  std::size_t answer_bytes = 0;  ///< 0: not known yet
};

class Load {
 public:
  explicit Load(Settings settings) : settings_(std::move(settings)), requests_(settings_), random_(settings_.seed) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    watch(timer_, nullptr, EPOLLIN);
    connections_.resize(settings_.connections);
    for (Connection& connection : connections_) {
      connect(connection);
      free_.push_back(&connection);
    }
  }

  void run() {
    begin_ = last_answer_ = Clock::now();
    const Clock::time_point end = begin_ +
                                  std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(settings_.seconds));
    std::array<epoll_event, 128> events;
    while (true) {
      send_due(end);
      const bool idle = free_.size() == connections_.size();
      if (idle && finished(end)) break;
      if (Clock::now() > std::max(end, last_answer_) + std::chrono::seconds(30))
        throw std::runtime_error("answers are missing");
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
      for (int i = 0; i < n; ++i) {
        if (auto* connection = static_cast<Connection*>(events[i].data.ptr)) {
          on_event(*connection, events[i].events);
        } else {
          std::uint64_t ignored;
          [[maybe_unused]] const auto read = ::read(timer_, &ignored, sizeof ignored);
        }
      }
    }
    const double seconds = std::chrono::duration<double>(last_answer_ - begin_).count();
    std::printf(
        "RESULT {\"requests\": %llu, \"failed\": %llu, \"rps\": %.1f, \"p50\": %.0f, \"p99\": %.0f, \"p999\": %.0f, "
        "\"p9999\": %.0f, "
        "\"max\": %.0f}\n",
        static_cast<unsigned long long>(times_.count()), static_cast<unsigned long long>(failed_),
        static_cast<double>(times_.count()) / seconds, times_.micros(0.5), times_.micros(0.99), times_.micros(0.999),
        times_.micros(0.9999), times_.longest_micros());
  }

 private:
  bool loads() const { return settings_.operation == "load"; }
  bool finished(Clock::time_point end) const {
    if (loads()) return sent_ >= settings_.keys;
    return settings_.rate > 0 ? meant_at(sent_) >= end : Clock::now() >= end;
  }
  Clock::time_point meant_at(std::uint64_t number) const {
    return begin_ + Nanos(static_cast<std::int64_t>(static_cast<double>(number) * 1e9 / settings_.rate));
  }

  void send_due(Clock::time_point end) {
    const bool closed = loads() || settings_.rate <= 0;
    while (!free_.empty() && !finished(end)) {
      const Clock::time_point now = Clock::now();
      const Clock::time_point meant = closed ? now : meant_at(sent_);
      if (meant > now) return set_timer(meant);
      Connection& connection = *free_.back();
      free_.pop_back();
      const std::uint64_t key = loads() ? sent_ : random_() % settings_.keys;
      ++sent_;
      connection.meant = meant;
      connection.answer.clear();
      connection.answer_bytes = 0;
      send(connection, requests_.of(key));
    }
  }

  void set_timer(Clock::time_point at) {
    const auto nanos = std::chrono::duration_cast<Nanos>(at.time_since_epoch()).count();
    itimerspec when{};
    when.it_value = {nanos / 1'000'000'000, nanos % 1'000'000'000};
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void send(Connection& connection, std::string_view text) {
    const ssize_t sent = ::send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    const auto done = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    connection.unsent = text.substr(done);
    if (!connection.unsent.empty()) watch_again(connection, EPOLLIN | EPOLLOUT);
  }

  void on_event(Connection& connection, std::uint32_t events) {
    if ((events & EPOLLOUT) && !connection.unsent.empty()) {
      const std::string rest = std::move(connection.unsent);
      watch_again(connection, EPOLLIN);
      send(connection, rest);
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    char bytes[65536];
    const ssize_t got = ::recv(connection.fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) throw std::runtime_error("the server closed a connection");
    connection.answer.append(bytes, static_cast<std::size_t>(got));
    if (connection.answer_bytes == 0) {
      const std::size_t head = connection.answer.find("\r\n\r\n");
      if (head == std::string::npos) return;
      connection.answer_bytes = head + 4 + content_length(std::string_view(connection.answer).substr(0, head));
      if (!connection.answer.starts_with("HTTP/1.1 200")) ++failed_;
    }
    if (connection.answer.size() < connection.answer_bytes) return;
    last_answer_ = Clock::now();
    times_.add(last_answer_ - connection.meant);
    free_.push_back(&connection);
  }

  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view kName = "content-length:";
    for (std::size_t at = 0; (at = head.find("\r\n", at)) != head.npos;) {
      at += 2;
      const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
      if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0)
        return std::strtoull(std::string(line.substr(kName.size())).c_str(), nullptr, 10);
    }
    return 0;
  }

  void connect(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(settings_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    watch(connection.fd, &connection, EPOLLIN);
  }
  void watch(int fd, Connection* connection, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void watch_again(Connection& connection, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  Settings settings_;
  Requests requests_;
  std::mt19937_64 random_;
  int epoll_ = -1;
  int timer_ = -1;
  std::vector<Connection> connections_;
  std::vector<Connection*> free_;
  Clock::time_point begin_, last_answer_;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
  Histogram times_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "open_loop PORT OPERATION KEYS RATE SECONDS [CONNECTIONS] [SEED]\n");
    return 2;
  }
  try {
    Settings settings;
    settings.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
    settings.operation = argv[2];
    settings.keys = std::strtoull(argv[3], nullptr, 10);
    settings.rate = std::atof(argv[4]);
    settings.seconds = std::atof(argv[5]);
    if (argc > 6) settings.connections = std::strtoull(argv[6], nullptr, 10);
    if (argc > 7) settings.seed = std::strtoull(argv[7], nullptr, 10);
    if (settings.keys == 0 || settings.connections == 0)
      throw std::runtime_error("keys and connections must be above 0");
    Load(std::move(settings)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "open_loop: %s\n", error.what());
    return 1;
  }
}
