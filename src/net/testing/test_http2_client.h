// A blocking HTTP/2 client for tests, on nghttp2.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/testing/test_support.h"

namespace brume::net::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A blocking client of one connection, in clear.
class Http2Client {
 public:
  struct Answer {
    std::string status;
    Fields fields;
    std::string body;
    bool continued = false;
    bool closed = false;
    std::uint32_t error = 0;
    std::string field(const std::string& name) const {
      for (const auto& [known, value] : fields)
        if (known == name) return value;
      return "";
    }
  };

  explicit Http2Client(std::uint16_t port, bool auto_window = true) : socket_(port) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          Answer& answer = static_cast<Http2Client*>(user)->answers[frame->hd.stream_id];
          const std::string n(reinterpret_cast<const char*>(name), name_size);
          const std::string v(reinterpret_cast<const char*>(value), value_size);
          if (n == ":status" && v == "100") answer.continued = true;
          else if (n == ":status") answer.status = v;
          else answer.fields.emplace_back(n, v);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
          static_cast<Http2Client*>(user)->answers[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t id, uint32_t error, void* user) {
          Answer& answer = static_cast<Http2Client*>(user)->answers[id];
          answer.closed = true;
          answer.error = error;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
                                                           Http2Client& me = *static_cast<Http2Client*>(user);
                                                           if (frame->hd.type == NGHTTP2_SETTINGS)
                                                             me.settings_came = true;
                                                           if (frame->hd.type == NGHTTP2_GOAWAY)
                                                             me.goaway = frame->goaway.error_code;
                                                           return 0;
                                                         });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    if (!auto_window) nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_client_new2(&session, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Http2Client() { nghttp2_session_del(session); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  /// What a request's body consists of; more may be added until `ended`, and told by more().
  struct Body {
    std::string bytes;
    bool ended = true;
  };

  std::int32_t ask(const std::string& method, const std::string& path, Body* body = nullptr, Fields more = {}) {
    Fields all{{":method", method}, {":scheme", "http"}, {":authority", "h"}, {":path", path}};
    all.insert(all.end(), more.begin(), more.end());
    return submit(all, body);
  }
  std::int32_t submit(const Fields& fields, Body* body = nullptr) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields)
      list.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), 0});
    nghttp2_data_provider provider{};
    provider.source.ptr = body;
    provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* to, size_t room, uint32_t* flags,
                                nghttp2_data_source* source, void*) -> ssize_t {
      Body& body = *static_cast<Body*>(source->ptr);
      const std::size_t size = std::min(room, body.bytes.size());
      std::memcpy(to, body.bytes.data(), size);
      body.bytes.erase(0, size);
      if (body.bytes.empty() && body.ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
      else if (size == 0) return NGHTTP2_ERR_DEFERRED;
      return static_cast<ssize_t>(size);
    };
    const std::int32_t id =
        nghttp2_submit_request(session, nullptr, list.data(), list.size(), body ? &provider : nullptr, nullptr);
    flush();
    return id;
  }
  bool flush() {
    while (true) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session, &bytes);
      if (size <= 0) return true;
      if (!socket_.try_send({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)})) return false;
    }
  }
  void more(std::int32_t id) {
    nghttp2_session_resume_data(session, id);
    flush();
  }
  void raw(std::string_view bytes) { socket_.try_send(bytes); }
  /// Goes on until `done`, or until the server has closed the connection: false.
  bool run(const std::function<bool()>& done) {
    while (!done()) {
      flush();
      char bytes[16384];
      const std::string got = socket_.receive_piece(sizeof bytes);
      if (got.empty()) return done();
      if (nghttp2_session_mem_recv(session, reinterpret_cast<const uint8_t*>(got.data()), got.size()) < 0) return false;
    }
    flush();
    return true;
  }
  const Answer& finish(std::int32_t id) {
    run([&] { return answers[id].closed; });
    return answers[id];
  }

  std::map<std::int32_t, Answer> answers;
  nghttp2_session* session = nullptr;
  std::optional<std::uint32_t> goaway;
  bool settings_came = false;

 private:
  RawSocket socket_;
};

}  // namespace brume::net::test
