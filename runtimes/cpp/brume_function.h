// Lambda functions in C++ for the provided.al2023 runtime: the whole client of the Runtime API in one header.
//
//   #include "brume_function.h"
//   int main() {
//     return brume_function::run([](const brume_function::Event& event) -> std::string {
//       return "{\"hello\":\"world\"}";
//     });
//   }
//
// Build it statically, call the program `bootstrap` and zip it. The handler returns the response (JSON text);
// an exception becomes a function error. One thread, one keep-alive connection, plain POSIX sockets.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

namespace brume_function {

struct Event {
  std::string payload;       // JSON text
  std::string request_id;
  std::string function_arn;
  std::string trace_id;
  std::string client_context;
  std::int64_t deadline_ms = 0;  // since 1970
};

/// An error with a type of its own: {"errorType": type, "errorMessage": what()}.
class Error : public std::runtime_error {
 public:
  Error(std::string type, const std::string& message) : std::runtime_error(message), type_(std::move(type)) {}
  const std::string& type() const { return type_; }

 private:
  std::string type_;
};

namespace detail {

inline std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += static_cast<char>(c);
    else if (c == '\n') out += "\\n";
    else if (c < 0x20) out += "\\u00", out += "0123456789abcdef"[c >> 4], out += "0123456789abcdef"[c & 15];
    else out += static_cast<char>(c);
  }
  return out + "\"";
}

class Connection {
 public:
  explicit Connection(std::string address) : address_(std::move(address)) {}
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Sends `request` and reads one response into headers() and body(). Throws std::runtime_error.
  void exchange(std::string_view request) {
    if (fd_ < 0) connect();
    while (!request.empty()) {
      const auto sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("runtime API: connection lost");
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    read_response();
  }

  const std::string& address() const { return address_; }
  const std::string& body() const { return body_; }
  std::string header(std::string_view name) const {
    for (std::size_t at = 0; (at = head_.find("\r\n", at)) != std::string::npos;) {
      at += 2;
      if (head_.size() - at > name.size() && head_[at + name.size()] == ':' &&
          ::strncasecmp(head_.data() + at, name.data(), name.size()) == 0) {
        std::size_t begin = at + name.size() + 1;
        while (begin < head_.size() && head_[begin] == ' ') ++begin;
        return head_.substr(begin, head_.find("\r\n", begin) - begin);
      }
    }
    return {};
  }

 private:
  void connect() {
    const auto colon = address_.find(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address_.c_str() + colon + 1)));
    ::inet_pton(AF_INET, address_.substr(0, colon).c_str(), &to.sin_addr);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("runtime API: cannot connect to " + address_);
  }

  void receive_some() {
    char block[64 * 1024];
    const auto got = ::recv(fd_, block, sizeof block, 0);
    if (got <= 0) throw std::runtime_error("runtime API: connection lost");
    input_.append(block, static_cast<std::size_t>(got));
  }

  void read_response() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) receive_some();
    head_ = input_.substr(0, end + 2);
    input_.erase(0, end + 4);
    const auto length = std::strtoull(header("content-length").c_str(), nullptr, 10);
    while (input_.size() < length) receive_some();
    body_ = input_.substr(0, length);
    input_.erase(0, length);
  }

  std::string address_, input_, head_, body_;
  int fd_ = -1;
};

inline std::string post(const Connection& connection, std::string_view path, std::string_view body,
                        std::string_view error_type = {}) {
  std::string text;
  text.reserve(256 + body.size());
  text.append("POST /2018-06-01/runtime/").append(path).append(" HTTP/1.1\r\nHost: ").append(connection.address());
  text.append("\r\nContent-Type: application/json\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n");
  if (!error_type.empty()) text.append("Lambda-Runtime-Function-Error-Type: ").append(error_type).append("\r\n");
  return text.append("\r\n").append(body);
}

inline std::string error_body(std::string_view type, std::string_view message) {
  return "{\"errorType\":" + json_string(type) + ",\"errorMessage\":" + json_string(message) + ",\"stackTrace\":[]}";
}

}  // namespace detail

/// Tells the service that this function can't be initialized, and returns main's result.
inline int fail_init(const std::string& type, const std::string& message) {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr) return 2;
  detail::Connection connection(address);
  connection.exchange(detail::post(connection, "init/error", detail::error_body(type, message), type));
  return 1;
}

/// Serves invokes until the process is ended.
inline int run(const std::function<std::string(const Event&)>& handler) {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr) return 2;
  detail::Connection connection(address);
  const std::string next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: " + connection.address() +
                           "\r\n\r\n";
  try {
    while (true) {
      connection.exchange(next);
      Event event{connection.body(),
                  connection.header("lambda-runtime-aws-request-id"),
                  connection.header("lambda-runtime-invoked-function-arn"),
                  connection.header("lambda-runtime-trace-id"),
                  connection.header("lambda-runtime-client-context"),
                  std::strtoll(connection.header("lambda-runtime-deadline-ms").c_str(), nullptr, 10)};
      const std::string path = "invocation/" + event.request_id;
      std::string request;
      try {
        request = detail::post(connection, path + "/response", handler(event));
      } catch (const Error& error) {
        request =
            detail::post(connection, path + "/error", detail::error_body(error.type(), error.what()), error.type());
      } catch (const std::exception& error) {
        request = detail::post(connection, path + "/error", detail::error_body("Runtime.Error", error.what()),
                               "Runtime.Error");
      }
      connection.exchange(request);
    }
  } catch (const std::runtime_error&) {
    return 1;  // the service is gone
  }
}

}  // namespace brume_function
