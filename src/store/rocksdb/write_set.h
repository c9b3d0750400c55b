// What one transaction wrote, ready to be appended to a write batch.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace brume::store {

/// The records are kept in RocksDB's serialized form of a WriteBatch (the format of its log: 8 bytes of
/// sequence number, 4 bytes of count, then tag, length-prefixed key and, for a put, value), so that a
/// group of transactions becomes one batch by joining strings. Finds the transaction's own writes too.
class WriteSet {
 public:
  struct Found {
    bool erased;
    std::string_view value;  ///< valid until the next put or erase
  };

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  /// The last write of `key`; false if there is none.
  bool find(std::string_view key, Found& found) const;

  bool empty() const { return entries_.empty(); }
  std::uint32_t count() const { return static_cast<std::uint32_t>(entries_.size()); }
  /// The records without the header.
  std::string_view records() const {
    return rep_.empty() ? std::string_view() : std::string_view(rep_).substr(kHeaderBytes);
  }
  /// Calls f(key, value) for each record in the order of writing; `value` is nullptr for an erased key.
  template <class F>
  void for_each(F f) const {
    for (const Entry& entry : entries_) {
      const std::string_view value = std::string_view(rep_).substr(entry.value_at, entry.value_bytes);
      f(key_of(entry), entry.erased ? nullptr : &value);
    }
  }
  void clear();

  static constexpr std::size_t kHeaderBytes = 12;
  /// Writes the header of a batch of `count` records over the first bytes of `rep`.
  static void set_header(std::string& rep, std::uint32_t count);

 private:
  struct Entry {
    std::size_t key_at;
    std::uint32_t key_bytes;
    std::uint32_t value_bytes;
    std::size_t value_at;
    bool erased;
  };
  std::string_view key_of(const Entry& e) const { return std::string_view(rep_).substr(e.key_at, e.key_bytes); }
  void add(char tag, std::string_view key, const std::string_view* value);
  void index(std::size_t entry);

  // A transaction of up to this many writes is searched in a line; longer ones get an index.
  static constexpr std::size_t kLinearMax = 12;

  std::string rep_;
  boost::container::small_vector<Entry, 4> entries_;
  std::unordered_map<std::string, std::size_t> latest_;
};

}  // namespace brume::store
