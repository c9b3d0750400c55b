// The choice between cgroup v2, v1 and neither, and what is written where: on a kernel of a few lines, because a
// host has its controllers in one version only.
#include "lambda/sandbox/host_limits.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>
#include <sstream>
#include <system_error>

namespace brume::lambda {
namespace {

/// cgroup v2 as the kernel's cgroups-v2 document has it, or v1, one mount a controller.
class FakeCgroups final : public CgroupFiles {
 public:
  /// v2 at /cg, this process in `own` ("" for the root), which has `controllers`.
  FakeCgroups& mount_v2(const std::string& own, const std::string& controllers) {
    files["/proc/self/mountinfo"] += "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n";
    files["/proc/self/cgroup"] += "0::" + (own.empty() ? "/" : own) + "\n";
    for (std::string path = "/cg"; path.size() <= ("/cg" + own).size();) {
      add(path, controllers);
      const auto slash = ("/cg" + own).find('/', path.size() + 1);
      if (path == "/cg" + own) break;
      path = ("/cg" + own).substr(0, slash);
    }
    home = "/cg" + own;
    processes[home].insert("self");
    return *this;
  }
  FakeCgroups& mount_v1(const std::string& controller) {
    const std::string point = "/v1/" + controller;
    files["/proc/self/mountinfo"] += "31 23 0:27 / " + point + " rw - cgroup cgroup rw," + controller + "\n";
    files["/proc/self/cgroup"] += "4:" + controller + ":/\n";
    folders.insert(point);
    files[point + "/cgroup.procs"] = "1\n";
    return *this;
  }

  std::string read(const std::string& path) override {
    if (path.ends_with("/cgroup.procs") && path.starts_with("/cg")) {
      std::string text;
      for (const auto& name : processes[folder_of(path)]) text += name + "\n";
      return text;
    }
    const auto at = files.find(path);
    return at == files.end() ? "" : at->second;
  }

  bool write(const std::string& path, std::string_view text) override {
    if (!files.contains(path)) return fails(ENOENT);
    if (read_only.contains(path)) return fails(EACCES);
    const std::string folder = folder_of(path);
    if (path.ends_with("/cgroup.subtree_control")) return control(folder, std::string(text));
    if (path.ends_with("/cgroup.procs") && path.starts_with("/cg")) {
      if (!files[folder + "/cgroup.subtree_control"].empty() && folder != "/cg") return fails(EBUSY);
      processes[std::exchange(home, folder)].erase("self");
      processes[folder].insert("self");
    } else if (path.ends_with("/cgroup.kill")) {
      processes[folder].clear();
    } else {
      files[path] = text;
    }
    written.push_back(path + "=" + std::string(text));
    return true;
  }

  bool make_folder(const std::string& path) override {
    if (folders.contains(path)) return fails(EEXIST);
    if (read_only.contains(folder_of(path))) return fails(EACCES);
    if (path.starts_with("/cg")) {
      add(path, files[folder_of(path) + "/cgroup.subtree_control"]);
    } else {
      folders.insert(path);
      for (const char* name :
           {"cgroup.procs", "memory.limit_in_bytes", "memory.kmem.tcp.limit_in_bytes", "cpu.shares", "pids.max"})
        files[path + "/" + name];
    }
    return true;
  }

  bool remove_folder(const std::string& path) override {
    if (!folders.contains(path)) return fails(ENOENT);
    if (!processes[path].empty() || !subfolders(path).empty()) return fails(EBUSY);
    folders.erase(path);
    std::erase_if(files, [&](const auto& file) { return file.first.starts_with(path + "/"); });
    return true;
  }

  std::vector<std::string> subfolders(const std::string& path) override {
    std::vector<std::string> names;
    for (const auto& folder : folders)
      if (folder_of(folder) == path) names.push_back(folder.substr(path.size() + 1));
    return names;
  }

  int open(const std::string& path) override {
    if (!files.contains(path)) return fails(ENOENT) ? 0 : -1;
    const int fd = ::memfd_create("fake", MFD_CLOEXEC);
    [[maybe_unused]] const auto put = ::write(fd, files[path].data(), files[path].size());
    return fd;
  }

  std::map<std::string, std::string> files;
  std::map<std::string, std::set<std::string>> processes;
  std::set<std::string> folders, read_only;
  std::vector<std::string> written;
  std::string home;

 private:
  static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static bool fails(int why) {
    errno = why;
    return false;
  }

