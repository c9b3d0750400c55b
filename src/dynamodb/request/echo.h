// Requests as AWS repeats them in the texts of failed constraints. Private to dynamodb/.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace brume::dynamodb {

/// A structure of the request as Java prints it: "WriteRequest(putRequest=PutRequest(item={pk=…}))".
std::string java_text(std::string_view shape, simdjson::dom::element structure);
/// A list of them: "[Put(…), Put(…)]".
std::string java_list_text(std::string_view shape, simdjson::dom::array structures);

}  // namespace brume::dynamodb
