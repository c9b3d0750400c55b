// A native function for the tests and measurements: does what the event's "do" says.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "brume_function.h"
#include "probes.h"

namespace {

using brume_function::Event;

/// The text of `name` in the flat JSON object `json`.
std::string member(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

std::string text_answer(const std::string& text) { return brume_function::detail::json_string(text); }

std::string names_in(const std::string& folder) {
  DIR* open_folder = ::opendir(folder.c_str());
  if (open_folder == nullptr) return std::string("error ") + std::strerror(errno);
  std::string names;
  while (const dirent* entry = ::readdir(open_folder))
    if (entry->d_name[0] != '.') names += std::string(entry->d_name) + " ";
  ::closedir(open_folder);
  return names;
}

std::string errno_or_ok(int result) { return result < 0 ? std::strerror(errno) : "ok"; }

/// Processes that could be started at once, up to 5000; all are ended again.
int fork_bomb() {
  std::vector<pid_t> children;
  while (children.size() < 5000) {
    const pid_t pid = ::fork();
    if (pid < 0) break;
    if (pid == 0) {
      ::pause();
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) ::kill(pid, SIGKILL);
  while (::wait(nullptr) > 0) {}
  return static_cast<int>(children.size());
}

std::string fill_tmp(const std::string& path) {
  const std::string block(1 << 20, 'x');
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  ::signal(SIGXFSZ, SIG_IGN);
  for (int written = 0;; ++written)
    if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) {
      const std::string why = std::strerror(errno);
      ::unlink(path.c_str());
      return std::to_string(written) + " " + why;
    }
}

[[noreturn]] void eat_memory() {
  constexpr std::size_t size = 1 << 20;
  while (true)
    for (volatile char *at = static_cast<char*>(std::malloc(size)), *end = at + size; at < end; at += 4096) *at = 1;
}

std::string handle(const Event& event) {
  static int count = 0;
  ++count;
  const std::string what = member(event.payload, "do");
  const std::string path = member(event.payload, "path");
  if (what == "count") return std::to_string(count);
  if (what == "pid") return std::to_string(::getpid());
  if (what == "print") {
    std::printf("first line\nsecond line\n");
    std::fflush(stdout);
    std::fprintf(stderr, "to standard error\nwithout an end");
    return "null";
  }
  if (what == "list") return text_answer(names_in(path));
  if (what == "read") {
    std::ifstream file(path);
    if (!file) return text_answer(std::string("error ") + std::strerror(errno));
    return text_answer(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  if (what == "write") {
    std::ofstream file(path);
    return text_answer(file << "x" && file.flush() ? "ok" : std::strerror(errno));
  }
  if (what == "env") return text_answer(std::getenv(path.c_str()) != nullptr ? std::getenv(path.c_str()) : "(unset)");
  if (what == "uid") return std::to_string(::getuid());
  if (what == "mount") return text_answer(errno_or_ok(::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr)));
  if (what == "unshare") return text_answer(errno_or_ok(::unshare(CLONE_NEWUSER)));
  if (what == "kill-all") return text_answer(errno_or_ok(::kill(1, SIGKILL)));
  if (what == "sleep") {
    ::signal(SIGTERM, SIG_IGN);
    const int seconds = std::atoi(path.c_str());
    for (int slept = 0; slept < seconds * 1000; ++slept) ::usleep(1000);
    return std::to_string(::getpid());
  }
  if (what == "orphan") {  // leaves a process behind that would go on
    if (::fork() == 0) {
      ::setsid();
      if (::fork() == 0) ::sleep(1000);
      ::_exit(0);
    }
    return "null";
  }
  if (what == "exit") std::exit(std::atoi(path.c_str()));
  if (what == "exit-later") {  // some milliseconds after its answer
    std::thread([millis = std::atoi(path.c_str())] {
      ::usleep(static_cast<useconds_t>(millis) * 1000);
      ::_exit(0);
    }).detach();
    return "null";
  }
  if (what == "crash") ::raise(SIGSEGV);
  if (what == "memory") eat_memory();
  if (what == "forks") return std::to_string(fork_bomb());
  if (what == "fill") return text_answer(fill_tmp(path));
  if (what == "call") return text_answer(probes::call_by_number(path));
  if (what == "calls") return text_answer(probes::call_every_number(std::atoi(path.c_str())));
  if (what == "take") {
    const std::string done = probes::take_memory(path, std::strtoul(member(event.payload, "mb").c_str(), nullptr, 10));
    if (done == "ok") ::usleep(500'000);  // a host without cgroups looks every 100 ms
    return text_answer(done);
  }
  if (what == "inodes") return std::to_string(probes::make_files(path));
  if (what == "large") return text_answer(std::string(static_cast<std::size_t>(std::atoll(path.c_str())), 'x'));
  if (what == "throw") throw brume_function::Error("MyError", "it is broken");
  return event.payload;
}

}  // namespace

int main() {
  const char* init = std::getenv("INIT");
  const std::string what = init != nullptr ? init : "";
  if (what == "exit") return 3;
  if (what == "sleep") ::sleep(1000);
  if (what == "once" && ::open("/tmp/started", O_CREAT | O_EXCL, 0600) < 0) return 3;
  if (what == "slow-again" && ::open("/tmp/started", O_CREAT | O_EXCL, 0600) < 0) ::usleep(1'500'000);
  if (what == "report") return brume_function::fail_init("MyInitError", "no luck");
  return brume_function::run(handle);
}
