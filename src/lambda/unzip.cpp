#include "lambda/unzip.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <system_error>

#include "base/unique_fd.h"
#include "lambda/code_store.h"
#include "lambda/errors.h"

namespace brume::lambda {
namespace fs = std::filesystem;
namespace {

// Each folder of a path costs an open descriptor while the tree is removed again.
constexpr std::size_t kDepthMax = 100;
constexpr std::size_t kPathBytesMax = 2048;  // below the folder; PATH_MAX is 4096
constexpr std::size_t kNameBytesMax = 255;   // NAME_MAX
constexpr std::string_view kEntrySignature{"PK\1\2", 4};  // starts each entry of the central directory

[[noreturn]] void bad_zip() {
  throw invalid_parameter("Could not unzip uploaded file. Please check your file, then try to upload again.");
}

[[noreturn]] void disk_error(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

struct ZipCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct EntryCloser {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

/// The entry's path below the folder, without "." and empty parts; refuses what would leave it.
fs::path safe_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != name.npos || name.size() > kPathBytesMax) bad_zip();
  fs::path path;
  std::size_t depth = 0;
  for (const auto& part : fs::path(name)) {
    if (part == ".." || part.native().size() > kNameBytesMax) bad_zip();
    if (part.empty() || part == ".") continue;
    if (++depth > kDepthMax) bad_zip();
    path /= part;
  }
  return path;
}

/// libzip reserves memory for each entry before it can be asked how many there are: so they are counted before.
bool too_many_entries(std::string_view zip, std::size_t entries_max) {
  std::size_t entries = 0;
  for (auto at = zip.find(kEntrySignature); at != zip.npos; at = zip.find(kEntrySignature, at + kEntrySignature.size()))
    if (++entries > entries_max) return true;
  return false;
}

class Unpacker {
 public:
  Unpacker(zip_t* archive, std::uint64_t zip_bytes, const std::string& folder, std::size_t made_max)
      : archive_(archive), packed_left_(zip_bytes), folder_(folder), made_max_(made_max) {}

  void unpack(zip_uint64_t index) {
    zip_stat_t stat;
    if (zip_stat_index(archive_, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME)) bad_zip();
    // Honest entries lie side by side. Those that share their bytes would let a small zip keep us busy for hours.
    if (!(stat.valid & ZIP_STAT_COMP_SIZE) || stat.comp_size > packed_left_) bad_zip();
    packed_left_ -= stat.comp_size;
    const std::string_view name = stat.name;  // libzip puts a space for a NUL
    const fs::path path = safe_path(name);
    zip_uint8_t system = ZIP_OPSYS_DOS;
    zip_uint32_t attributes = 0;
    zip_file_get_external_attributes(archive_, index, 0, &system, &attributes);
    const mode_t mode = system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
    if (name.back() == '/' || S_ISDIR(mode)) {
      make_folder(path);
      return;
    }
    if (path.empty()) bad_zip();
    make_folder(path.parent_path());
    links_.erase(path);  // the later of two entries of one name counts
    if (S_ISLNK(mode)) {
      count_made();
      links_.emplace(path, read_small(index));
    } else {
      write_file(index, path, mode);
    }
  }

  /// Links come last: no entry may be written through one.
  void make_links() {
    for (const auto& [path, to] : links_) {
      if (!stays_inside(path, to)) bad_zip();
      const fs::path target = folder_ / path;
      if (::unlink(target.c_str()) != 0 && errno != ENOENT) {
        if (errno == EISDIR || errno == EPERM) bad_zip();  // a folder of that name came before
        disk_error(target);
      }
      if (::symlink(to.c_str(), target.c_str()) != 0) {
        if (errno == ENAMETOOLONG) bad_zip();
        disk_error(target);
      }
    }
  }

 private:
  /// Whether a link at `path` to `to` resolves beneath the folder. It is followed from the folder it lies in, which is
  /// a real one. A ".." leads from a real folder to its parent; after the name of a link, or of nothing yet, it could
  /// lead anywhere, so that is refused. A name leads down, or along another link, for which the same holds.
  bool stays_inside(const fs::path& path, const std::string& to) const {
    if (to.empty() || to.front() == '/' || to.find('\0') != to.npos) return false;
    fs::path here = path.parent_path();
    bool real = true;
    for (const auto& part : fs::path(to)) {
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (!real || here.empty()) return false;
        here = here.parent_path();
        continue;
      }
      here /= part;
      std::error_code absent;
      real = real && !links_.contains(here) && fs::is_directory(fs::symlink_status(folder_ / here, absent));
    }
    return true;
  }

