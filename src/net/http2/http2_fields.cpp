#include "net/http2/http2_fields.h"

#include <algorithm>

#include "net/http1/reply_writer.h"

namespace brume::net {
namespace {

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string one_line(std::string_view value) {
  std::string out(value);
  std::replace_if(out.begin(), out.end(), breaks_line, ' ');
  return out;
}

}  // namespace

ReplyFields::ReplyFields(const Response& response, bool head_request, std::string_view date)
    : status_(std::to_string(response.status)) {
  bool has_date = false, has_length = false;
  const bool has_bytes = has_body(response.status);
  for (const auto& [name, value] : response.headers) {
    switch (kind_of_header(name)) {
      case HeaderKind::of_connection: continue;
      case HeaderKind::date: has_date = true; break;
      case HeaderKind::content_length:
        if (!head_request || !has_bytes || !response.body.empty() || response.stream) continue;
        has_length = true;
        break;
      case HeaderKind::other: break;
    }
    list_.emplace_back(lower(name), one_line(value));
  }
  if (has_bytes && !has_length) {
    if (!response.stream) list_.emplace_back("content-length", std::to_string(response.body.size()));
    else if (const auto size = response.stream->size()) list_.emplace_back("content-length", std::to_string(*size));
  }
  if (!has_date) list_.emplace_back("date", std::string(date));
}

}  // namespace brume::net
