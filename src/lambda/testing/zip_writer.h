// For tests: writes zip files byte by byte, also such as no zip program would write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

namespace brume::lambda::testing {

struct ZipEntry {
  std::string name;
  std::string content;
  std::uint32_t mode = 0100644;  ///< as stat(2) has it
  bool deflate = false;
  std::uint8_t system = 3;  ///< Unix
};

/// Entries are stored, or deflated where they say so, in the order of the calls.
///   ZipWriter zip;
///   zip.add({"index.js", "exports.handler = …"}).add({"link", "index.js", 0120777});
///   unzip(zip.finish(), folder);
class ZipWriter {
 public:
  ZipWriter& add(const ZipEntry& entry) {
    const std::uint32_t offset = size();
    const std::string packed = entry.deflate ? deflated(entry.content) : entry.content;
    append(body_, 0x04034b50, 4);
    header(body_, entry, packed.size());
    body_ += entry.name;
    body_ += packed;
    list(entry, packed.size(), offset);
    return *this;
  }

  /// Another name for the bytes of the first entry, which is `like`.
  ZipWriter& add_overlapping(const ZipEntry& like, std::string name) {
    ZipEntry entry = like;
    entry.name = std::move(name);
    list(entry, like.deflate ? deflated(like.content).size() : like.content.size(), 0);
    return *this;
  }

  std::string finish() const {
    std::string out = body_ + directory_;
    append(out, 0x06054b50, 4);
    append(out, 0, 4);
    append(out, entries_, 2);
    append(out, entries_, 2);
    append(out, directory_.size(), 4);
    append(out, body_.size(), 4);
    append(out, 0, 2);
    return out;
  }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(body_.size()); }

  static void append(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  }

  static void header(std::string& out, const ZipEntry& entry, std::size_t packed_bytes) {
    append(out, 20, 2);                                        // version needed
    append(out, 0, 2);                                         // flags
    append(out, entry.deflate ? 8 : 0, 2);                     // method
    append(out, 0x5a215000, 4);                                // a time of 2025
    append(out,
           ::crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()), static_cast<uInt>(entry.content.size())),
           4);
    append(out, packed_bytes, 4);
    append(out, entry.content.size(), 4);
    append(out, entry.name.size(), 2);
    append(out, 0, 2);                                         // no extra field
  }

  void list(const ZipEntry& entry, std::size_t packed_bytes, std::uint32_t offset) {
    append(directory_, 0x02014b50, 4);
    append(directory_, entry.system << 8 | 20, 2);
    header(directory_, entry, packed_bytes);
    append(directory_, 0, 2);  // no comment
    append(directory_, 0, 2);  // disk
    append(directory_, 0, 2);  // internal attributes
    append(directory_, static_cast<std::uint64_t>(entry.mode) << 16, 4);
    append(directory_, offset, 4);
    directory_ += entry.name;
    ++entries_;
  }

  static std::string deflated(std::string_view content) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
  }

  std::string body_;
  std::string directory_;
  std::uint64_t entries_ = 0;
};

}  // namespace brume::lambda::testing
