// The root folder of a sandbox: a tmpfs with read-only binds of the system's folders, of the interpreter,
// the function's code and the bootstraps; /proc of the own pid namespace; a bare /dev; a private /tmp.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox_launcher/spec.h"

// glibc before 2.36 has no wrappers for these; the numbers are the same on every architecture.
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace brume::sandbox_launcher {

namespace {

// Values of linux/mount.h, whose header clashes with sys/mount.h on some C libraries.
constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kRecursive = 0x8000;      // AT_RECURSIVE
constexpr unsigned kMoveMountFromFd = 0x4;   // MOVE_MOUNT_F_EMPTY_PATH
constexpr std::uint64_t kReadOnly = 0x1, kNoSuid = 0x2, kNoDev = 0x4;
struct MountAttributes {
  std::uint64_t set, clear, propagation, userns_fd;
};

constexpr std::uint64_t kBytesPerInode = 16 << 10;

// The new root is put together here; what the host has at this place is hidden in our mount namespace only
// after every source of a bind was opened.
constexpr const char* kNewRoot = "/tmp";

struct Bind {
  int tree = -1;
  bool folder = true;
  std::string target;
};

bool open_bind(const std::string& source, const std::string& target, std::uint64_t attributes, std::vector<Bind>& out) {
  struct stat info {};
  if (::stat(source.c_str(), &info) != 0) return false;
  Bind bind;
  bind.folder = S_ISDIR(info.st_mode);
  bind.target = target;
  bind.tree =
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, source.c_str(), kOpenTreeClone | kRecursive | O_CLOEXEC));
  if (bind.tree < 0) fail("bind", source);
  MountAttributes attr{attributes, 0, 0, 0};
  if (::syscall(SYS_mount_setattr, bind.tree, "", AT_EMPTY_PATH | kRecursive, &attr, sizeof attr) != 0)
    fail("make read-only", source);
  out.push_back(std::move(bind));
  return true;
}

void make_folder(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) fail("mkdir", part);
    if (slash == std::string::npos) return;
  }
}

void make_file(const std::string& path, const std::string& text) {
  make_folder(path.substr(0, path.rfind('/')));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("create", path);
  ::close(fd);
}

void attach(const Bind& bind) {
  const std::string target = kNewRoot + bind.target;
  struct stat info {};
  // A target inside another bind has to exist there already (layers below /opt, for example).
  if (::lstat(target.c_str(), &info) != 0) bind.folder ? make_folder(target) : make_file(target, "");
  if (::syscall(SYS_move_mount, bind.tree, "", AT_FDCWD, target.c_str(), kMoveMountFromFd) != 0)
    fail("mount", bind.target);
  ::close(bind.tree);
}

// /bin, /lib, /lib64, …: links into /usr on a merged system, folders elsewhere.
void system_folders(const Spec& spec, std::vector<Bind>& binds,
                    std::vector<std::pair<std::string, std::string>>& links) {
  constexpr std::uint64_t flags = kReadOnly | kNoSuid | kNoDev;
  open_bind("/usr", "/usr", flags, binds);
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    char target[256];
    const auto length = ::readlink(name, target, sizeof target);
    if (length > 0) links.emplace_back(std::string(target, static_cast<std::size_t>(length)), name);
    else open_bind(name, name, flags, binds);
  }
  // Debian's Java keeps its settings in /etc, with links to them in /usr, and does not start without.
  for (const char* name : {"/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk",
                           "/etc/java-25-openjdk", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/alternatives",
                           "/etc/ld.so.cache", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf",
                           "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/mime.types"}) {
    const bool own = std::any_of(spec.files.begin(), spec.files.end(), [&](const auto& f) { return f.first == name; });
    if (!own) open_bind(name, name, flags, binds);
  }
  for (const char* name : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    if (!open_bind(name, name, kNoSuid, binds)) fail("bind", name);
}

void fill_etc(std::uint32_t uid) {
  const std::string root = kNewRoot, id = std::to_string(uid);
  make_file(root + "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:" + id + ":" + id +
                                      "::/home/sbx_user1051:/sbin/nologin\n");
  make_file(root + "/etc/group", "root:x:0:\nsbx_user1051:x:" + id + ":\n");
}

