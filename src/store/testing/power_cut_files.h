// Files that lose in a power cut what was not put on stable storage, for tests of durability.
#pragma once

#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace brume::store::testing {

/// The system's files, with a book of what is durable: the bytes of a file up to its last sync, and the names in a folder
/// as of the folder's last sync. cut() is the moment of the power cut: from then on nothing can be changed. Once the
/// store is gone, lose() brings the folder into one of the states in which such a cut may leave it:
///   - what was appended to a file since its last sync is there up to some byte, often in the middle of a record;
///   - a file whose folder was not synced since it was made may be gone, one that was removed may be back, and a name
///     may stand for the file before or after a renaming.
/// Files that were there when this object was made count as durable. Nothing is really synced. Thread-safe.
class PowerCutFiles final : public rocksdb::FileSystemWrapper {
 public:
  using IOStatus = rocksdb::IOStatus;
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;

  /// `honest`: syncs do what they promise. If not they do nothing, as some disks.
  explicit PowerCutFiles(bool honest = true) : FileSystemWrapper(rocksdb::FileSystem::Default()), honest_(honest) {}

  const char* Name() const override { return "PowerCutFiles"; }

  void cut() {
    std::lock_guard lock(mutex_);
    cut_ = true;
  }

  /// After cut(), when nobody uses the files any more. Returns how many bytes were lost.
  std::uint64_t lose(std::mt19937& random) {
    namespace fs = std::filesystem;
    std::uint64_t lost = 0;
    const auto half = [&] { return random() % 2 == 0; };
    // The changes of names came in this order, so they are undone from the last on; one that stays keeps those before it.
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
      if (half()) break;
      change->undo();
    }
    for (auto& [path, file] : files_) {
      if (!fs::exists(path)) continue;
      const std::uint64_t size = fs::file_size(path);
      if (size <= file->synced) continue;
      const std::uint64_t kept = file->synced + random() % (size - file->synced + 1);
      lost += size - kept;
      fs::resize_file(path, kept);
    }
    return lost;
  }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, Debug* debug) override {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    IOStatus status = target()->NewWritableFile(path, options, result, debug);
    if (!status.ok()) return status;
    auto file = std::make_shared<File>();
    files_[path] = file;
    changes_.push_back({folder_of(path), [path] { std::filesystem::remove(path); }});
    *result = std::make_unique<Writable>(*this, std::move(file), std::move(*result));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) override {
    return IOStatus::NotSupported("ReopenWritableFile");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) override {
    return IOStatus::NotSupported("ReuseWritableFile");
  }
  IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, Debug* debug) override {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    IOStatus status = target()->NewRandomRWFile(path, options, result, debug);
    const auto known = files_.find(path);
    if (status.ok() && known != files_.end())
      *result = std::make_unique<ReadWrite>(*this, known->second, std::move(*result));
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const Options& options, std::unique_ptr<rocksdb::FSDirectory>* result,
                        Debug* debug) override {
    IOStatus status = target()->NewDirectory(path, options, result, debug);
    if (status.ok()) *result = std::make_unique<Directory>(*this, path, std::move(*result));
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const Options& options, Debug* debug) override {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    const auto former = content_of(to);
    IOStatus status = target()->RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    const auto known = files_.find(from);
    if (known != files_.end()) {
      files_[to] = known->second;
      files_.erase(known);
    }
    changes_.push_back({folder_of(to), [from, to, former] {
                          std::filesystem::rename(to, from);
                          if (former) std::ofstream(to, std::ios::binary) << *former;
                        }});
    return status;
  }
  IOStatus DeleteFile(const std::string& path, const Options& options, Debug* debug) override {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    const auto content = content_of(path);
    IOStatus status = target()->DeleteFile(path, options, debug);
    if (!status.ok()) return status;
    std::uint64_t durable = content ? content->size() : 0;
    if (const auto known = files_.find(path); known != files_.end()) {
      durable = known->second->synced;
      files_.erase(known);
    }
    if (content)
      changes_.push_back({folder_of(path), [path, text = content->substr(0, durable)] {
                            std::ofstream(path, std::ios::binary) << text;
                          }});
    return status;
  }

 private:
  struct File {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
  };
  using FilePtr = std::shared_ptr<File>;

  /// A change of names in a folder that a sync of the folder has not covered yet.
  struct Change {
    std::string folder;
    std::function<void()> undo;
  };

  class Writable final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    Writable(PowerCutFiles& owner, FilePtr file, std::unique_ptr<rocksdb::FSWritableFile> below)
        : FSWritableFileOwnerWrapper(std::move(below)), owner_(owner), file_(std::move(file)) {}
    IOStatus Append(const rocksdb::Slice& data, const Options& options, Debug* debug) override {
      std::lock_guard lock(owner_.mutex_);
      if (owner_.cut_) return no_power();
      file_->size += data.size();
      return target()->Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const Options& options, const rocksdb::DataVerificationInfo&,
                    Debug* debug) override {
      return Append(data, options, debug);
    }
    IOStatus Truncate(uint64_t size, const Options& options, Debug* debug) override {
      std::lock_guard lock(owner_.mutex_);
      if (owner_.cut_) return no_power();
      file_->size = size;
      file_->synced = std::min(file_->synced, size);
      return target()->Truncate(size, options, debug);
    }
    IOStatus Sync(const Options&, Debug*) override { return owner_.sync(*file_); }
    IOStatus Fsync(const Options&, Debug*) override { return owner_.sync(*file_); }
    IOStatus RangeSync(uint64_t, uint64_t, const Options&, Debug*) override { return IOStatus::OK(); }

   private:
    PowerCutFiles& owner_;
    FilePtr file_;
  };

  class ReadWrite final : public rocksdb::FSRandomRWFileOwnerWrapper {
   public:
    ReadWrite(PowerCutFiles& owner, FilePtr file, std::unique_ptr<rocksdb::FSRandomRWFile> below)
        : FSRandomRWFileOwnerWrapper(std::move(below)), owner_(owner), file_(std::move(file)) {}
    IOStatus Sync(const Options&, Debug*) override { return owner_.sync(*file_); }
    IOStatus Fsync(const Options&, Debug*) override { return owner_.sync(*file_); }

   private:
    PowerCutFiles& owner_;
    FilePtr file_;
  };

  class Directory final : public rocksdb::FSDirectoryWrapper {
   public:
    Directory(PowerCutFiles& owner, std::string path, std::unique_ptr<rocksdb::FSDirectory> below)
        : FSDirectoryWrapper(std::move(below)), owner_(owner), path_(std::move(path)) {}
    IOStatus Fsync(const Options&, Debug*) override { return owner_.sync_folder(path_); }
    IOStatus FsyncWithDirOptions(const Options&, Debug*, const rocksdb::DirFsyncOptions&) override {
      return owner_.sync_folder(path_);
    }

   private:
    PowerCutFiles& owner_;
    const std::string path_;
  };

  static IOStatus no_power() { return IOStatus::IOError("no power"); }
  static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static std::optional<std::string> content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream out;
    out << file.rdbuf();
    return std::move(out).str();
  }

  IOStatus sync(File& file) {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    if (honest_) file.synced = file.size;
    return IOStatus::OK();
  }
  IOStatus sync_folder(const std::string& folder) {
    std::lock_guard lock(mutex_);
    if (cut_) return no_power();
    std::string path = folder;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (honest_) std::erase_if(changes_, [&](const Change& change) { return change.folder == path; });
    return IOStatus::OK();
  }

  const bool honest_;
  std::mutex mutex_;
  bool cut_ = false;
  std::map<std::string, FilePtr> files_;
  std::vector<Change> changes_;
};

}  // namespace brume::store::testing
