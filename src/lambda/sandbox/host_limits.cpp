#include "lambda/sandbox/host_limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace brume::lambda {

namespace {

constexpr std::string_view kPrefix = "brume-";

bool write_text(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  ::close(fd);
  errno = why;
  return good;
}

void write_limit(const std::string& path, std::string_view text) {
  if (!write_text(path, text)) throw std::system_error(errno, std::generic_category(), "write " + path);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words(text);
  for (std::string w; words >> w;)
    if (w == word) return true;
  return false;
}

struct Mount {
  std::string root, point, type, options;
};

std::vector<Mount> cgroup_mounts() {
  // "30 23 0:26 /root /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory" (proc(5))
  std::vector<Mount> mounts;
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skip, source;
    Mount mount;
    words >> skip >> skip >> skip >> mount.root >> mount.point;
    while (words >> skip && skip != "-") {
    }
    words >> mount.type >> source >> mount.options;
    if (mount.type == "cgroup" || mount.type == "cgroup2") mounts.push_back(std::move(mount));
  }
  return mounts;
}

/// The folder of this process's own cgroup in the hierarchy of `controller` ("" for v2), or "".
std::string own_folder(std::string_view controller) {
  std::string path;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controller.empty() ? names == ",," : names.find("," + std::string(controller) + ",") != std::string::npos)
      path = line.substr(second + 1);
  }
  if (path.empty()) return {};
  for (const Mount& mount : cgroup_mounts()) {
    const std::string options = "," + mount.options + ",";
    const bool fits = controller.empty() ? mount.type == "cgroup2"
                                         : mount.type == "cgroup" &&
                                               options.find("," + std::string(controller) + ",") != std::string::npos;
    if (!fits) continue;
    // A container may see its own cgroup as the mount's root.
    std::string inside = path;
    if (mount.root != "/" && inside.starts_with(mount.root)) inside.erase(0, mount.root.size());
    std::string folder = mount.point + (inside == "/" ? "" : inside);
    if (::access(folder.c_str(), F_OK) == 0) return folder;
    return mount.point;
  }
  return {};
}

std::vector<std::string> subfolders(const std::string& folder) {
  std::vector<std::string> names;
  DIR* open_folder = ::opendir(folder.c_str());
  if (open_folder == nullptr) return names;
  while (const dirent* entry = ::readdir(open_folder))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(open_folder);
  return names;
}

bool remove_group(const std::string& folder) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (::rmdir(folder.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    // Only processes of a sandbox that is being ended are here.
    if (!write_text(folder + "/cgroup.kill", "1")) {
      std::istringstream pids(read_text(folder + "/cgroup.procs"));
      for (pid_t pid = 0; pids >> pid;) ::kill(pid, SIGKILL);
    }
    ::usleep(1000);
  }
  return false;
}

void remove_tree(const std::string& folder) {
  for (const auto& name : subfolders(folder)) remove_group(folder + "/" + name);
  remove_group(folder);
}

/// Removes the parent folders of processes that are gone.
void sweep(const std::string& where) {
  for (const auto& name : subfolders(where)) {
    if (!name.starts_with(kPrefix)) continue;
    const pid_t pid = std::atoi(name.c_str() + kPrefix.size());
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) remove_tree(where + "/" + name);
  }
}

std::string make_parent(const std::string& where) {
  if (where.empty()) return {};
  sweep(where);
  std::string folder = where + "/" + std::string(kPrefix) + std::to_string(::getpid());
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return {};
  return folder;
}

const char* name_of(LimitBy by) {
  switch (by) {
    case LimitBy::cgroup_v2: return "cgroup-v2";
    case LimitBy::cgroup_v1: return "cgroup-v1";
    case LimitBy::watch: return "watch";
    case LimitBy::rlimit: return "rlimit";
    case LimitBy::none: return "none";
  }
  return "none";
}

}  // namespace

std::unique_ptr<HostLimits> HostLimits::detect() {
  std::unique_ptr<HostLimits> limits(new HostLimits);
  limits->detect_v2();
  limits->detect_v1();
  return limits;
}

void HostLimits::detect_v2() {
  const std::string own = own_folder("");
  if (own.empty()) return;
  const std::string controllers = read_text(own + "/cgroup.controllers");
  std::string wanted;
  for (const char* name : {"memory", "cpu", "pids"})
    if (has_word(controllers, name)) wanted += (wanted.empty() ? "+" : " +") + std::string(name);
  if (wanted.empty()) return;

  // A cgroup with processes of its own can't hand controllers to its children (cgroups-v2 document, "No
  // Internal Process Constraint"), so this process moves to a leaf; when others are there too (a login
  // session), only root can go elsewhere: next to the root cgroup's other children.
  std::string where = own;
  if (!write_text(own + "/cgroup.subtree_control", wanted)) {
    const std::string leaf = own + "/" + std::string(kPrefix) + std::to_string(::getpid()) + "-main";
    const bool moved = ::mkdir(leaf.c_str(), 0755) == 0 && write_text(leaf + "/cgroup.procs", "0");
    if (moved && write_text(own + "/cgroup.subtree_control", wanted)) {
      v2_left_ = leaf;
    } else {
      if (moved) write_text(own + "/cgroup.procs", "0");
      ::rmdir(leaf.c_str());
      where.clear();
      for (const Mount& mount : cgroup_mounts())
        if (mount.type == "cgroup2" && write_text(mount.point + "/cgroup.subtree_control", wanted)) where = mount.point;
    }
  }
  v2_ = make_parent(where);
  if (v2_.empty()) return;
  if (!write_text(v2_ + "/cgroup.subtree_control", wanted)) {
    ::rmdir(v2_.c_str());
    v2_.clear();
    return;
  }
  const std::string enabled = read_text(v2_ + "/cgroup.subtree_control");
  if (has_word(enabled, "memory")) memory_ = LimitBy::cgroup_v2;
  if (has_word(enabled, "cpu")) cpu_ = LimitBy::cgroup_v2;
  if (has_word(enabled, "pids")) processes_ = LimitBy::cgroup_v2;
}

