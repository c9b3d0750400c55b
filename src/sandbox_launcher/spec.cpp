#include "sandbox_launcher/spec.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace brume::sandbox_launcher {

namespace {

void write_status(const std::string& line) {
  // One write below PIPE_BUF: the reader sees whole lines.
  [[maybe_unused]] const auto written = ::write(kStatusFd, line.data(), line.size());
}

std::string read_all(int fd) {
  std::string text;
  struct stat info {};
  if (::fstat(fd, &info) == 0) text.resize(static_cast<std::size_t>(info.st_size));
  std::size_t at = 0;
  while (at < text.size()) {
    const auto got = ::pread(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got <= 0) fail("read spec");
    at += static_cast<std::size_t>(got);
  }
  return text;
}

}  // namespace

void fail(const char* step, const std::string& detail) {
  report_error(std::string(step) + (detail.empty() ? "" : " ") + detail, std::strerror(errno));
  ::_exit(1);
}

void report_error(const std::string& step, const char* why) { write_status("error " + step + ": " + why + "\n"); }

void report(const char* word, long number) { write_status(std::string(word) + " " + std::to_string(number) + "\n"); }

Spec read_spec(int fd) {
  const std::string text = read_all(fd);
  std::size_t at = 0;
  auto next = [&] {
    const auto end = text.find('\0', at);
    if (end == std::string::npos) {
      errno = EINVAL;
      fail("spec ends within a word");
    }
    std::string word = text.substr(at, end - at);
    at = end + 1;
    return word;
  };
  auto number = [&] { return std::strtoull(next().c_str(), nullptr, 10); };

  Spec spec;
  while (at < text.size()) {
    const std::string directive = next();
    if (directive == "uid") spec.uid = static_cast<std::uint32_t>(number());
    else if (directive == "userns") spec.user_namespace = true;
    else if (directive == "netns") spec.own_network = true;
    else if (directive == "ipv6") spec.ipv6 = true;
    else if (directive == "listen" && spec.listen.size() < kListenersMax) {
      std::string address = next();
      spec.listen.push_back({std::move(address), static_cast<std::uint16_t>(number())});
    } else if (directive == "subordinate") {
      spec.subordinate_uid = static_cast<std::uint32_t>(number());
      spec.subordinate_gid = static_cast<std::uint32_t>(number());
      spec.subordinate_count = static_cast<std::uint32_t>(number());
    } else if (directive == "tmp") spec.tmp_bytes = number();
    else if (directive == "watch") spec.watch_bytes = number();
    else if (directive == "processes") spec.processes = number();
    else if (directive == "stay") spec.stay = true;
    else if (directive == "join") spec.join.push_back(next());
    else if (directive == "arg") spec.command.push_back(next());
    else if (directive == "env") spec.environment.push_back(next());
    else if (directive == "bind") {
      std::string source = next();
      spec.binds.emplace_back(std::move(source), next());
    } else if (directive == "file") {
      std::string target = next();
      spec.files.emplace_back(std::move(target), next());
    } else {
      errno = EINVAL;
      fail("spec directive", directive);
    }
  }
  return spec;
}

}  // namespace brume::sandbox_launcher
