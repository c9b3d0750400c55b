#include "store/rocksdb/commit_entry.h"

#include <string>

namespace brume::store {

rocksdb::WriteBatch join_writes(CommitGroup group) {
  std::size_t bytes = WriteSet::kHeaderBytes;
  std::uint32_t count = 0;
  for (const CommitEntry* entry : group) bytes += entry->writes.records().size();
  std::string rep;
  rep.reserve(bytes);
  rep.assign(WriteSet::kHeaderBytes, '\0');
  for (const CommitEntry* entry : group) {
    rep += entry->writes.records();
    count += entry->writes.count();
  }
  WriteSet::set_header(rep, count);
  return rocksdb::WriteBatch(std::move(rep));
}

}  // namespace brume::store