  void add(const std::string& path, const std::string& controllers) {
    folders.insert(path);
    files[path + "/cgroup.controllers"] = controllers;
    for (const char* name : {"cgroup.subtree_control", "cgroup.procs", "cgroup.kill"}) files[path + "/" + name];
    if (controllers.find("memory") != std::string::npos)
      for (const char* name : {"memory.max", "memory.swap.max", "memory.oom.group"}) files[path + "/" + name];
    if (controllers.find("memory") != std::string::npos) files[path + "/memory.peak"] = "4096\n";
    if (controllers.find("cpu") != std::string::npos) files[path + "/cpu.weight"];
    if (controllers.find("pids") != std::string::npos) files[path + "/pids.max"];
  }

  bool control(const std::string& folder, const std::string& text) {
    // No internal processes; the root is exempt.
    if (folder != "/cg" && text[0] == '+' && !processes[folder].empty()) return fails(EBUSY);
    std::set<std::string> enabled;
    std::istringstream old(files[folder + "/cgroup.subtree_control"]), changes(text);
    for (std::string word; old >> word;) enabled.insert(word);
    for (std::string word; changes >> word;) {
      if (files[folder + "/cgroup.controllers"].find(word.substr(1)) == std::string::npos) return fails(ENOENT);
      if (word[0] == '+') enabled.insert(word.substr(1));
      else enabled.erase(word.substr(1));
    }
    std::string all;
    for (const auto& word : enabled) all += (all.empty() ? "" : " ") + word;
    files[folder + "/cgroup.subtree_control"] = all;
    return true;
  }
};

std::string own_namespace() {
  char text[64] = {};
  EXPECT_GT(::readlink("/proc/self/ns/pid", text, sizeof text - 1), 0);
  return std::to_string(std::strtoull(text + std::string_view("pid:[").size(), nullptr, 10));
}
const std::string kPrefix = "brume-" + own_namespace() + "-";
const std::string kOwn = kPrefix + std::to_string(::getpid());
constexpr const char* kAll = "cpu memory pids";

TEST(HostLimits, WithoutCgroupsMemoryIsWatchedAndProcessesAreCounted) {
  const auto limits = HostLimits::detect(std::make_shared<FakeCgroups>());
  EXPECT_EQ(limits->describe(), "memory=watch cpu=none processes=rlimit");
  const auto group = limits->create("sandbox-1", {});
  EXPECT_TRUE(group->join_files().empty());
  EXPECT_EQ(group->memory_peak_bytes(), 0u);
}

TEST(HostLimits, V2WritesEachLimitAndLendsAProcessorToInit) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("", kAll);
  const auto limits = HostLimits::detect(kernel);
  EXPECT_EQ(limits->describe(), "memory=cgroup-v2 cpu=cgroup-v2 processes=cgroup-v2");
  auto group = limits->create("sandbox-1", {.memory_bytes = 256 << 20, .cpu_millis = 144, .processes_max = 1024});
  const std::string folder = "/cg/" + kOwn + "/sandbox-1";
  EXPECT_EQ(group->join_files(), std::vector{folder + "/cgroup.procs"});
  EXPECT_EQ(kernel->files[folder + "/memory.max"], "268435456");
  EXPECT_EQ(kernel->files[folder + "/memory.swap.max"], "0");
  EXPECT_EQ(kernel->files[folder + "/memory.oom.group"], "1");
  EXPECT_EQ(kernel->files[folder + "/pids.max"], "1024");
  EXPECT_EQ(kernel->files[folder + "/cpu.weight"], "100");
  group->end_cpu_boost();
  EXPECT_EQ(kernel->files[folder + "/cpu.weight"], "14");
  group->begin_cpu_boost();
  EXPECT_EQ(kernel->files[folder + "/cpu.weight"], "100");
  EXPECT_EQ(group->memory_peak_bytes(), 4096u);

  kernel->processes[folder].insert("77");  // left behind by the function: killed with the group
  EXPECT_TRUE(group->remove());
  EXPECT_FALSE(kernel->folders.contains(folder));
}

TEST(HostLimits, V2MovesThisProcessToALeafAndBack) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("/brume.service", kAll);
  {
    const auto limits = HostLimits::detect(kernel);
    EXPECT_EQ(limits->describe(), "memory=cgroup-v2 cpu=cgroup-v2 processes=cgroup-v2");
    EXPECT_EQ(kernel->home, "/cg/brume.service/" + kOwn + "-main");
    EXPECT_TRUE(kernel->folders.contains("/cg/brume.service/" + kOwn));
  }
  EXPECT_EQ(kernel->home, "/cg/brume.service");
  EXPECT_EQ(kernel->subfolders("/cg/brume.service"), std::vector<std::string>{});
  EXPECT_EQ(kernel->files["/cg/brume.service/cgroup.subtree_control"], "");
}

