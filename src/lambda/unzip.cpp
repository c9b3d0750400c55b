#include "lambda/unzip.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "lambda/code_store.h"
#include "lambda/errors.h"

namespace brume::lambda {
namespace fs = std::filesystem;
namespace {

constexpr zip_int64_t kEntriesMax = 100'000;

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

/// The entry's path below the folder; refuses what would leave it.
fs::path safe_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != name.npos || name.find('\\') != name.npos) bad_zip();
  const fs::path path(name);
  for (const auto& part : path)
    if (part == "..") bad_zip();
  return path.lexically_normal();
}

class Unpacker {
 public:
  Unpacker(zip_t* archive, const std::string& folder) : archive_(archive), folder_(folder) {}

  void unpack(zip_uint64_t index) {
    zip_stat_t stat;
    if (zip_stat_index(archive_, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME)) bad_zip();
    const std::string_view name = stat.name;
    const fs::path target = folder_ / safe_path(name);
    zip_uint8_t system = ZIP_OPSYS_DOS;
    zip_uint32_t attributes = 0;
    zip_file_get_external_attributes(archive_, index, 0, &system, &attributes);
    const mode_t mode = system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
    if (name.back() == '/') {
      make_folder(target);
      return;
    }
    make_folder(target.parent_path());
    if (S_ISLNK(mode)) links_.emplace_back(target, read_small(index));
    else write_file(index, target, mode);
  }

  /// Links come last: no entry may be written through one.
  void make_links() {
    for (const auto& [target, to] : links_) {
      const fs::path destination(to);
      const fs::path resolved = (target.parent_path() / destination).lexically_normal();
      const auto [end, ignored] = std::mismatch(folder_.begin(), folder_.end(), resolved.begin(), resolved.end());
      if (destination.is_absolute() || end != folder_.end()) bad_zip();
      fs::remove(target);
      fs::create_symlink(destination, target);
    }
  }

 private:
  void make_folder(const fs::path& path) {
    if (path == folder_ || path.empty()) return;
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (fs::exists(fs::symlink_status(path, error))) bad_zip();  // a file of that name came before
    make_folder(path.parent_path());
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) disk_error(path);
    if (::chmod(path.c_str(), 0755) != 0) disk_error(path);
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

  void write_file(zip_uint64_t index, const fs::path& target, mode_t mode) {
    auto file = open_entry(index);
    const int out = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (out < 0) {
      if (errno == EISDIR || errno == ENOTDIR) bad_zip();
      disk_error(target);
    }
    const std::unique_ptr<const int, void (*)(const int*)> closer(&out, [](const int* fd) { ::close(*fd); });
    std::array<char, 65536> buffer;
    while (const zip_int64_t got = read_some(file.get(), buffer)) {
      for (zip_int64_t written = 0; written < got;) {
        const ssize_t n = ::write(out, buffer.data() + written, static_cast<std::size_t>(got - written));
        if (n < 0 && errno != EINTR) disk_error(target);
        if (n > 0) written += n;
      }
    }
    // Functions run as another user, who may do what the zip lets others do; so may the owner, who is that user where
    // this server is no root. Windows zips carry no mode: AWS runs their bootstrap files as not executable, too.
    const mode_t others = mode == 0 ? 04 : mode & 05;
    if (::fchmod(out, (others | 02) << 6 | others << 3 | others) != 0 || ::fsync(out) != 0) disk_error(target);
  }

  zip_t* archive_;
  fs::path folder_;
  std::uint64_t unpacked_ = 0;
  std::vector<std::pair<fs::path, std::string>> links_;
};

}  // namespace

void unzip(std::string_view zip, const std::string& folder) {
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
  if (entries < 1 || entries > kEntriesMax) {
    if (entries == 0) throw invalid_parameter("Uploaded file must be a non-empty zip");
    bad_zip();
  }
  Unpacker unpacker(archive.get(), folder);
  for (zip_int64_t i = 0; i < entries; ++i) unpacker.unpack(static_cast<zip_uint64_t>(i));
  unpacker.make_links();
}

}  // namespace brume::lambda
