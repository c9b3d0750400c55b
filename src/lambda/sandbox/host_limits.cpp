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

/// The pid namespace's number, "" when it can't be read. Servers in several containers may share one cgroup tree, where
/// a process number alone says nothing.
std::string pid_namespace() {
  char text[64] = {};  // "pid:[4026531836]"
  if (::readlink("/proc/self/ns/pid", text, sizeof text - 1) <= 0) return {};
  const std::string_view whole = text;
  const auto first = whole.find_first_of("0123456789"), last = whole.find_last_of("0123456789");
  return first == whole.npos ? std::string() : std::string(whole.substr(first, last - first + 1));
}

/// What the folders of all processes in this pid namespace begin with.
std::string own_prefix() { return std::string(kPrefix) + pid_namespace() + "-"; }

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words(text);
  for (std::string w; words >> w;)
    if (w == word) return true;
  return false;
}

struct Mount {
  std::string root, point, type, options;
};

std::vector<Mount> cgroup_mounts(CgroupFiles& files) {
  // "30 23 0:26 /root /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory" (proc(5))
  std::vector<Mount> mounts;
  std::istringstream file(files.read("/proc/self/mountinfo"));
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skip, source;
    Mount mount;
    words >> skip >> skip >> skip >> mount.root >> mount.point;
    while (words >> skip && skip != "-") {}
    words >> mount.type >> source >> mount.options;
    if (mount.type == "cgroup" || mount.type == "cgroup2") mounts.push_back(std::move(mount));
  }
  return mounts;
}

/// The folder of this process's own cgroup in the hierarchy of `controller` ("" for v2), or "".
std::string own_folder(CgroupFiles& files, std::string_view controller) {
  std::string path;
  std::istringstream file(files.read("/proc/self/cgroup"));
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controller.empty() ? names == ",," : names.find("," + std::string(controller) + ",") != std::string::npos)
      path = line.substr(second + 1);
  }
  if (path.empty()) return {};
  for (const Mount& mount : cgroup_mounts(files)) {
    const std::string options = "," + mount.options + ",";
    const bool fits = controller.empty() ? mount.type == "cgroup2"
                                         : mount.type == "cgroup" &&
                                               options.find("," + std::string(controller) + ",") != std::string::npos;
    if (!fits) continue;
    // A container may see its own cgroup as the mount's root.
    std::string inside = path;
    if (mount.root != "/" && inside.starts_with(mount.root)) inside.erase(0, mount.root.size());
    std::string folder = mount.point + (inside == "/" ? "" : inside);
    if (!files.read(folder + "/cgroup.procs").empty()) return folder;  // it holds this process at least
    return mount.point;
  }
  return {};
}

bool remove_group(CgroupFiles& files, const std::string& folder) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (files.remove_folder(folder) || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    // Only processes of a sandbox that is being ended are here.
    if (!files.write(folder + "/cgroup.kill", "1")) {
      std::istringstream pids(files.read(folder + "/cgroup.procs"));
      for (pid_t pid = 0; pids >> pid;)
        if (pid > 0) ::kill(pid, SIGKILL);  // 0 is a process of another pid namespace
    }
    ::usleep(1000);
  }
  return false;
}

void remove_tree(CgroupFiles& files, const std::string& folder) {
  for (const auto& name : files.subfolders(folder)) remove_group(files, folder + "/" + name);
  remove_group(files, folder);
}

/// Removes the parent folders of processes of this pid namespace that are gone.
void sweep(CgroupFiles& files, const std::string& where) {
  const std::string prefix = own_prefix();
  for (const auto& name : files.subfolders(where)) {
    if (!name.starts_with(prefix)) continue;
    const pid_t pid = std::atoi(name.c_str() + prefix.size());
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) remove_tree(files, where + "/" + name);
  }
}