TEST(HostLimits, V2BesideOtherProcessesUsesTheRoot) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("/session.scope", kAll);
  kernel->processes["/cg/session.scope"].insert("1234");  // the shell
  const auto limits = HostLimits::detect(kernel);
  EXPECT_EQ(limits->describe(), "memory=cgroup-v2 cpu=cgroup-v2 processes=cgroup-v2");
  EXPECT_EQ(kernel->home, "/cg/session.scope") << "it went back";
  EXPECT_TRUE(kernel->folders.contains("/cg/" + kOwn));
}

TEST(HostLimits, V2OfSomebodyElseIsLeftAlone) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("/session.scope", kAll);
  for (const char* path : {"/cg", "/cg/session.scope", "/cg/cgroup.subtree_control",
                           "/cg/session.scope/cgroup.subtree_control", "/cg/session.scope/cgroup.procs"})
    kernel->read_only.insert(path);
  const auto limits = HostLimits::detect(kernel);
  EXPECT_EQ(limits->describe(), "memory=watch cpu=none processes=rlimit");
  EXPECT_TRUE(kernel->written.empty());
}

TEST(HostLimits, V1CountsTheBuffersOfSocketsOnlyWithALimitOfTheirOwn) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v1("memory");
  const auto limits = HostLimits::detect(kernel);
  const auto group = limits->create("sandbox-1", {.memory_bytes = 1 << 20, .cpu_millis = 72, .processes_max = 8});
  const std::string folder = "/v1/memory/" + kOwn + "/sandbox-1";
  EXPECT_EQ(kernel->files[folder + "/memory.limit_in_bytes"], "1048576");
  EXPECT_EQ(kernel->files[folder + "/memory.kmem.tcp.limit_in_bytes"], "524288");
}

TEST(HostLimits, ControllersThatV2HasNotComeFromV1) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("", "memory").mount_v1("cpu").mount_v1("pids");
  const auto limits = HostLimits::detect(kernel);
  EXPECT_EQ(limits->describe(), "memory=cgroup-v2 cpu=cgroup-v1 processes=cgroup-v1");
  const auto group = limits->create("sandbox-1", {.memory_bytes = 1 << 20, .cpu_millis = 72, .processes_max = 8});
  EXPECT_EQ(group->join_files().size(), 3u);
  EXPECT_EQ(kernel->files["/v1/cpu/" + kOwn + "/sandbox-1/cpu.shares"], "1024");
  group->end_cpu_boost();
  EXPECT_EQ(kernel->files["/v1/cpu/" + kOwn + "/sandbox-1/cpu.shares"], "73");
  EXPECT_EQ(kernel->files["/v1/pids/" + kOwn + "/sandbox-1/pids.max"], "8");
}

TEST(HostLimits, FoldersOfAKilledBrumeAreRemoved) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("", kAll);
  const std::string none = "2147483646";  // above any process number
  const std::string dead = "/cg/" + kPrefix + none;
  kernel->make_folder(dead);
  kernel->make_folder(dead + "/sandbox-9");
  kernel->processes[dead + "/sandbox-9"].insert("78");
  const std::string alive = kPrefix + "1", foreign = "brume-1-" + none;  // who is alive elsewhere can't be told
  for (const auto& name : {alive, foreign}) kernel->make_folder("/cg/" + name);
  const auto limits = HostLimits::detect(kernel);
  EXPECT_EQ(kernel->subfolders("/cg"), (std::vector<std::string>{foreign, alive, kOwn}));
}

TEST(HostLimits, ALimitThatCannotBeSetIsAnErrorAndLeavesNoFolder) {
  const auto kernel = std::make_shared<FakeCgroups>();
  kernel->mount_v2("", kAll);
  const auto limits = HostLimits::detect(kernel);
  const std::string folder = "/cg/" + kOwn + "/sandbox-1";
  kernel->read_only.insert(folder + "/pids.max");
  EXPECT_THROW(limits->create("sandbox-1", {}), std::system_error);
  EXPECT_FALSE(kernel->folders.contains(folder));
}

}  // namespace
}  // namespace brume::lambda
