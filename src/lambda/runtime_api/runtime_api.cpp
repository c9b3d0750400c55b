#include "lambda/runtime_api/runtime_api.h"

#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <list>

#include "base/log.h"
#include "lambda/environment/invocation.h"
#include "lambda/runtime_api/kept_body.h"

namespace brume::lambda {

namespace {

namespace http = boost::beast::http;
using Socket = asio::basic_stream_socket<asio::ip::tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, LoopExecutor>;
using Parser = http::request_parser<KeptBody>;

constexpr std::string_view kRoot = "/2018-06-01/runtime/";
constexpr std::size_t kConnectionsMax = 8;  // a runtime has one or two, an extension one
constexpr std::size_t kHeaderBytesMax = 64 * 1024;
// One byte more than is allowed tells that it was too much; the size is counted to the end, so that the runtime gets to
// read the answer.
constexpr std::size_t kBodyKeptMax = kPayloadBytesMax + 1;
constexpr std::size_t kAllBodiesMax = kBodyKeptMax + 512 * 1024;
constexpr std::chrono::seconds kBodyTimeMax{900};  // as long as a function may run: some write while they work
constexpr std::chrono::milliseconds kFullPause{10};
constexpr std::chrono::milliseconds kExhaustedPause{100};  // no descriptor or memory is left

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Request Entity Too Large";
    default: return "Error";
  }
}

std::string response_text(int status, std::string_view extra_headers, std::string_view body) {
  std::string text;
  text.reserve(160 + extra_headers.size() + body.size());
  text.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason(status));
  text.append("\r\nContent-Type: application/json\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n");
  text.append(extra_headers).append("\r\n").append(body);
  return text;
}

std::string error_text(int status, std::string_view type, std::string_view message) {
  return response_text(status, {},
                       boost::json::serialize(boost::json::value{{"errorMessage", message}, {"errorType", type}}));
}

const std::string& accepted_text() {
  static const std::string text = response_text(202, {}, "{\"status\":\"OK\"}\n");
  return text;
}

/// A header's value can't hold line ends; JSON has no need of them either.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n') out.push_back(c);
  out.append("\r\n");
}

std::string invocation_text(const Invocation& invocation) {
  std::string headers;
  append_header(headers, "Lambda-Runtime-Aws-Request-Id", invocation.request_id);
  append_header(headers, "Lambda-Runtime-Deadline-Ms", std::to_string(unix_millis(invocation.deadline)));
  append_header(headers, "Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn);
  append_header(headers, "Lambda-Runtime-Trace-Id", invocation.trace_id);
  append_header(headers, "Lambda-Runtime-Client-Context", invocation.client_context);
  append_header(headers, "Lambda-Runtime-Cognito-Identity", invocation.cognito_identity);
  return response_text(200, headers, invocation.payload);
}

/// As AWS's runtime interface emulator names the runtime's states in its errors.
enum class State : std::uint8_t { started, ready, running, responded, init_failed };
std::string_view name_of(State state) {
  switch (state) {
    case State::started: return "RuntimeStarted";
    case State::ready: return "Ready";
    case State::running: return "Running";
    case State::responded: return "InvocationResponse";
    case State::init_failed: return "RuntimeInitError";
  }
  return "";
}

}  // namespace

struct RuntimeApi::Impl : std::enable_shared_from_this<RuntimeApi::Impl> {
  struct Connection {
    explicit Connection(Socket s) : socket(std::move(s)) {}
    Socket socket;
    std::string input;  ///< received and not parsed yet
    std::optional<Timer> deadline;  ///< while a request is incomplete
  };
  using ConnectionPtr = std::shared_ptr<Connection>;
  struct Waiter {
    ConnectionPtr connection;
    Completion<std::string> response;  ///< "": hang up
  };

  Impl(LoopExecutor loop, RuntimeEvents& e, UniqueFd listener, std::chrono::milliseconds head)
      : events(e), acceptor(loop), head_time(head) {
    acceptor.assign(asio::ip::tcp::v4(), listener.get());
    listener.release();
  }

  Task<> accept_loop(std::shared_ptr<Impl> self);
  Task<> serve(std::shared_ptr<Impl> self, ConnectionPtr connection);
  Task<bool> read_request(ConnectionPtr connection, Parser& parser);
  static void set_deadline(const ConnectionPtr& connection, std::chrono::milliseconds limit);
  Task<std::string> answer(ConnectionPtr connection, Parser& parser);
  std::string answer_post(std::string_view path, Parser& parser);
  std::string refuse(std::string_view to) const;
  void stop();

