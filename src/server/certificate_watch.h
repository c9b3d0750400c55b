// New certificates without a restart.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/transport/tls.h"

namespace brume::server {

/// Looks at the files of certificates and keys every `interval` and loads them once they have changed and rest; a pair
/// that cannot be used is logged as an error and the former ones go on. One thread, because files may block.
class CertificateWatch {
 public:
  CertificateWatch(std::shared_ptr<net::TlsContext> tls, std::chrono::milliseconds interval);
  /// Joins.
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

  /// Loads the files soon, whether they seem changed or not. Any thread, no signal handler.
  void reload();
  /// Whether the files as they are now could not be used.
  bool failed() const { return failed_; }

 private:
  void work();
  void load();
  std::string look() const;

  const std::shared_ptr<net::TlsContext> tls_;
  const std::vector<std::string> files_;
  const std::chrono::milliseconds interval_;
  std::string loaded_;  ///< what look() said of the files that were loaded, or could not be; of the thread alone
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool asked_ = false;
  std::thread thread_;
};

}  // namespace brume::server
