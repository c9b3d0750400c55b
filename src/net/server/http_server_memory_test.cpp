// Long bodies and slow peers: the budget of memory, the pace, limits that depend on the head.
#include <gtest/gtest.h>

#include <atomic>

#include "net/testing/test_support.h"

namespace brume::net::test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kKiB = 1024;

std::string head_of(std::size_t length, std::string_view path = "/") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

Task<Response> count_body(const Request& request) {
  Response response;
  response.body = std::to_string(request.body.size()) + " bytes";
  co_return response;
}

template <class Condition>
bool eventually(Condition condition) {
  for (const auto end = Steady::now() + 10s; Steady::now() < end; std::this_thread::sleep_for(2ms))
    if (condition()) return true;
  return false;
}

TEST(HttpServerPace, TricklingBodyIs408) {
  ServerFixture f(count_body, {.bytes_per_second_min = 10'000, .body_window = 200ms});
  RawSocket client(f.port);
  client.send(head_of(100'000));
  std::thread trickle([&] {
    for (const auto end = Steady::now() + 5s; client.try_send("x") && Steady::now() < end;)
      std::this_thread::sleep_for(10ms);
  });
  const auto start = Steady::now();
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 408 "));
  EXPECT_LT(Steady::now() - start, 4s);
  EXPECT_EQ(f.server.body_counts().slow_senders, 1u);
  client.end_sending();
  trickle.join();
}

TEST(HttpServerPace, SlowBodyThatKeepsUpIsTaken) {
  ServerFixture f(count_body, {.bytes_per_second_min = 2'000, .body_window = 100ms});
  RawSocket client(f.port);
  client.send(head_of(20'000));
  for (int i = 0; i < 40; ++i) {  // half a second: several windows
    client.send(std::string(500, 'x'));
    std::this_thread::sleep_for(12ms);
  }
  EXPECT_TRUE(client.receive_until("bytes").ends_with("20000 bytes"));
  EXPECT_EQ(f.server.body_counts().slow_senders, 0u);
}

constexpr std::size_t kLongReply = 16 * 1024 * kKiB;  // more than the kernel takes in

Task<Response> long_reply(const Request&) {
  Response response;
  response.body.assign(kLongReply, 'x');
  co_return response;
}

/// What comes of a reply that is read in pieces of `size` bytes every `pause`.
std::size_t read_slowly(RawSocket& client, std::size_t size, std::chrono::milliseconds pause) {
  std::size_t total = 0;
  for (const auto end = Steady::now() + 20s; Steady::now() < end;) {
    const std::size_t got = client.receive_some(size);
    if (got == 0) break;
    total += got;
    if (total > kLongReply) break;
    std::this_thread::sleep_for(pause);
  }
  return total;
}

TEST(HttpServerPace, SlowReaderThatKeepsUpGetsAll) {
  // The kernel takes more only when a third of its buffer is free, which is seldomer than these windows end: progress is
  // what the peer took, not what could be written.
  ServerFixture f(long_reply, {.bytes_per_second_min = 1'000'000, .reply_window = 100ms});
  RawSocket client(f.port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_GT(read_slowly(client, 64 * kKiB, 10ms), kLongReply);
  EXPECT_EQ(f.server.body_counts().slow_readers, 0u);
}

TEST(HttpServerPace, ReaderBelowThePaceIsClosed) {
  ServerFixture f(long_reply, {.bytes_per_second_min = 1'000'000, .reply_window = 200ms});
  RawSocket client(f.port);
  client.shrink_receive_buffer();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return client.receive_some(10) > 0 && f.server.body_counts().slow_readers == 1; }));
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().reply_bytes == 0; }));
}

TEST(HttpServerMemory, BodyThatFindsNoRoomIs503AndShortOnesPass) {
  ServerFixture f(count_body, {.body_memory_max = 1024 * kKiB, .body_memory_wait = 100ms});
  RawSocket first(f.port), second(f.port), third(f.port);
  first.send(head_of(500 * kKiB) + std::string(499 * kKiB, 'x'));
  ASSERT_TRUE(eventually([&] { return f.server.body_counts().request_bytes >= 499 * kKiB; }));
  EXPECT_LE(f.server.body_counts().request_bytes, 512 * kKiB);
  const auto start = Steady::now();
  second.send(head_of(300 * kKiB) + std::string(300 * kKiB, 'x'));
  EXPECT_TRUE(second.receive_until("\r\n\r\n").starts_with("HTTP/1.1 503 "));
  EXPECT_GE(Steady::now() - start, 100ms);
  EXPECT_EQ(f.server.body_counts().refused, 1u);
  third.send(head_of(50 * kKiB) + std::string(50 * kKiB, 'x'));
  EXPECT_TRUE(third.receive_until("bytes").ends_with("51200 bytes"));
  first.send(std::string(kKiB, 'x'));
  EXPECT_TRUE(first.receive_until("bytes").ends_with("512000 bytes"));
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
}

TEST(HttpServerMemory, BodyWaitsForRoom) {
  ServerFixture f(count_body, {.body_memory_max = 1024 * kKiB, .body_memory_wait = 8s});
  RawSocket first(f.port), second(f.port);
  first.send(head_of(500 * kKiB) + std::string(499 * kKiB, 'x'));
  ASSERT_TRUE(eventually([&] { return f.server.body_counts().request_bytes >= 499 * kKiB; }));
  second.send(head_of(300 * kKiB) + std::string(300 * kKiB, 'x'));
  ASSERT_TRUE(eventually([&] { return f.server.body_counts().waiting == 1; }));
  first.send(std::string(kKiB, 'x'));
  EXPECT_TRUE(first.receive_until("bytes").ends_with("512000 bytes"));
  EXPECT_TRUE(second.receive_until("bytes").ends_with("307200 bytes"));
  EXPECT_EQ(f.server.body_counts().waiting, 0u);
  EXPECT_EQ(f.server.body_counts().refused, 0u);
}

TEST(HttpServerMemory, WhoGoesWhileItWaitsLeavesNothing) {
  ServerFixture f(count_body, {.body_memory_max = 1024 * kKiB, .body_memory_wait = 100ms});
  RawSocket first(f.port);
  first.send(head_of(500 * kKiB) + std::string(499 * kKiB, 'x'));
  ASSERT_TRUE(eventually([&] { return f.server.body_counts().request_bytes >= 499 * kKiB; }));
  {
    RawSocket second(f.port);
    second.send(head_of(300 * kKiB) + std::string(200 * kKiB, 'x'));
    ASSERT_TRUE(eventually([&] { return f.server.body_counts().waiting == 1; }));
  }
  first.end_sending();
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().waiting == 0; }));
}