void fill_dev() {
  const std::string dev = std::string(kNewRoot) + "/dev";
  make_folder(dev);
  for (const auto& [target, name] : {std::pair{"/proc/self/fd", "/fd"}, std::pair{"/proc/self/fd/0", "/stdin"},
                                     std::pair{"/proc/self/fd/1", "/stdout"}, std::pair{"/proc/self/fd/2", "/stderr"}})
    if (::symlink(target, (dev + name).c_str()) != 0) fail("symlink", name);
}

/// Hides what of /proc tells of the host's kernel, and makes read-only what changes it. An ordinary user may not change
/// most of it anyway; this holds too where the kernel's own checks have a hole.
void confine_proc() {
  const std::string proc = std::string(kNewRoot) + "/proc";
  const auto there = [&proc](const char* name) { return ::access((proc + name).c_str(), F_OK) == 0; };
  const std::string null = std::string(kNewRoot) + "/dev/null";
  for (const char* name : {"/kcore", "/kmsg", "/kallsyms", "/keys", "/key-users", "/latency_stats", "/timer_list",
                           "/sched_debug", "/vmallocinfo", "/slabinfo", "/pagetypeinfo", "/interrupts", "/kpagecount",
                           "/kpageflags", "/kpagecgroup", "/sysrq-trigger"})
    if (there(name) && ::mount(null.c_str(), (proc + name).c_str(), nullptr, MS_BIND, nullptr) != 0)
      fail("hide /proc", name);
  for (const char* name : {"/acpi", "/asound", "/scsi", "/driver"})
    if (there(name) && ::mount("tmpfs", (proc + name).c_str(), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                               "size=4k,mode=0555") != 0)
      fail("hide /proc", name);
  for (const char* name : {"/sys", "/bus", "/fs", "/irq"}) {
    if (!there(name)) continue;
    const std::string path = proc + name;
    constexpr unsigned long kFlags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
        ::mount(nullptr, path.c_str(), nullptr, kFlags, nullptr) != 0)
      fail("make read-only /proc", name);
  }
}

void mount_private_tmp(const Spec& spec) {
  const std::string tmp = std::string(kNewRoot) + "/tmp";
  make_folder(tmp);
  const std::string id = std::to_string(spec.uid);
  // An inode takes memory that is no part of the size: as many as AWS's file system has.
  const std::string options = "mode=1777,size=" + std::to_string(spec.tmp_bytes) +
                              ",nr_inodes=" + std::to_string(spec.tmp_bytes / kBytesPerInode) +
                              (spec.user_namespace ? "" : ",uid=" + id + ",gid=" + id);
  if (::mount("tmpfs", tmp.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) fail("mount /tmp");
}

}  // namespace

void build_root(const Spec& spec) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("make mounts private");

  std::vector<Bind> binds;
  std::vector<std::pair<std::string, std::string>> links;
  system_folders(spec, binds, links);
  for (const auto& [source, target] : spec.binds)
    if (!open_bind(source, target, kReadOnly | kNoSuid | kNoDev, binds)) fail("bind", source);

  if (::mount("tmpfs", kNewRoot, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") != 0) fail("mount root");
  for (const auto& [target, name] : links)
    if (::symlink(target.c_str(), (kNewRoot + name).c_str()) != 0) fail("symlink", name);
  fill_etc(spec.uid);
  for (const auto& [target, text] : spec.files) make_file(kNewRoot + target, text);
  fill_dev();
  for (const Bind& bind : binds) attach(bind);
  for (const char* folder : {"/var/task", "/var/runtime", "/opt", "/proc", "/home/sbx_user1051"})
    if (::access((std::string(kNewRoot) + folder).c_str(), F_OK) != 0) make_folder(std::string(kNewRoot) + folder);
  // Before the host's /proc goes: the kernel lets a user namespace mount one only while it sees a whole one.
  // A container that hides parts of its /proc allows none; then the sandbox has an empty folder there.
  if (::mount("proc", (std::string(kNewRoot) + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) ==
      0)
    confine_proc();
  mount_private_tmp(spec);

  if (::chdir(kNewRoot) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) fail("pivot_root");
  if (::umount2(".", MNT_DETACH) != 0) fail("leave the host's root");
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) != 0)
    fail("make root read-only");
  if (::chdir("/var/task") != 0) fail("chdir /var/task");
}

}  // namespace brume::sandbox_launcher
