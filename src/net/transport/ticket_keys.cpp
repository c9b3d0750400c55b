#include "net/transport/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace brume::net {

void TicketKeys::rotate() {
  const Clock::time_point now = now_();
  if (keys_.empty() || now - keys_.front().since >= life_) {
    Key fresh{};
    fresh.since = now;
    if (RAND_bytes(fresh.name.data(), static_cast<int>(fresh.name.size())) != 1 ||
        RAND_bytes(fresh.cipher.data(), static_cast<int>(fresh.cipher.size())) != 1 ||
        RAND_bytes(fresh.mac.data(), static_cast<int>(fresh.mac.size())) != 1)
      throw std::runtime_error("no random bytes for a ticket key");
    keys_.push_front(fresh);
  }
  while (now - keys_.back().since >= 2 * life_) {
    OPENSSL_cleanse(&keys_.back(), sizeof(Key));
    keys_.pop_back();
  }
}

TicketKeys::Key TicketKeys::current() {
  std::lock_guard lock(mutex_);
  rotate();
  return keys_.front();
}

std::optional<TicketKeys::Key> TicketKeys::find(const unsigned char* name, bool& renew) {
  std::lock_guard lock(mutex_);
  rotate();
  for (const Key& key : keys_) {
    if (std::memcmp(key.name.data(), name, key.name.size()) != 0) continue;
    renew = &key != &keys_.front();
    return key;
  }
  return std::nullopt;
}

}  // namespace brume::net
