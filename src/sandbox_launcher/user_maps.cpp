// The users of a sandbox's user namespace: who is who on the host.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox_launcher/spec.h"

namespace brume::sandbox_launcher {

namespace {

void write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    fail("user namespace", path);
  ::close(fd);
}

/// Root stands for Brume's own id, 1 and what follows for the subordinate ones.
bool map_with(const char* program, pid_t process, std::uint32_t own, std::uint32_t first, std::uint32_t count) {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    ::syscall(SYS_close_range, 3, ~0u, 0);
    ::execl(program, program, std::to_string(process).c_str(), "0", std::to_string(own).c_str(), "1", "1",
            std::to_string(first).c_str(), std::to_string(count).c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

void map_own_user(std::uint32_t inside, std::uint32_t outer_uid, std::uint32_t outer_gid) {
  const std::string id = std::to_string(inside);
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", id + " " + std::to_string(outer_uid) + " 1");
  write_file("/proc/self/gid_map", id + " " + std::to_string(outer_gid) + " 1");
}

const char* map_subordinate_users(const Spec& spec, pid_t process) {
  if (!map_with(kNewUidMap, process, ::getuid(), spec.subordinate_uid, spec.subordinate_count)) return kNewUidMap;
  if (!map_with(kNewGidMap, process, ::getgid(), spec.subordinate_gid, spec.subordinate_count)) return kNewGidMap;
  return nullptr;
}

}  // namespace brume::sandbox_launcher
