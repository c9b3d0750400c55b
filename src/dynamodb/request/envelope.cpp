#include "dynamodb/request/envelope.h"

#include <string>
#include <string_view>

#include "wire/item_json.h"

namespace brume::dynamodb {

void throw_in_envelope(const AwsError& error) {
  constexpr std::string_view kEnvelope = "1 validation error detected: ";
  const auto* value = dynamic_cast<const wire::ValueError*>(&error);
  const bool bare = &error.kind() != &kValidationException || error.message().starts_with(kEnvelope) ||
                    (value && value->check() == wire::ValueError::Check::reading);
  throw AwsError(error.kind(), bare ? error.message() : std::string(kEnvelope) + error.message(), error.members());
}

}  // namespace brume::dynamodb
