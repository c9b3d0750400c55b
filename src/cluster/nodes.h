// The servers that stand on the store: who they are, where they are reached, and whether they live.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "cluster/rests.h"
#include "store/store.h"

namespace brume::cluster {

struct NodeOptions {
  std::string id;       ///< the same after each start, and no other node's; letters, digits and '-'
  std::string address;  ///< where other nodes reach it; "": they don't
  /// The engine lets no other process in: nobody's heartbeat is written or waited for.
  bool alone = false;
  std::chrono::milliseconds beat_interval{1000};
  /// A node whose heart was not seen to beat for so long counts as dead: others take over what it did. Longer than a few
  /// intervals, and than a commit ever takes while all is well.
  std::chrono::milliseconds silence_max{5000};
};

struct NodeRecord {
  std::string id;
  std::string life;  ///< another one each time it starts
  std::string address;
  std::uint64_t beat = 0;

  std::string name() const { return id + "/" + life; }
  std::string serialize() const;
  /// Errors: store::DamagedRecord.
  static NodeRecord parse(std::string_view text);
};

/// This node among the others. Thread-safe.
///
/// Whether another node lives is told without its clock: it writes a number that rises, and this node measures with its own
/// steady clock for how long it has not seen it rise. So who looks for the first time waits the whole silence.
class Nodes {
 public:
  /// The references outlive the object.
  Nodes(store::Store& store, const Clock& clock, Random& random, NodeOptions options);
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  /// "ID/LIFE": this node from its start to its end.
  const std::string& self() const { return self_; }

  /// Enters this node and, unless it is alone, begins to beat on the caller's loop. A record under its id is a former
  /// life's, which has ended. Errors: StoreError, Unavailable.
  Task<> open();
  /// Stops to beat and takes the record out, so that nobody waits for a silence. To be called once what holds leases has
  /// given them up. Errors: as open().
  Task<> close();

  /// One beat, and a look at the others; open() sees to it at intervals. Errors: as open().
  Task<> beat();

  /// All nodes that are entered. Errors: StoreError.
  Task<std::vector<NodeRecord>> list();

  /// Whether `node` (as self() names it) has ended: it is not entered, another life is entered under its id, or it has been
  /// silent for too long. For bodies of transactions.
  bool is_gone(store::Reader& reader, std::string_view node) const;

 private:
  struct Seen {
    std::string life;
    std::uint64_t beat = 0;
    SteadyTime since{};
  };

  Task<> keep_beating();
  void see(const std::vector<NodeRecord>& nodes);

  store::Store& store_;
  const Clock& clock_;
  const NodeOptions options_;
  const std::string life_;
  const std::string self_;
  Rests rests_;
  Completion<bool> beating_ended_;
  bool beats_ = false;
  mutable std::mutex mutex_;
  std::uint64_t beat_ = 0;
  std::map<std::string, Seen, std::less<>> seen_;  // by id: the last beat seen of each, and since when
};

}  // namespace brume::cluster
