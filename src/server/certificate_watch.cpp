#include "server/certificate_watch.h"

#include <sys/stat.h>

#include "base/log.h"
#include "base/time_text.h"

namespace brume::server {

CertificateWatch::CertificateWatch(std::shared_ptr<net::TlsContext> tls, std::chrono::milliseconds interval)
    : tls_(std::move(tls)), files_(tls_->files()), interval_(interval), loaded_(look()), thread_([this] { work(); }) {}

CertificateWatch::~CertificateWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CertificateWatch::reload() {
  {
    std::lock_guard lock(mutex_);
    asked_ = true;
  }
  changed_.notify_all();
}

/// What changes when a file, or what a link leads to, is written or replaced.
std::string CertificateWatch::look() const {
  std::string seen;
  for (const std::string& file : files_) {
    struct stat now {};
    if (::stat(file.c_str(), &now) != 0) now = {};
    for (const auto number :
         {static_cast<std::int64_t>(now.st_ino), static_cast<std::int64_t>(now.st_size),
          static_cast<std::int64_t>(now.st_mtim.tv_sec), static_cast<std::int64_t>(now.st_mtim.tv_nsec)})
      seen += std::to_string(number) + " ";
  }
  return seen;
}

void CertificateWatch::work() {
  std::string before = loaded_;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, interval_, [this] { return stopping_ || asked_; });
    if (stopping_) return;
    const bool asked = std::exchange(asked_, false);
    lock.unlock();
    std::string now = look();
    // Several files are not written at once: what has just changed is left alone for a moment.
    if (asked || (now != loaded_ && now == before)) {
      loaded_ = now;
      load();
    }
    before = std::move(now);
    lock.lock();
  }
}

void CertificateWatch::load() {
  try {
    tls_->reload();
    failed_ = false;
    log_info("tls_certificate_loaded", {{"file", files_.front()}, {"expires", iso_seconds(tls_->expires())}});
  } catch (const std::exception& error) {
    failed_ = true;
    log_error("tls_certificate_refused", {{"error", error.what()},
                                          {"meaning", "the former certificate goes on until its end"},
                                          {"expires", iso_seconds(tls_->expires())}});
  }
}

}  // namespace brume::server
