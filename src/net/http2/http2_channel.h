// A stream of HTTP/2 that a handler has taken over (RFC 8441).
#pragma once

#include <memory>

#include "net/http2/http2_session.h"
#include "net/http2/http2_stream.h"
#include "net/message/channel.h"

namespace brume::net {

/// What is written goes out as the response's body, what comes is the request's.
class Http2Channel final : public Channel {
 public:
  Http2Channel(std::shared_ptr<Http2Session> session, std::shared_ptr<Http2Stream> stream);
  ~Http2Channel() override;
  Http2Channel(const Http2Channel&) = delete;
  Http2Channel& operator=(const Http2Channel&) = delete;

  /// The body of the response.
  std::shared_ptr<BodyStream> output() const;
  /// Nothing more will be written.
  void end();

  Task<Arrival> read() override;
  Task<bool> write(std::string_view head, std::string_view body) override;
  void wake_after(std::chrono::milliseconds time) override;
  bool hold(std::size_t bytes) override;
  void abort() noexcept override;
  void on_drain(std::function<void()> action) override;
  LoopExecutor loop() const override;

 private:
  class Output;
  const std::shared_ptr<Http2Session> session_;
  const std::shared_ptr<Http2Stream> stream_;
  const std::shared_ptr<Output> output_;
  std::size_t held_ = 0;
};

}  // namespace brume::net
