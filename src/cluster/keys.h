// Where the cluster's records lie in the store. Every key starts with store::kClusterSpace and one letter:
//
//   c l NAME   → u64 fencing number, node        who does a piece of work that must happen once (leases.h)
//   c j NAME   → the job's own                   how far a job has come (job.h)
//   c n ID     → record of a node, JSON          (nodes.h)
//
//   NAME  of a piece of work: its service, and what it is about: "dynamodb/expiry", "dynamodb/index/7/2/fill"
//   node  "ID/LIFE": LIFE is another one each time the node starts
//
// A lease's record is there as long as somebody holds it; a node's as long as the node runs, or since it died.
#pragma once

#include <string>
#include <string_view>

#include "store/store.h"

namespace brume::cluster {

std::string lease_key(std::string_view name);
std::string progress_key(std::string_view name);
std::string node_key(std::string_view id);
store::Range node_records();
/// The ID of a node's full name.
std::string_view id_of_node(std::string_view node);

}  // namespace brume::cluster
