// Any text is a pattern or an InvalidParameterException, and every pattern can be matched.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "observe/logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t half = size / 2;
  try {
    brume::observe::FilterPattern::parse(text.substr(0, half)).matches(text.substr(half));
  } catch (const brume::AwsError&) {}
  return 0;
}