std::string make_parent(CgroupFiles& files, const std::string& where) {
  if (where.empty()) return {};
  sweep(files, where);
  std::string folder = where + "/" + own_prefix() + std::to_string(::getpid());
  if (!files.make_folder(folder) && errno != EEXIST) return {};
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

std::string CgroupFiles::read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool CgroupFiles::write(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  ::close(fd);
  errno = why;
  return good;
}

bool CgroupFiles::make_folder(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0; }
bool CgroupFiles::remove_folder(const std::string& path) { return ::rmdir(path.c_str()) == 0; }
int CgroupFiles::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  return fd >= 0 ? fd : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

std::vector<std::string> CgroupFiles::subfolders(const std::string& path) {
  std::vector<std::string> names;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(folder);
  return names;
}

std::unique_ptr<HostLimits> HostLimits::detect(std::shared_ptr<CgroupFiles> files) {
  std::unique_ptr<HostLimits> limits(new HostLimits(std::move(files)));
  limits->detect_v2();
  limits->detect_v1();
  return limits;
}

/// A cgroup whose children can have the controllers that `wanted` enables; "" when there is none.
std::string HostLimits::v2_parent_place(const std::string& own, std::string_view wanted) {
  // A cgroup with processes of its own can't hand controllers to its children (cgroups-v2 document, "No
  // Internal Process Constraint"), so this process moves to a leaf; when others are there too (a login
  // session), only root can go elsewhere: next to the root cgroup's other children.
  if (files_->write(own + "/cgroup.subtree_control", wanted)) return own;
  const std::string leaf = own + "/" + own_prefix() + std::to_string(::getpid()) + "-main";
  const bool moved = files_->make_folder(leaf) && files_->write(leaf + "/cgroup.procs", "0");
  if (moved && files_->write(own + "/cgroup.subtree_control", wanted)) {
    v2_left_ = leaf;
    return own;
  }
  if (moved) files_->write(own + "/cgroup.procs", "0");
  files_->remove_folder(leaf);
  for (const Mount& mount : cgroup_mounts(*files_))
    if (mount.type == "cgroup2" && files_->write(mount.point + "/cgroup.subtree_control", wanted)) return mount.point;
  return {};
}

void HostLimits::detect_v2() {
  const std::string own = own_folder(*files_, "");
  if (own.empty()) return;
  const std::string controllers = files_->read(own + "/cgroup.controllers");
  std::string wanted;
  for (const char* name : {"memory", "cpu", "pids"})
    if (has_word(controllers, name)) wanted += (wanted.empty() ? "+" : " +") + std::string(name);
  if (wanted.empty()) return;

  v2_ = make_parent(*files_, v2_parent_place(own, wanted));
  if (v2_.empty()) return;
  if (!files_->write(v2_ + "/cgroup.subtree_control", wanted)) {
    files_->remove_folder(v2_);
    v2_.clear();
    return;
  }
  const std::string enabled = files_->read(v2_ + "/cgroup.subtree_control");
  if (has_word(enabled, "memory")) memory_ = LimitBy::cgroup_v2;
  if (has_word(enabled, "cpu")) cpu_ = LimitBy::cgroup_v2;
  if (has_word(enabled, "pids")) processes_ = LimitBy::cgroup_v2;
}

void HostLimits::detect_v1() {
  const auto use = [this](const char* controller, LimitBy& by, std::string& folder) {
    if (by == LimitBy::cgroup_v2) return;
    folder = make_parent(*files_, own_folder(*files_, controller));
    if (!folder.empty()) by = LimitBy::cgroup_v1;
  };
  use("memory", memory_, v1_memory_);
  use("cpu", cpu_, v1_cpu_);
  use("pids", processes_, v1_pids_);
}

HostLimits::~HostLimits() {
  for (const auto& folder : {v2_, v1_memory_, v1_cpu_, v1_pids_})
    if (!folder.empty()) remove_tree(*files_, folder);
  if (!v2_left_.empty()) {
    const auto own = v2_left_.substr(0, v2_left_.rfind('/'));
    std::istringstream controllers(files_->read(own + "/cgroup.subtree_control"));
    for (std::string name; controllers >> name;) files_->write(own + "/cgroup.subtree_control", "-" + name);
    files_->write(own + "/cgroup.procs", "0");
    files_->remove_folder(v2_left_);
  }
}

std::string HostLimits::describe() const {
  return std::string("memory=") + name_of(memory_) + " cpu=" + name_of(cpu_) + " processes=" + name_of(processes_);
}

std::unique_ptr<LimitGroup> HostLimits::create(std::string_view name, const Limits& limits) const {
  auto group = std::make_unique<LimitGroup>(files_);
  const auto make = [&](const std::string& parent) {
    std::string folder = parent + "/" + std::string(name);
    if (!files_->make_folder(folder)) throw std::system_error(errno, std::generic_category(), "mkdir " + folder);
    group->folders_.push_back(folder);
    group->join_files_.push_back(folder + "/cgroup.procs");
    return folder;
  };
  const auto write_limit = [&](const std::string& path, std::string_view text) {
    if (!files_->write(path, text)) throw std::system_error(errno, std::generic_category(), "write " + path);
  };
  // AWS lends INIT the processor of a large function.
  const auto set_cpu = [&](const std::string& file, auto share_of) {
    group->cpu_boost_ = std::to_string(share_of(std::max(limits.cpu_millis, 1000u)));
    write_limit(file, group->cpu_boost_);
    group->cpu_file_ = file;
    group->cpu_share_ = std::to_string(share_of(limits.cpu_millis));
  };
  const std::string memory = std::to_string(limits.memory_bytes), processes = std::to_string(limits.processes_max);
  if (!v2_.empty()) {
    const std::string folder = make(v2_);
    if (memory_ == LimitBy::cgroup_v2) {
      write_limit(folder + "/memory.max", memory);
      files_->write(folder + "/memory.swap.max", "0");  // absent without swap accounting
      files_->write(folder + "/memory.oom.group", "1");
      group->peak_file_ = files_->open(folder + "/memory.peak");  // since Linux 5.19
      if (group->peak_file_ < 0) group->peak_file_ = files_->open(folder + "/memory.current");
    }
    if (cpu_ == LimitBy::cgroup_v2)
      set_cpu(folder + "/cpu.weight",
              [](std::uint32_t millis) { return std::clamp<std::uint32_t>(millis / 10, 1, 10'000); });
    if (processes_ == LimitBy::cgroup_v2) write_limit(folder + "/pids.max", processes);
  }
  if (memory_ == LimitBy::cgroup_v1) {
    const std::string folder = make(v1_memory_);
    write_limit(folder + "/memory.limit_in_bytes", memory);
    files_->write(folder + "/memory.memsw.limit_in_bytes", memory);
    // v1 counts the buffers of sockets apart, and not at all without a limit: a function could take what the whole host
    // has for TCP, and nobody's connections would get on. Half of a function's memory is plenty for them.
    files_->write(folder + "/memory.kmem.tcp.limit_in_bytes", std::to_string(limits.memory_bytes / 2));
    group->peak_file_ = files_->open(folder + "/memory.max_usage_in_bytes");
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
  if (!cpu_file_.empty()) files_->write(cpu_file_, cpu_share_);
}

std::uint64_t LimitGroup::memory_peak_bytes() const {
  char text[32] = {};
  if (peak_file_ < 0 || ::pread(peak_file_, text, sizeof text - 1, 0) <= 0) return 0;
  return std::strtoull(text, nullptr, 10);
}

void LimitGroup::begin_cpu_boost() {
  if (!cpu_file_.empty()) files_->write(cpu_file_, cpu_boost_);
}

void LimitGroup::forget_memory_peak() {
  [[maybe_unused]] const auto written = peak_file_ < 0 ? -1 : ::pwrite(peak_file_, "0", 1, 0);
}

bool LimitGroup::remove() {
  std::erase_if(folders_, [this](const std::string& folder) { return remove_group(*files_, folder); });
  return folders_.empty();
}

}  // namespace brume::lambda
