#include "net/message/file_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/unique_fd.h"

namespace brume::net {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct OpenFile {
  UniqueFd fd;
  std::uint64_t size = 0;

  std::string read(std::uint64_t at) const {
    std::string piece(kPiece, '\0');
    ssize_t count = 0;
    do {
      count = ::pread(fd.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail("read a file");
    piece.resize(static_cast<std::size_t>(count));
    return piece;
  }
};

/// Null if there is no such file.
std::shared_ptr<const OpenFile> open_now(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return nullptr;
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) fail("open a file");
  return std::make_shared<OpenFile>(OpenFile{std::move(fd), static_cast<std::uint64_t>(facts.st_size)});
}

class FileStream final : public BodyStream {
 public:
  FileStream(std::shared_ptr<const OpenFile> file, BlockingPool& pool) : file_(std::move(file)), pool_(pool) {}

  Task<std::string_view> read() override {
    auto work = [file = file_, at = at_] { return file->read(at); };
    piece_ = co_await pool_.run(std::move(work));
    at_ += piece_.size();
    co_return piece_;
  }
  std::optional<std::uint64_t> size() const override { return file_->size; }

 private:
  const std::shared_ptr<const OpenFile> file_;
  BlockingPool& pool_;
  std::uint64_t at_ = 0;
  std::string piece_;
};

}  // namespace

Task<std::shared_ptr<BodyStream>> open_file(std::string path, BlockingPool& pool) {
  auto work = [path = std::move(path)] { return open_now(path); };
  std::shared_ptr<const OpenFile> file = co_await pool.run(std::move(work));
  if (!file) co_return nullptr;
  co_return std::make_shared<FileStream>(std::move(file), pool);
}

}  // namespace brume::net
