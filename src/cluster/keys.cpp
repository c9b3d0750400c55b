#include "cluster/keys.h"

#include "store/key_spaces.h"

namespace brume::cluster {
namespace {

std::string key_of(char letter, std::string_view name) {
  std::string key{store::kClusterSpace, letter};
  key.append(name);
  return key;
}

}  // namespace

std::string lease_key(std::string_view name) { return key_of('l', name); }
std::string progress_key(std::string_view name) { return key_of('j', name); }
std::string node_key(std::string_view id) { return key_of('n', id); }
store::Range node_records() { return store::Range::of_prefix(key_of('n', {})); }
std::string_view id_of_node(std::string_view node) { return node.substr(0, node.find('/')); }

}  // namespace brume::cluster
