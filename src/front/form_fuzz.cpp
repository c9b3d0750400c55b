// Form bodies and JSON bodies, by the shapes of real operations.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "front/json_codec.h"
#include "front/query_codec.h"
#include "service/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace brume;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool query = data[0] % 2 == 0;
  const auto& model = query ? service::iam_model() : service::dynamodb_model();
  const auto& operation = model.operations[data[1] % model.operations.size()];
  if (operation.input == service::kNoShape) return 0;
  const auto& shape = model.shape(operation.input);
  try {
    const auto input = query ? front::decode_query(model, shape, net::parse_query(text))
                             : front::decode_structure(model, shape, front::parse_json_body(model, text));
    service::validation_text(service::problems_of(model, shape, input));
    std::string out;
    front::encode_structure(out, model, shape, input);
  } catch (const AwsError&) {  // refused
  }
  return 0;
}
