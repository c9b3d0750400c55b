#include "lambda/code_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/unique_fd.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "lambda/unzip.h"

namespace brume::lambda {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporary = ".upload-";

[[noreturn]] void disk_error(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (!file_) disk_error(path_);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno != EINTR) disk_error(path_);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void sync() {
    if (::fsync(file_.get()) != 0) disk_error(path_);
  }
  /// The whole file system the file lies on: one call however many files were written.
  void sync_file_system() {
    if (::syncfs(file_.get()) != 0) disk_error(path_);
  }

 private:
  std::string path_;
  UniqueFd file_;
};

}  // namespace

CodeStore::CodeStore(std::string folder) : folder_(fs::absolute(folder)) {
  fs::create_directories(folder_);
  // Sandboxes of another user id pass through here on their way to code/.
  if (::chmod(folder_.c_str(), 0711) != 0) disk_error(folder_);
}

std::string CodeStore::package_folder(const std::string& sha256) const {
  const auto digest = base64_decode(sha256);
  return folder_ + "/" + hex_encode(digest.value_or(sha256));
}
std::string CodeStore::code_folder(const std::string& sha256) const { return package_folder(sha256) + "/code"; }
std::string CodeStore::zip_file(const std::string& sha256) const { return package_folder(sha256) + "/package.zip"; }

void CodeStore::sweep(const std::set<std::string>& sha256_in_use) {
  std::set<std::string> kept;
  for (const auto& sha : sha256_in_use) kept.insert(package_folder(sha));
  for (const auto& entry : fs::directory_iterator(folder_))
    if (!kept.contains(entry.path())) fs::remove_all(entry.path());
}

CodePackage CodeStore::put(std::string_view zip) {
  const std::string digest = sha256(zip);
  CodePackage package{base64_encode(digest), zip.size(), nullptr};
  package.pin = pin(package.sha256);
  const std::string target = package_folder(package.sha256);
  if (fs::exists(target)) return package;
  std::string work = folder_ + "/" + std::string(kTemporary) + "XXXXXX";
  if (!::mkdtemp(work.data())) disk_error(work);
  try {
    if (::chmod(work.c_str(), 0711) != 0) disk_error(work);
    fs::create_directory(work + "/code");
    if (::chmod((work + "/code").c_str(), 0755) != 0) disk_error(work);
    unzip(zip, work + "/code", kMadeMax, &stopping_);
    OpenFile file(work + "/package.zip", O_WRONLY | O_CREAT | O_EXCL);
    file.write(zip);
    file.sync_file_system();
    if (::rename(work.c_str(), target.c_str()) != 0) {
      if (errno != EEXIST && errno != ENOTEMPTY) disk_error(target);
      fs::remove_all(work);  // another call brought the same package first
    }
    OpenFile(folder_, O_RDONLY).sync();
  } catch (...) {
    std::error_code ignored;  // the first error is the one to report; sweep() removes what is left
    fs::remove_all(work, ignored);
    throw;
  }
  return package;
}

std::shared_ptr<void> CodeStore::pin(const std::string& sha256) {
  std::lock_guard lock(mutex_);
  ++pins_[sha256];
  return std::shared_ptr<void>(nullptr, [this, sha256](void*) {
    std::lock_guard unpin_lock(mutex_);
    if (const auto found = pins_.find(sha256); --found->second == 0) pins_.erase(found);
  });
}

void CodeStore::remove_unless(const std::string& sha256, const std::function<bool()>& in_use) {
  std::lock_guard lock(mutex_);
  if (pins_.contains(sha256) || in_use()) return;
  fs::remove_all(package_folder(sha256));
}

}  // namespace brume::lambda
