#include "net/http_client.h"

#include <algorithm>
#include <list>
#include <mutex>

#include "net/characters.h"
#include "net/client_connection.h"
#include "net/response_parser.h"
#include "net/url.h"

namespace brume::net {
namespace {

using Reason = ClientError::Reason;

bool is_idempotent(std::string_view method) {
  for (std::string_view safe : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == safe) return true;
  return false;
}

bool expects_body(std::string_view method) { return method == "POST" || method == "PUT" || method == "PATCH"; }

/// Request line and headers. Errors: ClientError (protocol) for what would break out of its line.
std::string request_head(const ClientRequest& request, const Url& url) {
  if (!is_token(request.method)) throw ClientError(Reason::protocol, "not a method: " + request.method);
  std::string head = request.method + " " + url.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || std::any_of(value.begin(), value.end(), is_control))
      throw ClientError(Reason::protocol, "not a header: " + name);
    // The framing is ours: the body has its size.
    if (equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding")) continue;
    has_host = has_host || equal_ignoring_case(name, "host");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_host) head.append("Host: ").append(url.authority).append("\r\n");
  if (!request.body.empty() || expects_body(request.method))
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return head.append("\r\n");
}

bool asks_to_close(const ClientRequest& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const Header& h) {
    return equal_ignoring_case(h.first, "connection") && equal_ignoring_case(h.second, "close");
  });
}

/// How far an exchange came.
struct Progress {
  bool response_begun = false;
  bool reusable = false;
};

Task<Response> exchange(ClientConnection& connection, const std::string& head, const ClientRequest& request,
                        std::size_t bytes_max, CallDeadline& deadline, Progress& progress) {
  ClientConnection::Error error;
  const CallDeadline::Action give_up(deadline, [&connection] { connection.close(); });
  // A server may answer and close before it has read everything: what it said counts, not the failed write.
  co_await connection.write(head, request.body, error);
  ResponseParser parser(request.method == "HEAD", bytes_max);
  auto status = ResponseParser::Status::need_more;
  while (status == ResponseParser::Status::need_more) {
    ClientConnection::Error read_error;
    co_await connection.read(read_error);
    if (deadline.expired()) deadline.fail(Reason::timeout, "no response in time");
    if (!read_error) {
      progress.response_begun = true;
      status = parser.parse(connection.buffer());
    } else if (read_error == asio::error::eof && parser.finish() == ResponseParser::Status::complete) {
      status = ResponseParser::Status::complete;
    } else {
      deadline.fail(Reason::closed, "closed before the response was complete: " + read_error.message());
    }
  }
  if (status == ResponseParser::Status::malformed) deadline.fail(Reason::protocol, "the response is not HTTP/1.1");
  if (status == ResponseParser::Status::too_large) deadline.fail(Reason::too_large, "the response is too large");
  progress.reusable = !error && parser.keep_alive() && connection.buffer().empty();
  co_return std::move(parser.response());
}

}  // namespace

struct HttpClient::Impl {
  ClientOptions options;
  std::once_flag tls_made;
  std::shared_ptr<TlsContext> tls;

  /// A call under way.
  struct Running {
    LoopExecutor loop;
    std::function<void()> expire;
  };
  std::mutex mutex;  ///< for what follows
  std::list<Running> running;
  bool stopped = false;

  /// Keeps a call in `running` while it lives.
  class Entry {
   public:
    Entry(Impl& impl, LoopExecutor loop, const CallDeadline& deadline) : impl_(impl) {
      auto expire = deadline.expire();
      std::lock_guard lock(impl_.mutex);
      if (impl_.stopped) expire();
      at_ = impl_.running.insert(impl_.running.end(), {loop, std::move(expire)});
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      std::lock_guard lock(impl_.mutex);
      impl_.running.erase(at_);
    }

   private:
    Impl& impl_;
    std::list<Running>::iterator at_;
  };

  /// The system's trust store takes milliseconds to read: only when it is needed.
  std::shared_ptr<TlsContext> tls_for(const Url& url) {
    if (!url.secure) return nullptr;
    std::call_once(tls_made, [this] {
      if (!tls) tls = TlsContext::client();
    });
    return tls;
  }
};

HttpClient::HttpClient(ClientOptions options, std::shared_ptr<TlsContext> tls) : impl_(std::make_shared<Impl>()) {
  impl_->options = options;
  impl_->tls = std::move(tls);
}

HttpClient::~HttpClient() = default;

void HttpClient::stop() {
  std::lock_guard lock(impl_->mutex);
  impl_->stopped = true;
  for (const auto& call : impl_->running) asio::post(call.loop, call.expire);
}

namespace {

/// One attempt on `connection`, which goes back to the pool when it can serve again.
Task<Response> attempt(std::shared_ptr<const void> client, const ClientOptions& options, const std::string& origin,
                       std::unique_ptr<ClientConnection> connection, const std::string& head,
                       const ClientRequest& request, CallDeadline& deadline, Progress& progress) {
  const std::size_t bytes_max = request.response_bytes_max ? request.response_bytes_max : options.response_bytes_max;
  Response response = co_await exchange(*connection, head, request, bytes_max, deadline, progress);
  if (progress.reusable && !asks_to_close(request)) {
    const LoopExecutor loop = co_await this_loop;
    ClientPools::of(loop).put(loop, std::move(client), origin, std::move(connection), options);
  }
  co_return response;
}

}  // namespace

Task<Response> HttpClient::send(ClientRequest request, std::optional<std::chrono::milliseconds> timeout) {
  const auto impl = impl_;  // the client may go before its last call ends
  const std::optional<Url> url = parse_url(request.url);
  if (!url) throw ClientError(Reason::bad_url, "not an http or https URL: " + request.url);
  const std::string head = request_head(request, *url);
  const std::string origin = (url->secure ? "https://" : "http://") + url->authority;
  const LoopExecutor loop = co_await this_loop;
  CallDeadline deadline(loop, timeout.value_or(impl->options.timeout));
  const Impl::Entry entry(*impl, loop, deadline);

  if (auto reused = ClientPools::of(loop).take(impl.get(), origin)) {
    Progress progress;
    try {
      Response response =
          co_await attempt(impl, impl->options, origin, std::move(reused), head, request, deadline, progress);
      co_return response;
    } catch (const ClientError& e) {
      // The peer may have closed the idle connection while our request was on its way.
      if (e.reason != Reason::closed || progress.response_begun || !is_idempotent(request.method)) throw;
    }
  }
  std::unique_ptr<ClientConnection> fresh =
      co_await ClientConnection::open(*url, impl->tls_for(*url), impl->options.egress, deadline);
  Progress progress;
  Response response =
      co_await attempt(impl, impl->options, origin, std::move(fresh), head, request, deadline, progress);
  co_return response;
}

}  // namespace brume::net