void HostLimits::detect_v1() {
  const auto use = [](const char* controller, LimitBy& by, std::string& folder) {
    if (by == LimitBy::cgroup_v2) return;
    folder = make_parent(own_folder(controller));
    if (!folder.empty()) by = LimitBy::cgroup_v1;
  };
  use("memory", memory_, v1_memory_);
  use("cpu", cpu_, v1_cpu_);
  use("pids", processes_, v1_pids_);
}

HostLimits::~HostLimits() {
  for (const auto& folder : {v2_, v1_memory_, v1_cpu_, v1_pids_})
    if (!folder.empty()) remove_tree(folder);
  if (!v2_left_.empty()) {
    const auto own = v2_left_.substr(0, v2_left_.rfind('/'));
    std::ifstream controllers(own + "/cgroup.subtree_control");
    for (std::string name; controllers >> name;) write_text(own + "/cgroup.subtree_control", "-" + name);
    write_text(own + "/cgroup.procs", "0");
    ::rmdir(v2_left_.c_str());
  }
}

std::string HostLimits::describe() const {
  return std::string("memory=") + name_of(memory_) + " cpu=" + name_of(cpu_) + " processes=" + name_of(processes_);
}

std::unique_ptr<LimitGroup> HostLimits::create(std::string_view name, const Limits& limits) const {
  auto group = std::make_unique<LimitGroup>();
  const auto make = [&](const std::string& parent) {
    std::string folder = parent + "/" + std::string(name);
    if (::mkdir(folder.c_str(), 0755) != 0) throw std::system_error(errno, std::generic_category(), "mkdir " + folder);
    group->folders_.push_back(folder);
    group->join_files_.push_back(folder + "/cgroup.procs");
    return folder;
  };
  // AWS lends INIT the processor of a large function.
  const auto set_cpu = [&](const std::string& file, auto share_of) {
    write_limit(file, std::to_string(share_of(std::max(limits.cpu_millis, 1000u))));
    group->cpu_file_ = file;
    group->cpu_share_ = std::to_string(share_of(limits.cpu_millis));
  };
  const std::string memory = std::to_string(limits.memory_bytes), processes = std::to_string(limits.processes_max);
  if (!v2_.empty()) {
    const std::string folder = make(v2_);
    if (memory_ == LimitBy::cgroup_v2) {
      write_limit(folder + "/memory.max", memory);
      write_text(folder + "/memory.swap.max", "0");  // absent without swap accounting
      write_text(folder + "/memory.oom.group", "1");
      group->peak_file_ = ::open((folder + "/memory.peak").c_str(), O_RDONLY | O_CLOEXEC);
      if (group->peak_file_ < 0) group->peak_file_ = ::open((folder + "/memory.current").c_str(), O_RDONLY | O_CLOEXEC);
    }
    if (cpu_ == LimitBy::cgroup_v2)
      set_cpu(folder + "/cpu.weight",
              [](std::uint32_t millis) { return std::clamp<std::uint32_t>(millis / 10, 1, 10'000); });
    if (processes_ == LimitBy::cgroup_v2) write_limit(folder + "/pids.max", processes);
  }
  if (memory_ == LimitBy::cgroup_v1) {
    const std::string folder = make(v1_memory_);
    write_limit(folder + "/memory.limit_in_bytes", memory);
    write_text(folder + "/memory.memsw.limit_in_bytes", memory);
    group->peak_file_ = ::open((folder + "/memory.max_usage_in_bytes").c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (cpu_ == LimitBy::cgroup_v1)
    set_cpu(make(v1_cpu_) + "/cpu.shares",
            [](std::uint32_t millis) { return std::max<std::uint32_t>(millis * 1024 / 1000, 2); });
  if (processes_ == LimitBy::cgroup_v1) write_limit(make(v1_pids_) + "/pids.max", processes);
  return group;
}

LimitGroup::~LimitGroup() {
  remove();
  if (peak_file_ >= 0) ::close(peak_file_);
}

void LimitGroup::end_cpu_boost() {
  if (!cpu_file_.empty()) write_text(cpu_file_, cpu_share_);
}

std::uint64_t LimitGroup::memory_peak_bytes() const {
  char text[32] = {};
  if (peak_file_ < 0 || ::pread(peak_file_, text, sizeof text - 1, 0) <= 0) return 0;
  return std::strtoull(text, nullptr, 10);
}

bool LimitGroup::remove() {
  std::erase_if(folders_, remove_group);
  return folders_.empty();
}

}  // namespace brume::lambda
