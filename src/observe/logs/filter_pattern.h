// Filter patterns of FilterLogEvents for unstructured text: terms that an event must hold, quoted phrases, -exclusions
// and ?alternatives. Case counts. Source: CloudWatch Logs user guide, "Filter pattern syntax", unstructured log events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brume::observe {

class FilterPattern {
 public:
  /// Errors: InvalidParameterException for a malformed pattern, and for the JSON ({…}), space-delimited ([…]) and regular
  /// expression (%…%) forms, which are named as not supported.
  static FilterPattern parse(std::string_view text);

  /// Whether `message` holds every required term and none that is excluded. Where there are alternatives and required
  /// terms, the alternatives are ignored, as AWS does; with alternatives alone one of them must be there. Takes time
  /// linear in the message for each term.
  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> required_;
  std::vector<std::string> excluded_;
  std::vector<std::string> any_;
};

}  // namespace brume::observe
