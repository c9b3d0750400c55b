// What functions and clients send to the data plane: proxy responses, paths, templates of mocks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json_text.h"
#include "gateway/pipeline/plain_template.h"
#include "gateway/pipeline/proxy_response.h"
#include "gateway/pipeline/route_table.h"

namespace {

brume::gateway::RouteTable make_table() {
  brume::gateway::RouteTable table;
  int route = 0;
  for (std::string_view path : {"/", "/a", "/a/b", "/a/{id}", "/a/{id}/c", "/{x}/b/{y}", "/a/b/{rest+}", "/{proxy+}"})
    for (std::string_view method : {"GET", "ANY"}) table.add(path, method, route++);
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume::gateway;
  static const RouteTable table = make_table();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto response = parse_proxy_response(text))
    for (const auto& [name, value] : response->headers)
      if (!valid_header(name, value) || response->status < 200 || response->status > 599) std::abort();
  RouteTable::Match match = table.match(text, "GET");
  for (const auto& [name, value] : match.parameters)
    if (name.empty() || value.data() < text.data() || value.data() + value.size() > text.data() + text.size())
      std::abort();
  uses_vtl(text);
  mock_status_code(text);
  std::string json = "{\"body\":";
  brume::append_json_string(json, text);
  json.push_back('}');
  if (!parse_proxy_response(json)) std::abort();  // whatever the bytes, the text is JSON
  return 0;
}
