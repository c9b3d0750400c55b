#include "lambda/sandbox/descriptors.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lambda/sandbox/sandbox.h"

namespace brume::lambda {

void throw_step(const char* step) { throw SandboxError(std::string(step) + ": " + std::strerror(errno)); }

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_step("pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd high_copy(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 64);
  if (copy < 0) throw_step("dup");
  return UniqueFd(copy);
}

int spawn_program(const std::string& path, const std::vector<char*>& arguments,
                  std::initializer_list<std::pair<int, int>> descriptors) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  for (const auto& [from, to] : descriptors) ::posix_spawn_file_actions_adddup2(&files, from, to);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  char* environment[] = {nullptr};
  pid_t pid = -1;
  errno = ::posix_spawn(&pid, path.c_str(), &files, &attributes, arguments.data(), environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (errno != 0) throw_step(("start " + path).c_str());
  return pid;
}

void reap_child(int pid, int* status) {
  pid_t ended = 0;
  do ended = ::waitpid(pid, status, 0);
  while (ended < 0 && errno == EINTR);
}

}  // namespace brume::lambda