  RuntimeEvents& events;
  Acceptor acceptor;
  const std::chrono::milliseconds head_time;
  bool stopped = false;
  State state = State::started;
  std::string request_id;  ///< of the last delivered invocation
  std::optional<Waiter> waiter;
  std::string undelivered;  ///< the waiting connection was gone: for whoever asks next
  std::list<ConnectionPtr> connections;
  BodyBudget budget{kAllBodiesMax};
  bool exhaustion_logged = false;
};

Task<> RuntimeApi::Impl::accept_loop(std::shared_ptr<Impl> self) {
  while (!stopped) {
    boost::system::error_code error;
    Socket socket = co_await acceptor.async_accept(asio::redirect_error(use_task, error));
    if (stopped || error == asio::error::operation_aborted) co_return;
    if (error == asio::error::connection_aborted) continue;
    if (error) {  // of descriptors or memory: what waits to be accepted keeps waiting
      if (!std::exchange(exhaustion_logged, true)) log_warn("runtime_api.accept_failed", {{"error", error.message()}});
      co_await sleep_for(kExhaustedPause);
      continue;
    }
    exhaustion_logged = false;
    if (connections.size() >= kConnectionsMax) {  // hung up on, and not as fast as a function can connect
      socket.close(error);
      co_await sleep_for(kFullPause);
      continue;
    }
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections.push_back(connection);
    spawn(acceptor.get_executor(), serve(self, connection));
  }
}

Task<> RuntimeApi::Impl::serve([[maybe_unused]] std::shared_ptr<Impl> self, ConnectionPtr connection) {
  while (!stopped) {
    Parser parser;
    parser.eager(true);
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(boost::none);
    parser.get().body().keep(kBodyKeptMax, budget);
    const bool complete = co_await read_request(connection, parser);
    connection->deadline.reset();
    if (!complete || stopped) break;
    const bool keep_alive = parser.get().keep_alive();
    const std::string response = co_await answer(connection, parser);
    if (response.empty()) break;
    boost::system::error_code error;
    co_await asio::async_write(connection->socket, asio::buffer(response), asio::redirect_error(use_task, error));
    if (error || !keep_alive) break;
  }
  connections.remove(connection);
  boost::system::error_code ignored;
  connection->socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  connection->socket.close(ignored);
}

/// Hangs up when the request is not whole by then. Most come in one piece and never get here.
void RuntimeApi::Impl::set_deadline(const ConnectionPtr& connection, std::chrono::milliseconds limit) {
  connection->deadline.emplace(connection->socket.get_executor(), limit);
  connection->deadline->async_wait([weak = std::weak_ptr(connection)](boost::system::error_code error) {
    const auto late = weak.lock();
    // A deadline that passed just when it was put off finds another one in its place.
    if (error || !late || !late->deadline || late->deadline->expiry() > std::chrono::steady_clock::now()) return;
    boost::system::error_code ignored;
    late->socket.close(ignored);
  });
}

Task<bool> RuntimeApi::Impl::read_request(ConnectionPtr connection, Parser& parser) {
  std::string& input = connection->input;
  std::array<char, 16 * 1024> block;
  bool continued = false, head_timed = false, body_timed = false;
  while (true) {
    if (!input.empty()) {
      boost::system::error_code error;
      const std::size_t used = parser.put(asio::const_buffer(input.data(), input.size()), error);
      input.erase(0, used);
      if (error && error != http::error::need_more) co_return false;
      if (parser.is_done()) co_return true;
      if (input.size() > kHeaderBytesMax) co_return false;
      if (parser.is_header_done()) {
        if (!std::exchange(body_timed, true)) set_deadline(connection, kBodyTimeMax);
      } else if (!std::exchange(head_timed, true)) {
        set_deadline(connection, head_time);
      }
    }
    boost::system::error_code error;
    if (!continued && parser.is_header_done() && parser.get().count(http::field::expect) > 0) {
      continued = true;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(connection->socket, asio::buffer(kContinue), asio::redirect_error(use_task, error));
      if (error) co_return false;
    }
    const std::size_t got =
        co_await connection->socket.async_read_some(asio::buffer(block), asio::redirect_error(use_task, error));
    if (error) co_return false;
    input.append(block.data(), got);
  }
}

