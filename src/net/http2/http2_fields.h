// A response's head as the fields of HTTP/2.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/message/http_message.h"

namespace brume::net {

/// Names in lower case, values without line breaks, what belongs to a connection left out; Content-Length and Date are
/// ours, as in append_reply().
class ReplyFields {
 public:
  ReplyFields(const Response& response, bool head_request, std::string_view date);
  std::string_view status() const { return status_; }
  const std::vector<std::pair<std::string, std::string>>& list() const { return list_; }

 private:
  std::string status_;
  std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace brume::net
