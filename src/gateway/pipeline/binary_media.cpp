#include "gateway/pipeline/binary_media.h"

#include <algorithm>
#include <cctype>

namespace brume::gateway {

namespace {

std::string bare_type(std::string_view header) {
  header = header.substr(0, header.find_first_of(",;"));
  std::string type;
  for (char c : header)
    if (!std::isspace(static_cast<unsigned char>(c)))
      type.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  return type;
}

}  // namespace

BinaryMediaTypes::BinaryMediaTypes(std::vector<std::string> types) {
  for (const std::string& given : types) {
    std::string type = bare_type(given);
    if (type == "*/*") everything_ = true;
    if (type.ends_with("/*")) type.pop_back();
    types_.push_back(std::move(type));
  }
}

bool BinaryMediaTypes::match(std::string_view header) const {
  if (everything_) return true;
  if (types_.empty() || header.empty()) return false;
  std::string type = bare_type(header);
  return std::any_of(types_.begin(), types_.end(), [&](const std::string& binary) {
    return binary.ends_with('/') ? type.starts_with(binary) : type == binary;
  });
}

}  // namespace brume::gateway
