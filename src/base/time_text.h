// Times as text, in UTC and in the C locale.
#pragma once

#include <ctime>
#include <string>

#include "base/clock.h"

namespace brume {

/// As strftime writes `format`; at most 127 bytes come of it.
std::string format_utc(std::time_t seconds, const char* format);
/// The same; what is below a second is cut off.
std::string format_utc(WallTime time, const char* format);

/// "2026-01-31T12:00:00Z"
std::string iso_seconds(WallTime time);
/// "2026-01-31T12:00:00.123", without a zone: AWS's services end it in different ways.
std::string iso_millis(WallTime time);
/// "20260131T120000Z", as signatures have it.
std::string compact_time(WallTime time);
/// "Sat, 31 Jan 2026 12:00:00 GMT", 29 bytes up to the year 9999.
std::string http_date(std::time_t seconds);

}  // namespace brume
