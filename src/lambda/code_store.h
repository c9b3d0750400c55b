// Function packages on disk, beside the store:
//
//   FOLDER/SHA256HEX/package.zip    as uploaded
//   FOLDER/SHA256HEX/code/          unpacked, world-readable, what a sandbox sees as /var/task
//
// A package is named by its digest and never changes. It is written under a temporary name and renamed
// when it is whole and on disk, so a crash leaves either all of it or a leftover that open() removes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace brume::lambda {

struct CodePackage {
  std::string sha256;  ///< base64, as CodeSha256
  std::uint64_t zip_bytes = 0;
  /// While it lives the package is not removed: hold it until the record that names the package is published.
  std::shared_ptr<void> pin;
};

class CodeStore {
 public:
  /// Creates `folder` if absent. Errors: std::system_error.
  explicit CodeStore(std::string folder);

  /// Removes what no function uses and what an interrupted upload left. Blocks.
  void sweep(const std::set<std::string>& sha256_in_use);

  /// Unpacks and keeps a zip. Blocks: call it on the pool. Errors: AwsError InvalidParameterValueException
  /// (not a zip, a path that leaves the folder, unpacked larger than 250 MB); std::system_error (disk).
  CodePackage put(std::string_view zip);

  /// Ends put()s under way with std::runtime_error, and later ones. Thread-safe.
  void stop() { stopping_ = true; }

  std::string code_folder(const std::string& sha256) const;
  std::string zip_file(const std::string& sha256) const;

  /// Removes one package unless it is pinned or `in_use()` says that a function has it. Blocks.
  void remove_unless(const std::string& sha256, const std::function<bool()>& in_use);

 private:
  std::shared_ptr<void> pin(const std::string& sha256);
  std::string package_folder(const std::string& sha256) const;

  std::string folder_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards pins_, and that a package is not removed while it is being found
  std::map<std::string, int> pins_;
};

/// AWS: "Deployment package size: 250 MB (unzipped)".
inline constexpr std::uint64_t kUnzippedBytesMax = 262'144'000;
/// AWS: "50 MB (zipped, for direct upload)".
inline constexpr std::uint64_t kZipBytesMax = 52'428'800;

}  // namespace brume::lambda
