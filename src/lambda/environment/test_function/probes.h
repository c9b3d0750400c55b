// What the test function tries against its sandbox: system calls by number, and memory of every kind.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace probes {

inline constexpr int kFine = 200;  // above every errno

inline std::string in_child(long number, const long (&arguments)[6]) {
  const pid_t child = ::fork();
  if (child < 0) return "fork failed";
  if (child == 0) {
    const pid_t self = ::getpid();
    ::alarm(1);
    const long result =
        ::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    const int why = errno;
    if (::getpid() != self) ::_exit(0);  // the number was fork's
    ::_exit(result == -1 && why != 0 ? why : kFine);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 255 || WEXITSTATUS(status) == 0) return "ended";
  return WEXITSTATUS(status) == kFine ? "ok" : std::to_string(WEXITSTATUS(status));
}

inline std::string failed(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

inline std::string touch(void* memory, std::size_t bytes) {
  if (memory == MAP_FAILED) return failed("mmap");
  for (std::size_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  return "ok";
}

inline std::string fill(int fd, std::size_t bytes) {
  static const std::string block(1 << 20, 'x');
  for (std::size_t at = 0; at < bytes; at += block.size())
    if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) return failed("write");
  return "ok";
}

inline std::string map(int fd, std::size_t bytes) {
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return failed("ftruncate");
  return touch(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), bytes);
}

inline std::string take_sysv(std::size_t bytes, bool detach) {
  const int id = ::shmget(IPC_PRIVATE, bytes, 0600);
  if (id < 0) return failed("shmget");
  void* memory = ::shmat(id, nullptr, 0);
  const std::string done = touch(memory, bytes);
  if (detach) ::shmdt(memory);
  return done;
}

/// Makes one system call in a process of its own. `call` is "NUMBER ARGUMENT…", missing arguments are 0. "ok", the
/// number of the error, or "ended" when the process ended in it (or a second passed).
inline std::string call_by_number(const std::string& call) {
  const char* at = call.c_str();
  char* end = nullptr;
  const long number = std::strtol(at, &end, 0);
  long arguments[6] = {};
  for (long& argument : arguments) {
    argument = static_cast<long>(std::strtoull(end, &end, 0));
  }
  return in_child(number, arguments);
}

/// Makes every system call from 0 to `last` with -1 for each argument. Words "NUMBER:RESULT", as above.
inline std::string call_every_number(int last) {
  std::string results;
  for (int number = 0; number <= last; ++number)
    results += std::to_string(number) + ":" + in_child(number, {-1, -1, -1, -1, -1, -1}) + " ";
  return results;
}

/// Takes `megabytes` of memory of one kind: "private", "shared", "memfd", "memfd-written", "memfd-closed", "sysv", "sysv-detached",
/// "file" (below /tmp), "mapped-file", "forked" (private, and three more processes have the same pages). Keeps it until the process ends. "ok" or what failed.
inline std::string take_memory(const std::string& kind, unsigned long megabytes) {
  const std::size_t bytes = megabytes << 20;
  const int protection = PROT_READ | PROT_WRITE;
  if (kind == "private") return touch(::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), bytes);
  if (kind == "forked") {
    const std::string done = touch(::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), bytes);
    for (int i = 0; i < 3; ++i)
      if (::fork() == 0) {
        ::sleep(10);
        ::_exit(0);
      }
    return done;
  }
  if (kind == "shared") return touch(::mmap(nullptr, bytes, protection, MAP_SHARED | MAP_ANONYMOUS, -1, 0), bytes);
  if (kind == "memfd") return map(::memfd_create("x", 0), bytes);
  if (kind == "memfd-closed") {
    const int fd = ::memfd_create("x", 0);
    const std::string done = map(fd, bytes);
    ::close(fd);
    return done;
  }
  if (kind == "memfd-written") return fill(::memfd_create("x", 0), bytes);
  if (kind == "sysv") return take_sysv(bytes, false);
  if (kind == "sysv-detached") return take_sysv(bytes, true);
  const int file = ::open("/tmp/memory", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (kind == "file") return fill(file, bytes);
  if (kind == "mapped-file") return map(file, bytes);
  return "what is " + kind + "?";
}

/// How many empty files can be made in `folder`, up to a million.
inline int make_files(const std::string& folder) {
  for (int made = 0; made < 1'000'000; ++made) {
    const int fd = ::open((folder + "/" + std::to_string(made)).c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) return made;
    ::close(fd);
  }
  return 1'000'000;
}

}  // namespace probes
