#include "net/client/http_client.h"

#include <algorithm>
#include <list>
#include <mutex>

#include "net/client/client_connection.h"
#include "net/client/client_exchange.h"
#include "net/http1/response_parser.h"
#include "net/message/url.h"

namespace brume::net {
namespace {

using Reason = ClientError::Reason;

bool is_idempotent(std::string_view method) {
  for (std::string_view safe : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == safe) return true;
  return false;
}

bool asks_to_close(const ClientRequest& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const Header& h) {
    return equal_ignoring_case(h.first, "connection") && equal_ignoring_case(h.second, "close");
  });
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

/// One call: what its attempts share.
struct HttpClient::Call {
  std::shared_ptr<Impl> impl;  // the client may go before its last call ends
  ClientRequest request;
  Url url;
  std::string origin;
  std::string head;
  LoopExecutor loop;
  std::chrono::milliseconds timeout;

  /// Gives a connection back to the pool if it can serve again.
  void give_back(std::unique_ptr<ClientConnection> connection, const ResponseParser& parser, bool whole_request) {
    if (!whole_request || !parser.keep_alive() || !connection->buffer().empty() || asks_to_close(request)) return;
    ClientPools::of(loop).put(loop, impl, origin, std::move(connection), impl->options);
  }
};

/// The body of a response, as it comes.
class HttpClient::ResponseBody final : public BodyStream {
 public:
  ResponseBody(std::shared_ptr<Call> call, std::unique_ptr<ClientConnection> connection,
               std::unique_ptr<ResponseParser> parser, bool whole_request)
      : call_(std::move(call)),
        connection_(std::move(connection)),
        parser_(std::move(parser)),
        whole_request_(whole_request) {
    end_if_complete();
  }

  Task<std::string_view> read() override {
    piece_.clear();
    std::swap(piece_, parser_->response().body);
    while (piece_.empty() && connection_) {
      CallDeadline deadline(call_->loop, call_->timeout);
      const Impl::Entry entry(*call_->impl, call_->loop, deadline);
      const CallDeadline::Action give_up(deadline, [this] { connection_->close(); });
      co_await read_more(*connection_, *parser_, deadline);
      std::swap(piece_, parser_->response().body);
      end_if_complete();
    }
    co_return piece_;
  }
  void cancel() noexcept override {
    if (connection_) connection_->close();
  }
  std::optional<std::uint64_t> size() const override { return parser_->announced(); }

 private:
  void end_if_complete() {
    if (parser_->complete()) call_->give_back(std::move(connection_), *parser_, whole_request_);
  }

  const std::shared_ptr<Call> call_;
  std::unique_ptr<ClientConnection> connection_;  ///< null at the end of the body
  const std::unique_ptr<ResponseParser> parser_;
  const bool whole_request_;
  std::string piece_;
};

/// One attempt on `connection`.
Task<Response> HttpClient::attempt(std::shared_ptr<Call> call, std::unique_ptr<ClientConnection> connection, Body body,
                                   CallDeadline& deadline, Progress& progress) {
  const ClientRequest& request = call->request;
  const std::size_t most = request.response_bytes_max ? request.response_bytes_max
                                                      : call->impl->options.response_bytes_max;
  auto parser = std::make_unique<ResponseParser>(request.method == "HEAD",
                                                 body == Body::streamed ? ResponseParser::kStreamed : most);
  co_await exchange(*connection, call->head, request, *parser, deadline, progress);
  if (body == Body::streamed) {
    Response response = std::move(parser->response());
    parser->response().body = std::exchange(response.body, {});
    response.stream =
        std::make_shared<ResponseBody>(std::move(call), std::move(connection), std::move(parser), progress.sent);
    co_return response;
  }
  const CallDeadline::Action give_up(deadline, [&connection] { connection->close(); });
  while (!parser->complete()) co_await read_more(*connection, *parser, deadline);
  call->give_back(std::move(connection), *parser, progress.sent);
  co_return std::move(parser->response());
}

Task<Response> HttpClient::call(ClientRequest request, std::optional<std::chrono::milliseconds> timeout, Body body) {
  const auto impl = impl_;
  const std::optional<Url> url = parse_url(request.url);
  if (!url) throw ClientError(Reason::bad_url, "not an http or https URL: " + request.url);
  std::string head = request_head(request, *url);
  std::string origin = (url->secure ? "https://" : "http://") + url->authority;
  const LoopExecutor loop = co_await this_loop;
  const auto call = std::make_shared<Call>(Call{impl, std::move(request), *url, std::move(origin), std::move(head),
                                                loop, timeout.value_or(impl->options.timeout)});
  CallDeadline deadline(loop, call->timeout);
  const Impl::Entry entry(*call->impl, loop, deadline);

  if (auto reused = ClientPools::of(loop).take(call->impl.get(), call->origin)) {
    Progress progress;
    try {
      Response response = co_await attempt(call, std::move(reused), body, deadline, progress);
      co_return response;
    } catch (const ClientError& e) {
      // The peer may have closed the idle connection while our request was on its way.
      const bool again = e.reason == Reason::closed && !progress.response_begun && !call->request.stream;
      if (!again || !is_idempotent(call->request.method)) throw;
    }
  }
  std::unique_ptr<ClientConnection> fresh =
      co_await ClientConnection::open(call->url, call->impl->tls_for(call->url), call->impl->options.egress, deadline);
  Progress progress;
  Response response = co_await attempt(call, std::move(fresh), body, deadline, progress);
  co_return response;
}

Task<Response> HttpClient::send(ClientRequest request, std::optional<std::chrono::milliseconds> timeout) {
  return call(std::move(request), timeout, Body::gathered);
}

Task<Response> HttpClient::open(ClientRequest request, std::optional<std::chrono::milliseconds> timeout) {
  return call(std::move(request), timeout, Body::streamed);
}

}  // namespace brume::net
