#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <optional>

#include "base/encoding.h"
#include "cli/commands.h"
#include "cli/run_task.h"
#include "iam/iam.h"
#include "server/house.h"
#include "server/owner.h"
#include "store/rocksdb/open.h"

namespace brume::cli {
namespace {

struct Key {
  std::string id, secret, arn;
};

/// Asks the server that holds the folder; nullopt if none listens.
std::optional<Key> ask_server(const std::string& data_folder, const std::string& account, const std::string& user) {
  asio::io_context io;
  asio::local::stream_protocol::socket socket(io);
  boost::system::error_code error;
  const std::string path = server::admin_socket(data_folder);
  if (path.size() >= 108) return std::nullopt;  // longer than a socket's address
  socket.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error) return std::nullopt;
  const std::string request = "POST /keys?account=" + percent_encode(account) + "&user=" + percent_encode(user) +
                              " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  const auto body = answer.find("\r\n\r\n");
  if (body == answer.npos) throw std::runtime_error("the server gave no answer");
  if (!answer.starts_with("HTTP/1.1 200")) throw std::runtime_error(answer.substr(body + 4));
  const boost::json::value value = boost::json::parse(answer.substr(body + 4));
  const auto text = [&](const char* name) { return boost::json::value_to<std::string>(value.at(name)); };
  return Key{text("AccessKeyId"), text("SecretAccessKey"), text("Arn")};
}

Task<Key> create(iam::Iam& iam, observe::Audit& audit, const Clock& clock, server::KeyWish wish) {
  co_await iam.open();
  const iam::StoredCredential made = co_await server::create_key(iam, audit, clock, std::move(wish));
  co_return Key{made.access_key_id, made.secret_access_key, made.arn};
}

Key create_in_store(const std::string& data_folder, const std::string& account, const std::string& user) {
  BlockingPool pool(1);
  auto store = store::open_rocksdb(data_folder, pool, {});
  SystemClock clock;
  SystemRandom random;
  iam::Iam iam(*store, clock, random, iam::Options{account});
  observe::Audit audit(*store, random, clock, {});
  Key key = run_task(create(iam, audit, clock, {account, user, server::Config().region}));
  store->close();
  return key;
}

}  // namespace

int keys_create(const std::string& data_folder, const std::string& account, const std::string& user) {
  try {
    auto key = ask_server(data_folder, account, user);
    if (!key) key = create_in_store(data_folder, account, user);
    std::printf("export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", key->id.c_str(), key->secret.c_str());
    std::fprintf(stderr, "# key of %s; the secret is not shown again\n", key->arn.c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "brume: %s\n", error.what());
    return 1;
  }
}

}  // namespace brume::cli