std::string RuntimeApi::Impl::refuse(std::string_view to) const {
  return error_text(403, "InvalidStateTransition",
                    "State transition from " + std::string(name_of(state)) + " to " + std::string(to) +
                        " failed for runtime. Error: State transition is not allowed");
}

Task<std::string> RuntimeApi::Impl::answer(ConnectionPtr connection, Parser& parser) {
  const auto& request = parser.get();
  std::string_view path(request.target().data(), request.target().size());
  path = path.substr(0, path.find('?'));
  if (!path.starts_with(kRoot)) co_return error_text(404, "NotFound", "404 page not found");
  path.remove_prefix(kRoot.size());
  const bool is_next = path == "invocation/next";
  if (request.method() != (is_next ? http::verb::get : http::verb::post))
    co_return error_text(405, "MethodNotAllowed", "405 method not allowed");
  if (!is_next) co_return answer_post(path, parser);

  if (!undelivered.empty()) {
    state = State::running;
    co_return std::exchange(undelivered, {});
  }
  if (state == State::running || state == State::init_failed) co_return refuse("Ready");
  // A runtime that gave up its connection and asks again on another: the newest one gets the invocation.
  if (waiter) waiter->response.set({});
  const bool again = state == State::ready;
  state = State::ready;
  waiter.emplace(Waiter{connection, {}});
  const auto response = waiter->response;
  if (!again) events.runtime_ready();
  co_return co_await response.wait();
}

std::string RuntimeApi::Impl::answer_post(std::string_view path, Parser& parser) {
  auto& request = parser.get();
  const auto type = request["Lambda-Runtime-Function-Error-Type"];
  std::string error_type(type.data(), type.size());
  if (path == "init/error") {
    if (state != State::started) return refuse("RuntimeInitError");
    state = State::init_failed;
    events.runtime_init_failed(std::move(error_type), std::move(request.body().text));
    return accepted_text();
  }
  constexpr std::string_view kInvocation = "invocation/";
  const auto slash = path.rfind('/');
  const std::string_view verb = path.substr(slash + 1);
  if (!path.starts_with(kInvocation) || slash < kInvocation.size() || (verb != "response" && verb != "error"))
    return error_text(404, "NotFound", "404 page not found");
  if (path.substr(kInvocation.size(), slash - kInvocation.size()) != request_id || request_id.empty())
    return error_text(400, "InvalidRequestID", "Invalid request ID");
  if (state != State::running) return refuse(verb == "response" ? "InvocationResponse" : "InvocationErrorResponse");

  state = State::responded;
  if (verb == "error") {
    events.runtime_failed(std::move(error_type), std::move(request.body().text));
  } else if (request.body().size > kPayloadBytesMax) {
    events.runtime_response_too_large(request.body().size);
    return error_text(413, "RequestEntityTooLarge",
                      "Exceeded maximum allowed payload size (" + std::to_string(kPayloadBytesMax) + " bytes).");
  } else {
    events.runtime_responded(std::move(request.body().text));
  }
  return accepted_text();
}

void RuntimeApi::Impl::stop() {
  if (std::exchange(stopped, true)) return;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  if (waiter) waiter->response.set({});
  waiter.reset();
  for (const auto& connection : connections) connection->socket.close(ignored);
}

RuntimeApi::RuntimeApi(LoopExecutor loop, RuntimeEvents& events, UniqueFd listener, std::chrono::milliseconds head_time)
    : impl_(std::make_shared<Impl>(loop, events, std::move(listener), head_time)) {
  spawn(loop, impl_->accept_loop(impl_));
}

RuntimeApi::~RuntimeApi() { stop(); }

void RuntimeApi::deliver(const Invocation& invocation) {
  impl_->request_id = invocation.request_id;
  impl_->state = State::running;
  auto waiter = std::exchange(impl_->waiter, std::nullopt);
  char peek = 0;
  const bool alive = waiter &&
                     ::recv(waiter->connection->socket.native_handle(), &peek, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  if (alive) {
    waiter->response.set(invocation_text(invocation));
    return;
  }
  if (waiter) waiter->response.set({});
  impl_->state = State::responded;
  impl_->undelivered = invocation_text(invocation);
}

void RuntimeApi::stop() { impl_->stop(); }

UniqueFd RuntimeApi::release_listener() {
  UniqueFd listener(impl_->acceptor.release());
  impl_->stop();
  return listener;
}

}  // namespace brume::lambda
