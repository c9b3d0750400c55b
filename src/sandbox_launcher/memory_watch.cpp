#include "sandbox_launcher/memory_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace brume::sandbox_launcher {

namespace {

constexpr timespec kPause{0, 100'000'000}, kPauseWhenTight{0, 10'000'000};
constexpr std::uint64_t kSemaphoreBytes = 64;  // one takes a line of the processor's cache

std::string read_text(int folder, const std::string& path) {
  const int fd = ::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  char block[4096];
  for (ssize_t got = 0; fd >= 0 && (got = ::read(fd, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  if (fd >= 0) ::close(fd);
  return text;
}

/// The names in a folder of /proc that begin with a digit.
std::vector<std::string> numbers_in(int folder, const std::string& path) {
  std::vector<std::string> names;
  const int fd = ::openat(folder, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* open_folder = fd >= 0 ? ::fdopendir(fd) : nullptr;
  if (open_folder == nullptr) return names;
  while (const dirent* entry = ::readdir(open_folder))
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') names.emplace_back(entry->d_name);
  ::closedir(open_folder);
  return names;
}

/// Of a line "RssAnon:      123 kB"; 0 when there is none. `name` with its colon.
std::uint64_t kilobytes(const std::string& text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; at += name.size())
    if (at == 0 || text[at - 1] == '\n') return std::strtoull(text.c_str() + at + name.size(), nullptr, 10) * 1024;
  return 0;
}

/// What a process has resident and swapped, shared memory counted in each process that has it.
std::uint64_t roughly(const std::string& status) {
  return kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:") + kilobytes(status, "VmSwap:");
}

std::uint64_t interprocess_bytes() {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t sum = 0;
  shm_info segments{};
  if (::shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&segments)) >= 0)
    sum += (segments.shm_rss + segments.shm_swp) * page;
  msginfo queues{};
  if (::msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queues)) >= 0) sum += static_cast<unsigned>(queues.msgtql);
  seminfo semaphores{};
  if (::semctl(0, 0, SEM_INFO, &semaphores) >= 0) sum += static_cast<unsigned>(semaphores.semaem) * kSemaphoreBytes;
  return sum;
}

std::uint64_t tmp_bytes() {
  struct statfs info {};
  if (::statfs("/tmp", &info) != 0) return 0;
  return (info.f_blocks - info.f_bfree) * static_cast<std::uint64_t>(info.f_bsize);
}

}  // namespace

MemoryWatch::MemoryWatch(const Spec& spec, int host_processes) : limit_(spec.watch_bytes), processes_(host_processes) {
  if (limit_ == 0) return;
  struct stat info {};
  if (const int file = ::memfd_create("watch", MFD_CLOEXEC); file >= 0) {
    if (::fstat(file, &info) == 0) memory_device_ = info.st_dev;
    ::close(file);
  }
  if (::access("/proc/1/status", F_OK) == 0) {
    ::close(processes_);
    processes_ = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return;
  }
  char self[16] = {};
  if (::readlinkat(processes_, "self", self, sizeof self - 1) <= 0) fail("watch memory", "/proc/self");
  self_ = self;
  const std::string children = self_ + "/task/" + self_ + "/children";
  if (::faccessat(processes_, children.c_str(), R_OK, 0) != 0) fail("watch memory", "/proc/" + children);
}

void MemoryWatch::add_descendants(const std::string& pid, std::vector<std::string>& out) const {
  for (const auto& thread : numbers_in(processes_, pid + "/task")) {
    const std::string children = read_text(processes_, pid + "/task/" + thread + "/children");
    for (std::size_t at = 0, end = 0; (end = children.find(' ', at)) != std::string::npos; at = end + 1) {
      out.push_back(children.substr(at, end - at));
      add_descendants(std::string(out.back()), out);
    }
  }
}

std::vector<std::string> MemoryWatch::processes() const {
  std::vector<std::string> found;
  if (!self_.empty()) {
    add_descendants(self_, found);
    return found;
  }
  found = numbers_in(processes_, ".");
  std::erase(found, "1");
  return found;
}

MemoryWatch::Files MemoryWatch::files(const std::vector<std::string>& processes) const {
  Files counted{tmp_bytes() + interprocess_bytes(), {}};
  for (const auto& pid : processes) {
    const std::string folder = pid + "/fd/";
    for (const auto& fd : numbers_in(processes_, folder)) {
      struct stat info {};
      if (::fstatat(processes_, (folder + fd).c_str(), &info, 0) != 0 || info.st_dev != memory_device_) continue;
      if (counted.memory_files.insert(info.st_ino).second)
        counted.bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
  }
  return counted;
}

/// Adds the process's part of its private memory, and of the shared memory that is no file in `counted`. False when
/// the kernel does not tell.
bool MemoryWatch::add_exact(const std::string& pid, const Files& counted, std::uint64_t& sum) const {
  const std::string all = read_text(processes_, pid + "/smaps_rollup");
  if (all.find("\nPss_Anon:") == all.npos) return false;  // no right to look, or Linux before 5.9
  sum += kilobytes(all, "Pss_Anon:") + kilobytes(all, "SwapPss:");
  const std::string maps = read_text(processes_, pid + "/smaps");
  bool counts = false;
  for (std::size_t at = 0, end = 0; (end = maps.find('\n', at)) != std::string::npos; at = end + 1) {
    const char* line = maps.c_str() + at;
    unsigned major = 0, minor = 0;
    unsigned long long inode = 0;
    int name = 0;
    // "7f0a1c000000-7f0a1c021000 rw-s 00000000 00:01 1025     /dev/zero (deleted)"; the other lines begin "Rss: …".
    if (std::sscanf(line, "%*x-%*x %*s %*x %x:%x %llu %n", &major, &minor, &inode, &name) == 3) {
      counts = makedev(major, minor) == memory_device_ && !counted.memory_files.contains(inode) &&
               std::strncmp(line + name, "/SYSV", 5) != 0;
    } else if (counts && std::strncmp(line, "Pss:", 4) == 0) {
      sum += std::strtoull(line + 4, nullptr, 10) * 1024;
    }
  }
  return true;
}

bool MemoryWatch::exceeded() {
  if (!on()) return false;
  const auto found = processes();
  const Files counted = files(found);
  std::uint64_t most = counted.bytes;
  for (const auto& pid : found) most += roughly(read_text(processes_, pid + "/status"));
  pause_ = most > limit_ / 2 ? kPauseWhenTight : kPause;
  if (most <= limit_) return false;
  // That counted twice what two processes share, or what is in a file and mapped. The exact sum makes the kernel walk
  // over all pages.
  pause_ = kPause;
  std::uint64_t exact = counted.bytes;
  for (const auto& pid : found) {
    if (add_exact(pid, counted, exact)) continue;
    // Where the kernel does not tell, the rough sum has to do. A process that has ended says no size.
    if (read_text(processes_, pid + "/status").find("\nVmSize:") != std::string::npos) return true;
  }
  return exact > limit_;
}

}  // namespace brume::sandbox_launcher
