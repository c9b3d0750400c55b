#include "service/dispatcher.h"

#include <boost/json/value_to.hpp>

#include "base/log.h"
#include "service/body_limits.h"
#include "service/validate.h"

namespace brume::service {
namespace json = boost::json;
namespace {

/// API Gateway's validation names members from the input's name on: 'createRestApiInput.name'.
std::string path_prefix(const Entry& entry) {
  if (entry.model->name != "apigateway") return {};
  std::string prefix(entry.shape->name);
  prefix[0] = static_cast<char>(prefix[0] | 0x20);
  return prefix + "Input";
}

void check(const Entry& entry, const Call& call) {
  if (entry.row->raw || entry.shape->input == kNoShape || call.made_here) return;
  if (entry.row->check_first) entry.row->check_first(call.input);
  validate(*entry.model, entry.model->shape(entry.shape->input), call.input, path_prefix(entry));
}

void log_failed(const Entry& entry, const Call& call, const std::exception& error) {
  log_error("call_failed",
            {{"request_id", call.request_id}, {"operation", entry.shape->name}, {"error", error.what()}});
}

/// Calls from inside come with their input; text is read here.
class InsideDecoder final : public Decoder {
 public:
  InsideDecoder(InsideCall& wish, const JsonText& text) : wish_(wish), text_(text) {}
  void decode(const Entry& entry, Call& call) override {
    if (!wish_.body) {
      call.input = std::move(wish_.input);
      call.payload = std::move(wish_.payload);
    } else if (entry.shape->input != kNoShape) {
      call.input = text_.read(*entry.model, entry.model->shape(entry.shape->input), *wish_.body);
    }
  }

 private:
  InsideCall& wish_;
  const JsonText& text_;
};

}  // namespace

int status_of(const Entry& entry, const Reply& reply) {
  if (reply.status != 0 || entry.model->protocol != Protocol::rest_json) return reply.status != 0 ? reply.status : 200;
  if (entry.shape->output != kNoShape)
    for (const Member& member : entry.model->shape(entry.shape->output).members) {
      if (member.location != Location::status_code) continue;
      if (const json::value* found = reply.output.if_contains(member.name); found && !found->is_null())
        return json::value_to<int>(*found);
    }
  return entry.shape->status;
}

std::string Dispatcher::new_request_id(const ServiceModel* model) {
  return is_dynamodb(model) ? random_.text(52, kRequestIdAlphabet) : random_.uuid();
}

Task<std::optional<Failure>> Dispatcher::denied(const Entry& entry, const Call& call) {
  const std::vector<Access> wanted = wanted_by(entry, call);
  std::optional<Failure> failure = co_await authorizer_->authorize(entry, call, wanted);
  co_return failure;
}

Task<> Dispatcher::audit(const Entry& entry, const Call& call, int status, std::optional<Failure>& failure) {
  try {
    co_await recorder_.audit(call, *entry.model, status, failure ? failure->code : std::string_view(),
                             failure ? failure->message : std::string_view());
  } catch (const std::exception& error) {
    log_error("audit_failed", {{"request_id", call.request_id}, {"error", error.what()}});
    failure = internal_failure(entry.model);  // who sees success must find the record
  }
}

Task<Outcome> Dispatcher::run(const ServiceModel* model, const Entry* entry, Call& call, Decoder& decoder,
                              std::optional<Failure> refused) {
  Outcome outcome;
  std::optional<Failure>& failure = outcome.failure;
  failure = std::move(refused);
  if (entry) call.operation = entry->row;
  if (!failure && !entry->row) failure = not_supported(*entry);
  if (!failure) {
    try {
      if (!entry->row->raw) decoder.decode(*entry, call);
      failure = refuse_caller(*entry, call);
      if (!failure && authorizer_) failure = co_await denied(*entry, call);
      if (!failure) {
        check(*entry, call);
        outcome.reply = co_await entry->row->handler(call);
      }
    } catch (const AwsError& error) {
      failure = failure_of(*model, error);
      failure->wire_members = entry->row->raw;
      if (failure->status >= 500) log_failed(*entry, call, error);
    } catch (const Unavailable& error) {
      failure = unavailable(model, error.what());  // whoever refuses logs it, once
    } catch (const std::exception& error) {
      failure = internal_failure(model);
      log_failed(*entry, call, error);
    }
  }
  int status = failure ? failure->status : status_of(*entry, outcome.reply);
  const bool manages = entry && entry->row && entry->row->effect == Effect::manage;
  if (manages && !(call.stranger && failure)) {
    co_await audit(*entry, call, status, failure);
    if (failure) status = failure->status;
  }
  recorder_.count({model, entry ? entry->shape->name : std::string_view(), status,
                   failure ? std::string_view(failure->code) : std::string_view(), clock_.monotonic() - call.began,
                   entry, &call, call.usage});
  outcome.reply.usage = std::move(call.usage);
  co_return outcome;
}

/// Text for who asked with text, members for who asked with members.
std::optional<Failure> Dispatcher::give_form(const Entry& entry, bool as_text, Reply& reply) const {
  if (as_text == reply.raw.has_value() || entry.shape->output == kNoShape) return std::nullopt;
  const Shape& shape = entry.model->shape(entry.shape->output);
  try {
    if (as_text) {
      reply.raw = json_.write(*entry.model, shape, reply.output);
    } else {
      reply.output = json_.read(*entry.model, shape, *reply.raw);
      reply.raw.reset();
    }
    return std::nullopt;
  } catch (const std::exception& error) {
    log_error("reply_unreadable", {{"operation", entry.shape->name}, {"error", error.what()}});
    return internal_failure(entry.model);
  }
}

Task<Outcome> Dispatcher::call(InsideCall wish) {
  const Entry* entry = catalog_.entry(wish.service, wish.operation);
  const ServiceModel* model = entry ? entry->model : nullptr;
  Call call;
  call.began = clock_.monotonic();
  call.caller = std::move(wish.caller);
  call.region = std::move(wish.region);
  call.made_here = wish.made_here;
  call.request_id = wish.request_id.empty() ? new_request_id(model) : std::move(wish.request_id);
  std::optional<Failure> refused;
  std::string text;
  const bool as_text = wish.body.has_value();
  if (!entry)
    refused = Failure{std::string(kUnknownOperation.code),
                      "There is no operation " + std::string(wish.operation) + " of " + std::string(wish.service)};
  else if (as_text && model->protocol != Protocol::json)
    refused = Failure{std::string(kUnsupportedOperation.code),
                      std::string(model->service_id) + " takes members from inside the server, no text"};
  else if (std::max(as_text ? wish.body->size() : 0, wish.payload ? wish.payload->size() : 0) >
           body_bytes_max(model, wish.operation))
    refused = too_large(too_long_text(model, wish.operation));
  if (!refused && entry->row && entry->row->raw) {
    text = as_text ? std::move(*wish.body) : json_.write(*model, model->shape(entry->shape->input), wish.input);
    call.body = text;
  }
  InsideDecoder decoder(wish, json_);
  Outcome outcome = co_await run(model, entry, call, decoder, std::move(refused));
  if (!outcome.failure && as_text != outcome.reply.raw.has_value())
    outcome.failure = give_form(*entry, as_text, outcome.reply);
  outcome.request_id = std::move(call.request_id);
  co_return outcome;
}

}  // namespace brume::service