  void count_made() {
    if (++made_ > made_max_) bad_zip();
  }

  void make_folder(const fs::path& path) {
    if (path.empty()) return;
    if (links_.contains(path)) bad_zip();
    const fs::path target = folder_ / path;
    std::error_code error;
    if (fs::is_directory(fs::symlink_status(target, error))) return;
    make_folder(path.parent_path());
    count_made();
    if (::mkdir(target.c_str(), 0755) != 0) {
      if (errno == EEXIST || errno == ENOTDIR) bad_zip();  // a file of that name came before
      disk_error(target);
    }
    if (::chmod(target.c_str(), 0755) != 0) disk_error(target);  // whatever the umask
  }

  std::unique_ptr<zip_file_t, EntryCloser> open_entry(zip_uint64_t index) {
    std::unique_ptr<zip_file_t, EntryCloser> file(zip_fopen_index(archive_, index, 0));
    if (!file) bad_zip();
    return file;
  }

  zip_int64_t read_some(zip_file_t* file, std::span<char> buffer) {
    const zip_int64_t got = zip_fread(file, buffer.data(), buffer.size());
    if (got < 0) bad_zip();
    unpacked_ += static_cast<std::uint64_t>(got);  // what really comes out: the header may lie
    if (unpacked_ > kUnzippedBytesMax)
      throw invalid_parameter("Unzipped size must be smaller than " + std::to_string(kUnzippedBytesMax) + " bytes");
    return got;
  }

  std::string read_small(zip_uint64_t index) {
    auto file = open_entry(index);
    std::array<char, 4096> buffer;
    const zip_int64_t got = read_some(file.get(), buffer);
    if (got == 0 || static_cast<std::size_t>(got) == buffer.size()) bad_zip();
    return std::string(buffer.data(), static_cast<std::size_t>(got));
  }

  void write_file(zip_uint64_t index, const fs::path& path, mode_t mode) {
    count_made();
    const fs::path target = folder_ / path;
    auto file = open_entry(index);
    const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!out) {
      if (errno == EISDIR || errno == ENOTDIR) bad_zip();
      disk_error(target);
    }
    std::array<char, 65536> buffer;
    while (const zip_int64_t got = read_some(file.get(), buffer)) {
      for (zip_int64_t written = 0; written < got;) {
        const ssize_t n = ::write(out.get(), buffer.data() + written, static_cast<std::size_t>(got - written));
        if (n < 0 && errno != EINTR) disk_error(target);
        if (n > 0) written += n;
      }
    }
    // Functions run as another user, who may do what the zip lets others do; so may the owner, who is that user where
    // this server is no root. Windows zips carry no mode: AWS runs their bootstrap files as not executable, too.
    const mode_t others = mode == 0 ? 04 : mode & 05;
    if (::fchmod(out.get(), (others | 02) << 6 | others << 3 | others) != 0) disk_error(target);
  }

  zip_t* archive_;
  std::uint64_t packed_left_;  ///< bytes of the zip that no entry has used
  fs::path folder_;
  std::uint64_t unpacked_ = 0;
  std::size_t made_ = 0, made_max_;
  std::map<fs::path, std::string> links_;  ///< below the folder → where it leads
};

}  // namespace

void unzip(std::string_view zip, const std::string& folder, std::size_t made_max, const std::atomic<bool>* stop) {
  if (too_many_entries(zip, made_max)) bad_zip();
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(zip.data(), zip.size(), 0, &error);
  if (!source) bad_zip();
  std::unique_ptr<zip_t, ZipCloser> archive(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!archive) {
    zip_source_free(source);
    bad_zip();
  }
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  if (entries == 0) throw invalid_parameter("Uploaded file must be a non-empty zip");
  if (entries < 0 || static_cast<std::size_t>(entries) > made_max) bad_zip();
  Unpacker unpacker(archive.get(), zip.size(), folder, made_max);
  for (zip_int64_t i = 0; i < entries; ++i) {
    if (stop && stop->load(std::memory_order_relaxed)) throw std::runtime_error("the server is stopping");
    unpacker.unpack(static_cast<zip_uint64_t>(i));
  }
  unpacker.make_links();
}

}  // namespace brume::lambda
