#include "base/time_text.h"

#include <cstdio>

namespace brume {

std::string format_utc(std::time_t seconds, const char* format) {
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[128];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::string format_utc(WallTime time, const char* format) {
  return format_utc(std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time)), format);
}

std::string iso_seconds(WallTime time) { return format_utc(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string iso_millis(WallTime time) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  char part[16];
  std::snprintf(part, sizeof part, ".%03d",
                static_cast<int>((millis - std::chrono::floor<std::chrono::seconds>(millis)).count()));
  return format_utc(time, "%Y-%m-%dT%H:%M:%S") + part;
}

std::string compact_time(WallTime time) { return format_utc(time, "%Y%m%dT%H%M%SZ"); }

std::string http_date(std::time_t seconds) { return format_utc(seconds, "%a, %d %b %Y %H:%M:%S GMT"); }

}  // namespace brume
