#include "lambda/async_invoke.h"

#include <boost/json.hpp>

#include "store/store.h"

namespace brume::lambda {
namespace json = boost::json;

std::string AsyncInvoke::serialize() const {
  return json::serialize(json::object{{"account", function.account},
                                      {"region", function.region},
                                      {"name", function.name},
                                      {"id", request_id},
                                      {"payload", payload},
                                      {"arn", invoked_arn},
                                      {"context", client_context},
                                      {"failures", failures},
                                      {"throttles", throttles},
                                      {"interruptions", interruptions},
                                      {"accepted", accepted_millis}});
}

AsyncInvoke AsyncInvoke::parse(std::string_view text) try {
  const json::value value = json::parse(json::string_view(text.data(), text.size()));
  const json::object& in = value.as_object();
  const auto string_at = [&](std::string_view key) { return json::value_to<std::string>(in.at(key)); };
  AsyncInvoke out;
  out.function = {string_at("account"), string_at("region"), string_at("name")};
  out.request_id = string_at("id");
  out.payload = string_at("payload");
  out.invoked_arn = string_at("arn");
  out.client_context = string_at("context");
  out.failures = json::value_to<std::uint32_t>(in.at("failures"));
  out.throttles = json::value_to<std::uint32_t>(in.at("throttles"));
  if (const json::value* value = in.if_contains("interruptions"))  // former versions wrote none
    out.interruptions = json::value_to<std::uint32_t>(*value);
  out.accepted_millis = json::value_to<std::uint64_t>(in.at("accepted"));
  return out;
} catch (const std::exception& error) {
  throw store::DamagedRecord(std::string("a queued invoke is malformed: ") + error.what());
}

}  // namespace brume::lambda
