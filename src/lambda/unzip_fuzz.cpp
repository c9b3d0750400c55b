// Function packages: whatever a zip says, nothing of it lies or leads outside its folder.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "lambda/unzip.h"

namespace {

namespace fs = std::filesystem;

/// By the kernel's own judgement: whether the link leads out of `root`, however far it gets.
bool leads_out(int root, const fs::path& link) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, root, link.c_str(), &how, sizeof how));
  if (fd >= 0) ::close(fd);
  return fd < 0 && errno == EXDEV;
}

void check(const fs::path& folder) {
  const int root = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) std::abort();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat stat {};
    if (::lstat(entry.path().c_str(), &stat) != 0) std::abort();
    if (S_ISLNK(stat.st_mode)) {
      if (leads_out(root, entry.path().lexically_relative(folder))) std::abort();
    } else if ((!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode)) || (stat.st_mode & 07022) != 0) {
      std::abort();
    }
  }
  ::close(root);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string name = (fs::temp_directory_path() / "brume-fuzz-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  const fs::path outside = name;
  const fs::path folder = outside / "code";
  fs::create_directory(folder);
  try {
    brume::lambda::unzip({reinterpret_cast<const char*>(data), size}, folder);
    check(folder);
  } catch (const brume::AwsError&) {  // refused
  }
  if (std::distance(fs::directory_iterator(outside), fs::directory_iterator()) != 1) std::abort();
  fs::remove_all(outside);
  return 0;
}
