#include "cluster/nodes.h"

#include <boost/json.hpp>
#include <utility>

#include "base/log.h"
#include "cluster/keys.h"
#include "store/json_records.h"

namespace brume::cluster {
namespace json = boost::json;

std::string NodeRecord::serialize() const {
  return store::encode_record(json::object{{"id", id}, {"life", life}, {"address", address}, {"beat", beat}});
}

NodeRecord NodeRecord::parse(std::string_view text) {
  const json::object record = store::decode_record(text);
  try {
    return {std::string(record.at("id").as_string()), std::string(record.at("life").as_string()),
            std::string(record.at("address").as_string()), record.at("beat").to_number<std::uint64_t>()};
  } catch (const std::exception& error) {
    throw store::DamagedRecord(std::string("a node's record is damaged: ") + error.what());
  }
}

Nodes::Nodes(store::Store& store, const Clock& clock, Random& random, NodeOptions options)
    : store_(store),
      clock_(clock),
      options_(std::move(options)),
      life_(random.text(16, kLowerAlphanumeric)),
      self_(options_.id + "/" + life_) {}

Task<> Nodes::open() {
  co_await beat();
  if (options_.alone) co_return;
  auto loop = co_await this_loop;
  rests_.open(loop);
  beats_ = true;
  spawn(loop, keep_beating());
}

Task<> Nodes::close() {
  rests_.stop();
  if (beats_) co_await beating_ended_.wait();
  auto body = [this](store::Transaction& transaction) {
    std::string value;
    if (transaction.get(node_key(options_.id), value) && NodeRecord::parse(value).life == life_)
      transaction.erase(node_key(options_.id));
    transaction.use_reserve();
  };
  co_await store_.run(store::lock_on(node_key(options_.id)), body);
}

Task<> Nodes::keep_beating() {
  while (!rests_.stopping()) {
    co_await rests_.rest(options_.beat_interval);
    if (rests_.stopping()) break;
    std::string failure;
    try {
      co_await beat();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (!failure.empty()) log_error("node_heartbeat", {{"node", self_}, {"error", failure}});
  }
  beating_ended_.set(true);
}

Task<> Nodes::beat() {
  NodeRecord record{options_.id, life_, options_.address, 0};
  {
    std::lock_guard lock(mutex_);
    record.beat = ++beat_;
  }
  auto body = [&record](store::Transaction& transaction) {
    transaction.put(node_key(record.id), record.serialize());
    transaction.use_reserve();  // a full disk is no death
  };
  co_await store_.run(store::lock_on(node_key(record.id)), body);
  if (!options_.alone) see(co_await list());
}

Task<std::vector<NodeRecord>> Nodes::list() {
  auto body = [](store::Reader& reader) {
    std::vector<NodeRecord> nodes;
    for (auto cursor = reader.scan(node_records()); cursor->valid(); cursor->next())
      nodes.push_back(NodeRecord::parse(cursor->value()));
    return nodes;
  };
  co_return co_await store_.read(body);
}

void Nodes::see(const std::vector<NodeRecord>& nodes) {
  const SteadyTime now = clock_.monotonic();
  std::lock_guard lock(mutex_);
  std::map<std::string, Seen, std::less<>> seen;
  for (const NodeRecord& node : nodes) {
    const auto before = seen_.find(node.id);
    const bool same = before != seen_.end() && before->second.life == node.life && before->second.beat == node.beat;
    seen[node.id] = {node.life, node.beat, same ? before->second.since : now};
  }
  seen_ = std::move(seen);
}

bool Nodes::is_gone(store::Reader& reader, std::string_view node) const {
  if (node == self_) return false;
  const std::string_view id = id_of_node(node);
  std::string value;
  if (!reader.get(node_key(id), value)) return true;
  const NodeRecord record = NodeRecord::parse(value);
  if (record.name() != node || options_.alone) return true;
  std::lock_guard lock(mutex_);
  const auto seen = seen_.find(id);
  return seen != seen_.end() && seen->second.life == record.life && seen->second.beat == record.beat &&
         clock_.monotonic() - seen->second.since >= options_.silence_max;
}

}  // namespace brume::cluster