TEST(HttpServerMemory, ManySlowBodiesStayWithinTheBudgetAndStopNobodyElse) {
  constexpr std::size_t kMax = 8 * 1024 * kKiB;
  ServerFixture f(count_body, {.body_window = 500ms, .body_memory_max = kMax, .body_memory_wait = 200ms});
  std::atomic<std::size_t> most{0};
  std::atomic<bool> done{false};
  std::thread watch([&] {
    while (!done) {
      most = std::max<std::size_t>(most, f.server.body_counts().request_bytes);
      std::this_thread::sleep_for(1ms);
    }
  });
  std::vector<std::unique_ptr<RawSocket>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawSocket>(f.port));
    slow.back()->try_send(head_of(1024 * kKiB) + std::string(100 * kKiB, 'x'));
  }
  RawSocket honest(f.port);
  for (int i = 0; i < 50; ++i) {
    honest.send(head_of(1000) + std::string(1000, 'x'));
    EXPECT_TRUE(honest.receive_until("bytes").ends_with("1000 bytes"));
  }
  for (auto& client : slow) {
    const std::string reply = client->receive_until("\r\n\r\n");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 503 ") || reply.starts_with("HTTP/1.1 408 ")) << reply;
    client->end_sending();
  }
  done = true;
  watch.join();
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, kMax / 2);
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
  const BodyCounts counts = f.server.body_counts();
  EXPECT_EQ(counts.refused + counts.slow_senders, 200u);
}

TEST(HttpServerMemory, ChunkedBodiesAreCountedToo) {
  ServerFixture f(count_body, {.body_memory_max = 1024 * kKiB, .body_memory_wait = 50ms});
  RawSocket client(f.port);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(64 * kKiB, 'x') + "\r\n";
  for (int i = 0; i < 12; ++i)
    if (!client.try_send(chunk)) break;
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 503 "));
  client.end_sending();
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().request_bytes == 0; }));
}

TEST(HttpServerMemory, RepliesBeyondTheirHalfCostTheLongestWaitingReaders) {
  ServerFixture f(long_reply, {.body_memory_max = 50 * 1024 * kKiB}, {}, 1);  // several loops may cut off too many
  std::vector<std::unique_ptr<RawSocket>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(std::make_unique<RawSocket>(f.port));
    readers.back()->shrink_receive_buffer();
    readers.back()->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return f.server.body_counts().reply_bytes >= (i + 1) * 16'000'000u || i == 2; }));
  }
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().cut_off >= 1; }));
  EXPECT_TRUE(eventually([&] { return f.server.body_counts().reply_bytes <= 25 * 1024 * kKiB; }));
  EXPECT_GE(f.server.connection_count(), 1u);
}

TEST(HttpServerMemory, TheHeadDecidesHowLongABodyMayBe) {
  const auto limit = [](const Request& head) { return BodyPlan{head.path == "/big" ? 1000 * kKiB : 100 * kKiB}; };
  const auto tell = [](int status, const Request* head) {
    Response response;
    response.status = status;
    response.body = head ? "refused " + std::string(head->path) : "refused";
    return response;
  };
  ServerFixture f(count_body, {.plan_body = limit}, tell);
  RawSocket big(f.port), small(f.port), chunked(f.port), expecting(f.port), bad(f.port);
  big.send(head_of(200 * kKiB, "/big") + std::string(200 * kKiB, 'x'));
  EXPECT_TRUE(big.receive_until("bytes").ends_with("204800 bytes"));
  small.send(head_of(200 * kKiB, "/small"));
  EXPECT_TRUE(small.receive_until("refused /small").ends_with("refused /small"));
  chunked.send("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n32000\r\n");
  EXPECT_TRUE(chunked.receive_until("refused /small").ends_with("refused /small"));
  expecting.send("POST /small HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 204800\r\n\r\n");
  EXPECT_TRUE(expecting.receive_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  bad.send("POST /small HTTP/1.1\r\nHost : h\r\n\r\n");
  EXPECT_TRUE(bad.receive_until("refused").ends_with("refused"));
}

}  // namespace
}  // namespace brume::net::test
