#include "store/rocksdb/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/unique_fd.h"
#include "store/key_spaces.h"
#include "store/store.h"

namespace brume::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatName = "brume store ";
constexpr std::string_view kFormatFile = "BRUME";

UniqueFd open_file(const fs::path& path, int flags) { return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC, 0644)); }

[[noreturn]] void fail(const std::string& folder, const std::string& what) {
  throw StoreError(StoreError::Kind::refused, "the data folder " + folder + " " + what);
}

std::string reason(int error) { return std::system_category().message(error); }

std::string read_format_file(const std::string& folder) {
  const UniqueFd file = open_file(fs::path(folder) / kFormatFile, O_RDONLY);
  char text[256];
  const ssize_t bytes = !file ? -1 : ::read(file.get(), text, sizeof text);
  if (bytes < 0) fail(folder, "cannot be read: " + reason(errno));
  return {text, static_cast<std::size_t>(bytes)};
}

// Appears complete or not at all: a crash in between leaves an empty folder or a store.
void write_format_file(const std::string& folder) {
  const fs::path target = fs::path(folder) / kFormatFile;
  const fs::path draft = fs::path(folder) / (std::string(kFormatFile) + ".new");
  const std::string text = format_text() + "\n";
  {
    const UniqueFd file = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.get()) != 0)
      fail(folder, "cannot be written: " + reason(errno));
  }
  const UniqueFd directory = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (::rename(draft.c_str(), target.c_str()) != 0 || !directory || ::fsync(directory.get()) != 0)
    fail(folder, "cannot be written: " + reason(errno));
}

struct Contents {
  bool format_file = false;
  bool current_file = false;
  bool data_files = false;  // tables or logs of a database
  std::string stranger;     // some file that is none of the above
};

Contents look(const std::string& folder) {
  Contents contents;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  if (error) fail(folder, "cannot be read: " + error.message());
  for (; at != fs::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    const std::string extension = at->path().extension().string();
    if (name == kFormatFile) contents.format_file = true;
    else if (name == "CURRENT") contents.current_file = true;
    else if (extension == ".sst" || extension == ".log") contents.data_files = true;
    else if (name != "lost+found" && name != std::string(kFormatFile) + ".new") contents.stranger = name;
    if (error) break;
  }
  if (error) fail(folder, "cannot be read: " + error.message());
  return contents;
}

// Without CURRENT RocksDB would begin an empty database and delete the tables it does not know.
FolderState examine_store(const std::string& folder, const Contents& contents) {
  check_format(folder, read_format_file(folder));
  if (contents.current_file) return FolderState::existing;
  if (contents.data_files) fail(folder, "is damaged: its file CURRENT is missing");
  return FolderState::fresh;
}

}  // namespace

std::string format_key() { return std::string(1, kMetaSpace) + "format"; }
std::string format_text() { return std::string(kFormatName) + std::to_string(kFormatVersion); }

void check_format(const std::string& folder, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  int version = 0;
  if (!text.starts_with(kFormatName)) fail(folder, "is not a Brume store: its format record is not readable");
  text.remove_prefix(kFormatName.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1)
    fail(folder, "is not a Brume store: its format record is not readable");
  if (version > kFormatVersion)
    fail(folder, "has store format " + std::to_string(version) + ", written by a newer Brume; this one knows format " +
                     std::to_string(kFormatVersion));
}

FolderState prepare_folder(const std::string& folder) {
  std::error_code error;
  // Secrets will lie in it: what we make is its owner's alone.
  const bool made = fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder)) fail(folder, "cannot be created: " + error.message());
  if (made && ::chmod(folder.c_str(), 0700) != 0) fail(folder, "cannot be closed to other users: " + reason(errno));
  const Contents contents = look(folder);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) fail(folder, "cannot be written: " + reason(errno));
  if (contents.format_file) return examine_store(folder, contents);
  if (contents.current_file || contents.data_files) fail(folder, "holds a database that is not a Brume store");
  if (!contents.stranger.empty())
    fail(folder, "is not empty and not a Brume store (it holds " + contents.stranger + ")");
  write_format_file(folder);
  return FolderState::fresh;
}

void require_store(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) fail(folder, "does not exist");
  const Contents contents = look(folder);
  if (!contents.format_file) fail(folder, "is not a Brume store");
  if (examine_store(folder, contents) == FolderState::fresh) fail(folder, "holds no data yet");
}

// Only for a lock that another process holds: closing the file drops every lock of our own process on it.
std::string lock_holder(const std::string& folder) {
  const UniqueFd file = open_file(fs::path(folder) / "LOCK", O_RDWR);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (file.get() >= 0 && ::fcntl(file.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
    return "by process " + std::to_string(lock.l_pid);
  return "by another process";
}

}  // namespace brume::store
