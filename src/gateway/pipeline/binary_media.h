// binaryMediaTypes: which payloads are bytes rather than text.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brume::gateway {

class BinaryMediaTypes {
 public:
  BinaryMediaTypes() = default;
  explicit BinaryMediaTypes(std::vector<std::string> types);

  /// Is the media type in a Content-Type or Accept header binary? Of several, the first counts. "" is
  /// binary only where everything is (*/*).
  bool match(std::string_view header) const;

 private:
  bool everything_ = false;
  std::vector<std::string> types_;  // lower case, no parameters; "image/*" as "image/"
};

}  // namespace brume::gateway
