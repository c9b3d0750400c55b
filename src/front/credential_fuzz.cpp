// Authorization headers and presigned query strings.
#include <cstddef>
#include <cstdint>

#include "front/sigv4.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  net::Request request;
  request.method = "GET";
  request.path = "/";
  request.headers = {{"Host", "localhost"}, {"X-Amz-Date", "20231114T221320Z"}};
  if (data[0] % 2 == 0) request.headers.push_back({"Authorization", text});
  else request.query = text;
  front::read_scope(request);
  front::SignatureProblem problem{};
  if (const auto fields = front::read_signature(request, problem))
    front::verify_signature(request, *fields, "secret", std::chrono::system_clock::from_time_t(1700000000));
  return 0;
}
