#include "iam/credentials.h"

#include "iam/identifiers.h"
#include "iam/keys.h"
#include "service/arn.h"

namespace brume::iam {
namespace {

constexpr std::chrono::hours kGrace{1};
constexpr std::size_t kCacheMax = 10'000;
constexpr std::size_t kSharedMax = 10'000;
constexpr std::size_t kPurgeWithIssue = 8;
constexpr std::size_t kPurgeStep = 256;

struct Erased {
  std::size_t count = 0;
  std::string last;  ///< key of its expiry record
};

/// Removes at most `limit` temporary credentials whose life ended before `before`, from `begin` on.
Erased erase_expired(store::Transaction& transaction, const std::string& begin, std::uint64_t before,
                     std::size_t limit) {
  std::vector<std::string> keys;
  const store::Range range{begin, expiry_key(before, {})};
  for (auto cursor = transaction.scan(range); cursor->valid() && keys.size() < limit; cursor->next())
    keys.emplace_back(cursor->key());
  for (const std::string& key : keys) {
    transaction.erase(credential_key(access_key_of_expiry(key)));
    transaction.erase(key);
  }
  return {keys.size(), keys.empty() ? std::string() : std::move(keys.back())};
}

/// The key of the role that a session is of; "" if it is none's, nullopt if its ARN is none.
std::optional<std::string> role_key_of(const json::object& session) {
  if (text(session, "RoleId").empty()) return std::string();
  const std::string role_arn = text(session, "RoleArn");
  const auto arn = service::Arn::parse(role_arn);
  if (!arn) return std::nullopt;
  return entity_key(Kind::role, arn->account, arn->name());
}

/// False for a session of a role that is gone; one made again under its name is another one.
bool role_stands(store::Reader& reader, const json::object& session, const std::string& role_key) {
  if (role_key.empty()) return true;
  const auto role = read_record(reader, role_key);
  return role && text(*role, "RoleId") == text(session, "RoleId");
}

}  // namespace

StoredCredential credential_of(const json::object& record) {
  StoredCredential out;
  out.access_key_id = text(record, "AccessKeyId");
  out.secret_access_key = text(record, "SecretAccessKey");
  out.session_token = text(record, "SessionToken");
  out.account = text(record, "Account");
  out.arn = text(record, "Arn");
  out.user_id = text(record, "UserId");
  if (const std::int64_t end = whole(record, "Expiration", 0)) out.expires = WallTime(std::chrono::milliseconds(end));
  // Sessions with policies were once given out; nothing would hold them to these.
  out.active = text(record, "Status") != "Inactive" && !record.contains("SessionPolicy") &&
               !record.contains("PolicyArns");
  out.on_behalf_of = text(record, "OnBehalfOf");
  return out;
}

Credentials::Credentials(store::Store& store, const Clock& clock, Random& random)
    : store_(store), clock_(clock), random_(random), known_(store, kCacheMax) {
  known_.follow(credential_records(), [](const cluster::Change& change, auto& edit) { edit.drop(change.key); });
  known_.follow(role_records(), [](const cluster::Change& change, auto& edit) {
    edit.drop_if([&](const Known& known) { return known.role_key == change.key; });
  });
}

bool Credentials::past_grace(const StoredCredential& credential) const {
  return credential.expires && *credential.expires + kGrace <= clock_.now();
}

Task<Credentials::KnownPtr> Credentials::read(std::string key) {
  cluster::KeptRecords<Known>::Load load(known_);
  auto body = [&key](store::Reader& reader) -> KnownPtr {
    std::string value;
    if (!reader.get(key, value)) return nullptr;
    const json::object record = decode_record(value);
    std::optional<std::string> role_key = role_key_of(record);
    if (!role_key || !role_stands(reader, record, *role_key)) return nullptr;
    return std::make_shared<const Known>(Known{credential_of(record), std::move(*role_key)});
  };
  KnownPtr found = co_await store_.read(body);
  if (found) load.keep(key, found);
  co_return found;
}

Task<std::optional<StoredCredential>> Credentials::find(std::string access_key_id) {
  // Longer than any key: not worth a read.
  if (access_key_id.empty() || access_key_id.size() > 128) co_return std::nullopt;
  std::string key = credential_key(access_key_id);
  KnownPtr found = known_.find(key);
  if (!found) found = co_await read(std::move(key));
  if (!found || past_grace(found->credential)) co_return std::nullopt;
  co_return found->credential;
}

Task<StoredCredential> Credentials::issue(Session session) {
  const WallTime now = clock_.now();
  json::object record = std::move(session.more);
  const std::string id = new_access_key_id(random_, "ASIA", session.account);
  const std::int64_t end = unix_millis(now + session.lifetime);
  record["AccessKeyId"] = id;
  record["SecretAccessKey"] = new_secret(random_);
  record["SessionToken"] = new_session_token(random_);
  record["Account"] = session.account;
  record["Arn"] = session.arn;
  record["UserId"] = session.user_id;
  record["CreateDate"] = unix_seconds(now);
  record["Expiration"] = end;
  const auto long_ago = static_cast<std::uint64_t>(unix_millis(now - kGrace));
  const std::string begin = purged_to();
  auto body = [&](store::Transaction& transaction) {
    Erased erased = erase_expired(transaction, begin, long_ago, kPurgeWithIssue);
    write_record(transaction, credential_key(id), record);
    transaction.put(expiry_key(static_cast<std::uint64_t>(end), id), {});
    transaction.use_reserve();  // functions of all tables need them; they are few, small, and go by themselves
    return erased;
  };
  const Erased erased = co_await store_.run(store::lock_on(credential_key(id)), body);
  purged(erased.last);
  co_return credential_of(record);
}

Task<StoredCredential> Credentials::issue_shared(std::string name, Session session) {
  const WallTime now = clock_.now();
  const auto lifetime = session.lifetime;
  std::string present;
  {
    std::lock_guard lock(mutex_);
    const auto found = shared_.find(name);
    if (found != shared_.end() && found->second.expires && *found->second.expires - now >= lifetime / 2)
      present = found->second.access_key_id;
  }
  if (!present.empty()) {
    std::optional<StoredCredential> valid = co_await find(std::move(present));
    if (valid && valid->active) co_return std::move(*valid);
  }
  StoredCredential made = co_await issue(std::move(session));
  std::lock_guard lock(mutex_);
  if (shared_.size() >= kSharedMax)
    std::erase_if(shared_, [&](const auto& entry) { return entry.second.expires.value_or(now) <= now; });
  if (shared_.size() < kSharedMax) shared_[name] = made;
  co_return made;
}

Task<> Credentials::purge() {
  const auto long_ago = static_cast<std::uint64_t>(unix_millis(clock_.now() - kGrace));
  std::size_t removed = kPurgeStep;
  while (removed == kPurgeStep) {
    const std::string begin = purged_to();
    auto body = [&](store::Transaction& transaction) {
      return erase_expired(transaction, begin, long_ago, kPurgeStep);
    };
    const Erased erased = co_await store_.run(store::lock_on(expiry_prefix()), body);
    purged(erased.last);
    removed = erased.count;
  }
}

// Nothing is entered before the mark: credentials that are made now end later than those that ended an hour ago.
std::string Credentials::purged_to() {
  std::lock_guard lock(mutex_);
  return purged_to_.empty() ? expiry_prefix() : purged_to_;
}

void Credentials::purged(const std::string& last) {
  std::lock_guard lock(mutex_);
  if (last > purged_to_) purged_to_ = last;
}

}  // namespace brume::iam
