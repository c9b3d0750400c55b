#include "front/front.h"

#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/log.h"
#include "front/authenticate.h"
#include "front/authorize.h"
#include "front/body_limits.h"
#include "front/compatibility.h"
#include "front/cors.h"
#include "front/directory.h"
#include "front/error_reply.h"
#include "front/compression.h"
#include "front/json_codec.h"
#include "front/long_work.h"
#include "front/query_codec.h"
#include "front/refusals.h"
#include "front/rest_codec.h"
#include "front/sigv4.h"
#include "front/unknown_service.h"
#include "service/arn.h"
#include "service/validate.h"

namespace brume::front {
using service::Call;
using service::Effect;
using service::Operation;
using service::Protocol;
using service::Reply;
using service::ServiceModel;
namespace {

bool is_dynamodb(const ServiceModel* model) { return model && model->target_prefix.starts_with("DynamoDB"); }

/// DynamoDB's ids are 52 digits of base 32, other services' are UUIDs.
std::string new_request_id(const ServiceModel* model, Random& random) {
  return is_dynamodb(model) ? random.text(52, kRequestIdAlphabet) : random.uuid();
}

Failure unknown_operation(const Target& target, const net::Request& request) {
  if (const auto protocol = request.header("smithy-protocol"))
    return {"UnknownOperationException",
            "Brume does not support the protocol " + std::string(*protocol).substr(0, 64) +
                " yet; use the service's JSON, query or REST protocol",
            400,
            kCoralService,
            {}};
  if (target.model && target.model->protocol == Protocol::query) {
    std::string action, version;
    for (const auto& [name, value] : *target.form) {
      if (name == "Action") action = value;
      if (name == "Version") version = value;
    }
    return {"InvalidAction", "Could not find operation " + action + " for version " + version, 400, {}, {}};
  }
  if (target.model && target.model->protocol == Protocol::rest_json)
    return {"UnknownOperationException", "Unable to determine service/operation name to be authorized", 404, {}, {}};
  if (request.header("x-amz-target") && request.path == "/")
    return {"UnknownOperationException", "", 400, kCoralService, {}};
  return {"UnknownOperationException",
          "Unable to determine service/operation name to be authorized",
          404,
          kCoralService,
          {}};
}

Failure not_supported(const Target& target) {
  return {std::string(kUnsupportedOperation.code),
          "Brume does not support " + std::string(target.entry->shape->name) + " of " +
              std::string(target.model->service_id) + " yet",
          kUnsupportedOperation.status,
          kCoralService,
          {}};
}

Failure internal_failure(const ServiceModel* model) {
  if (is_dynamodb(model))
    return {"InternalServerError",
            "The request processing has failed because of an unknown error, exception or failure.",
            500,
            {},
            {}};
  if (model && model->protocol == Protocol::rest_json)
    return {"ServiceException", "An error occurred and the request cannot be processed.", 500, {}, {}};
  return {std::string(kInternalFailure.code),
          "The request processing has failed because of an unknown error, exception or failure.",
          500,
          kCoralService,
          {}};
}

/// What clients of the service take for "try again", with what the operator needs to know.
Failure unavailable(const ServiceModel* model, const std::string& what) {
  if (is_dynamodb(model)) return {"InternalServerError", what, 500, {}, {}};
  const std::string_view name = model ? model->name : std::string_view();
  if (name == "lambda") return {"ServiceException", what, 500, {}, {}};
  if (name == "apigateway") return {"ServiceUnavailableException", what, 503, {}, {}};
  if (name == "logs") return {"ServiceUnavailableException", what, 500, {}, {}};
  if (name == "iam") return {"ServiceFailure", what, 500, {}, {}};
  return {std::string(kServiceUnavailable.code), what, kServiceUnavailable.status, kCoralService, {}};
}

/// A validation failure has another name where the model says so.
Failure renamed_for(const ServiceModel& model, Failure failure) {
  if (failure.code != kValidationException.code) return failure;
  const bool of_model = failure.message.find(" validation error") != std::string::npos;  // not what an operation says
  if (model.protocol == Protocol::query) failure.code = "ValidationError";
  else if (model.name == "logs" && of_model) failure.code = "InvalidParameterException";
  return failure;
}

std::string root_arn(std::string_view region, std::string_view account) {
  return "arn:" + std::string(service::partition_of(region)) + ":iam::" + std::string(account) + ":root";
}

/// API Gateway's validation names members from the input's name on: 'createRestApiInput.name'.
std::string path_prefix(const ServiceModel& model, std::string_view operation) {
  if (model.name != "apigateway") return {};
  std::string prefix(operation);
  prefix[0] = static_cast<char>(prefix[0] | 0x20);
  return prefix + "Input";
}

/// A page of the web can send a call without being allowed to read its answer: in open mode it must not even run.
net::Response foreign_origin() {
  net::Response response;
  response.status = 403;
  response.headers = {{"Content-Type", "text/plain"}, {"Vary", "Origin"}};
  response.body = "Pages of this origin may not call Brume; --cors-origin ORIGIN allows it.\n";
  return response;
}

/// A picture's or a link's address on a page of the web makes a GET without Origin, which a call in the query protocol
/// may be, and who believes every caller would run it. Authorization is a header that no page sends unasked.
bool may_be_a_link(const net::Request& request, const Target& target) {
  return (request.method == "GET" || request.method == "HEAD") && target.entry->row->effect != Effect::read &&
         !request.header("authorization");
}

void decode(const Target& target, const net::Request& request, Call& call) {
  const ServiceModel& model = *target.model;
  const auto& shape = *target.entry->shape;
  if (model.protocol == Protocol::rest_json) {
    decode_rest(model, *target.rest, request, call);
  } else if (shape.input != service::kNoShape) {
    const auto& input = model.shape(shape.input);
    call.input = model.protocol == Protocol::query ? decode_query(model, input, *target.form)
                                                   : decode_structure(model, input, parse_json_body(model, call.body));
  }
  if (shape.input == service::kNoShape) return;
  if (target.entry->row->check_first) target.entry->row->check_first(call.input);
  service::validate(model, model.shape(shape.input), call.input, path_prefix(model, shape.name));
}

net::Response encode(const Target& target, Reply reply, const std::string& request_id) {
  const ServiceModel& model = *target.model;
  net::Response response;
  response.headers = std::move(reply.headers);
  reply.headers.clear();
  if (model.protocol == Protocol::rest_json) {
    encode_rest(model, *target.entry->shape, std::move(reply), response);
    return response;
  }
  response.status = reply.status ? reply.status : 200;
  if (model.protocol == Protocol::query) {
    response.headers.emplace_back("Content-Type", "text/xml");
    response.body = encode_query_reply(model, *target.entry->shape, reply.output, request_id);
    return response;
  }
  response.headers.emplace_back(
      "Content-Type", model.json_version == "1.1" ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0");
  if (reply.raw) response.body = std::move(*reply.raw);
  else if (target.entry->shape->output != service::kNoShape)
    encode_structure(response.body, model, model.shape(target.entry->shape->output), reply.output);
  return response;
}

/// Compresses the body if the client asks for it and it is not small; returns the checksum of the bytes that are sent,
/// which clients check before they inflate.
std::uint32_t finish_body(const net::Request& request, net::Response& response) {
  constexpr std::size_t kLeast = 4096;
  if (response.body.size() < kLeast) return crc32(response.body);
  const Coding coding = preferred_coding(request.header_or_empty("accept-encoding"));
  if (coding != Coding::identity) {
    response.body = compress(coding, response.body);
    response.headers.emplace_back("Content-Encoding", std::string(name_of(coding)));
  }
  return crc32(response.body);
}

/// Inflates on the loop what stays short, else on the pool: how long it gets shows only while it is inflated.
Task<Inflated> inflate(BlockingPool* pool, Coding coding, std::string_view body, std::size_t bytes_max,
                       std::string& out) {
  if (body.size() < kLongBytes)
    if (const Inflated outcome = inflate_body(coding, body, kLongBytes, out); outcome != Inflated::too_long)
      co_return outcome;
  auto work = [&] {
    out.clear();
    return inflate_body(coding, body, bytes_max, out);
  };
  co_return co_await over_bytes(pool, kLongBytes, work);
}

/// A body that cannot be inflated: to DynamoDB that is an error of its own.
Failure damaged_body(const ServiceModel* model) {
  if (is_dynamodb(model)) return internal_failure(model);
  return {
      std::string(kSerializationException.code), "The request body could not be decompressed", 400, kCoralService, {}};
}

/// What load balancers ask for; nullopt for all other requests.
std::optional<net::Response> health_answer(const net::Request& request) {
  if (request.method != "GET" || request.target != "/" || request.header("authorization")) return std::nullopt;
  net::Response response;
  response.headers = {{"Content-Type", "text/plain"}, {"Server", "Server"}};
  response.body = "healthy: " + std::string(request.header_or_empty("host"));
  return response;
}

}  // namespace

struct Front::Impl {
  Impl(Options o, const Clock& c, Random& r, CredentialStore& s, Recorder& rec)
      : options(std::move(o)), clock(c), random(r), credentials(s), recorder(rec) {}

  Options options;
  const Clock& clock;
  Random& random;
  CredentialStore& credentials;
  Recorder& recorder;
  Directory directory;

  /// Whose signature it is. Throws nothing.
  Task<std::variant<Authenticated, Failure>> verified(const net::Request& request, const ServiceModel* model,
                                                      const std::string& request_id);
  /// The answer to a page that may not call; nullopt: it may, or it is no page that calls.
  std::optional<net::Response> refusal(const net::Request& request, std::optional<std::string_view> origin) const;
  /// Who calls; a failure if nobody who may.
  Task<std::optional<Failure>> admit(const net::Request& request, const Target& target, Call& call);
  /// The operation's encoded answer; `failure` is set if it failed.
  Task<net::Response> answer(const net::Request& request, const Target& target, Call& call,
                             std::optional<Failure>& failure);
  Task<net::Response> run(const net::Request& request, const Target& target, Call& call);
};

Task<net::Response> Front::Impl::run(const net::Request& request, const Target& target, Call& call) {
  const Operation& row = *target.entry->row;
  if (!row.raw) decode(target, request, call);
  Reply reply = co_await row.handler(call);
  co_return encode(target, std::move(reply), call.request_id);
}

Task<std::variant<Authenticated, Failure>> Front::Impl::verified(const net::Request& request, const ServiceModel* model,
                                                                 const std::string& request_id) {
  try {
    auto result = co_await verify(request, model, credentials, clock, options.compute);
    co_return result;
  } catch (const std::exception& error) {
    log_error("verify_failed", {{"request_id", request_id}, {"error", error.what()}});
  }
  co_return internal_failure(model);
}

Task<std::optional<Failure>> Front::Impl::admit(const net::Request& request, const Target& target, Call& call) {
  if (options.mode == AuthMode::open) {
    Authenticated who = take_at_word(request, options);
    call.region = std::move(who.region);
    call.caller = std::move(who.caller);
    call.caller.arn = root_arn(call.region, call.caller.account);
    call.caller.user_id = call.caller.account;
    co_return std::nullopt;
  }
  if (target.entry && target.entry->shape->anonymous && !request.header("authorization") && !is_presigned(request)) {
    call.region = options.default_region;
    call.caller.account = options.default_account;
    co_return std::nullopt;
  }
  auto result = co_await verified(request, target.model, call.request_id);
  if (auto* refused = std::get_if<Failure>(&result)) co_return std::move(*refused);
  call.caller = std::move(std::get<Authenticated>(result).caller);
  call.region = std::move(std::get<Authenticated>(result).region);
  co_return std::nullopt;
}

Task<net::Response> Front::Impl::answer(const net::Request& request, const Target& target, Call& call,
                                        std::optional<Failure>& failure) {
  if (!target.entry) {
    failure = unknown_operation(target, request);
    co_return net::Response{};
  }
  if (!target.entry->row) {
    failure = not_supported(target);
    co_return net::Response{};
  }
  call.operation = target.entry->row;
  if (options.mode == AuthMode::open && may_be_a_link(request, target)) {
    failure = missing_signature(target.model);
    co_return net::Response{};
  }
  failure = refuse_caller(*target.entry, call);
  if (failure) co_return net::Response{};
  try {
    net::Response response = co_await run(request, target, call);
    co_return response;
  } catch (const AwsError& error) {
    failure = renamed_for(*target.model, failure_of(error));
    failure->wire_members = target.entry->row->raw;
    if (failure->status >= 500)
      log_error("call_failed",
                {{"request_id", call.request_id}, {"operation", target.entry->shape->name}, {"error", error.what()}});
  } catch (const Unavailable& error) {
    failure = unavailable(target.model, error.what());  // whoever refuses logs it, once
  } catch (const std::exception& error) {
    failure = internal_failure(target.model);
    log_error("call_failed",
              {{"request_id", call.request_id}, {"operation", target.entry->shape->name}, {"error", error.what()}});
  }
  co_return net::Response{};
}

Front::Front(Options options, const Clock& clock, Random& random, CredentialStore& credentials, Recorder& recorder)
    : impl_(std::make_unique<Impl>(std::move(options), clock, random, credentials, recorder)) {}
Front::~Front() = default;

std::string Front::compatibility_page() const { return front::compatibility_page(impl_->directory.services()); }

std::size_t Front::body_bytes_max(const net::Request& head) const {
  return body_bytes_max_of(head, impl_->directory, impl_->options.mode);
}

net::Response Front::refusal(int status, const net::Request* head) const {
  return refuse_unread(status, head, impl_->directory, impl_->options.mode, impl_->random.uuid());
}

void Front::add(service::Service service) { impl_->directory.add(std::move(service)); }

std::optional<net::Response> Front::Impl::refusal(const net::Request& request,
                                                  std::optional<std::string_view> origin) const {
  if (!origin || (options.mode != AuthMode::open && request.method != "OPTIONS")) return std::nullopt;
  if (origin_allowed(*origin, options)) return std::nullopt;
  net::Response refused = foreign_origin();
  recorder.count({.status = refused.status,
                  .error_code = "ForeignOrigin",
                  .request_bytes = request.body.size(),
                  .response_bytes = refused.body.size()});
  return refused;
}

std::optional<net::Response> Front::refuse_origin(const net::Request& request) const {
  return impl_->refusal(request, request.header("origin"));
}

Task<std::variant<service::Caller, net::Response>> Front::identify(const net::Request& request,
                                                                   std::string signing_name) {
  Impl& self = *impl_;
  if (self.options.mode == AuthMode::open)
    co_return service::Caller{.account = self.options.default_account,
                              .access_key_id = {},
                              .arn = root_arn(self.options.default_region, self.options.default_account),
                              .user_id = self.options.default_account};
  const std::string request_id = self.random.uuid();
  auto found = co_await self.verified(request, nullptr, request_id);
  if (auto* who = std::get_if<Authenticated>(&found)) {
    if (who->service == signing_name) co_return std::move(who->caller);
    found = wrong_scope(nullptr, signing_name);
  }
  Failure& failure = std::get<Failure>(found);
  if (failure.status < 500) failure.status = 403;
  net::Response refused = encode_failure(nullptr, failure, request_id);
  refused.headers.emplace_back("x-amzn-RequestId", request_id);
  self.recorder.count({.status = refused.status,
                       .error_code = failure.code,
                       .request_bytes = request.body.size(),
                       .response_bytes = refused.body.size()});
  co_return refused;
}

Task<net::Response> Front::handle(const net::Request& request) {
  Impl& self = *impl_;
  const SteadyTime begin = self.clock.monotonic();
  const auto origin = request.header("origin");
  if (auto refused = self.refusal(request, origin)) co_return std::move(*refused);
  const bool cross_origin = origin && origin_allowed(*origin, self.options);
  if (cross_origin && request.method == "OPTIONS") co_return preflight(request);
  if (has_long_head(request)) co_return refusal(431, &request);
  if (auto health = health_answer(request)) {
    if (cross_origin) allow_origin(*health, *origin);
    co_return std::move(*health);
  }

  Call call;
  call.http = &request;
  call.body = request.body;
  std::string inflated;
  const auto encoding = request.header("content-encoding");
  const bool compressed = encoding && !net::equal_ignoring_case(*encoding, "identity") &&
                          !net::equal_ignoring_case(*encoding, "aws-chunked");
  const auto scope = read_scope(request);
  const std::string signing_name(scope ? scope->service : std::string_view());
  Target target = self.directory.find(request, compressed ? std::string_view() : call.body, signing_name);
  call.request_id = new_request_id(target.model, self.random);
  if (target.entry) call.operation = target.entry->row;

  net::Response response;
  std::optional<Failure> failure = co_await self.admit(request, target, call);
  if (!failure && compressed) {  // not before: a stranger's bytes are not worth the work
    const auto coding = coding_named(*encoding);
    Inflated outcome = Inflated::damaged;
    try {
      if (coding)
        outcome =
            co_await inflate(self.options.compute, *coding, request.body, front::body_bytes_max(target), inflated);
    } catch (const PoolFull& error) {
      log_error("inflate_failed", {{"request_id", call.request_id}, {"error", error.what()}});
      failure = internal_failure(target.model);
    }
    if (outcome == Inflated::whole) {
      call.body = inflated;
      target = self.directory.find(request, call.body, signing_name);
    } else if (!failure) {
      failure = outcome == Inflated::too_long ? too_large(target.model) : damaged_body(target.model);
    }
  }
  const auto unknown = unknown_service(request, call.body, target, self.directory, signing_name);
  if (!failure && unknown) failure = unknown->refusal();
  if (!failure) response = co_await self.answer(request, target, call, failure);
  if (failure)
    response = unknown ? unknown->encode(*failure, call.request_id)
                       : encode_failure(target.model, *failure, call.request_id);
  // Strangers' failures are counted below and leave nothing on the disk.
  const bool stranger = self.options.mode != AuthMode::open && call.caller.access_key_id.empty();
  const bool audited = target.entry && target.entry->row && target.entry->row->effect == Effect::manage;
  if (audited && !(stranger && failure)) {
    try {
      co_await self.recorder.audit(call, *target.model, response.status, failure ? failure->code : std::string_view(),
                                   failure ? failure->message : std::string_view());
    } catch (const std::exception& error) {
      log_error("audit_failed", {{"request_id", call.request_id}, {"error", error.what()}});
      failure = internal_failure(target.model);  // who sees success must find the record
      response = encode_failure(target.model, *failure, call.request_id);
    }
  }
  response.headers.emplace_back("x-amzn-RequestId", call.request_id);
  if (is_dynamodb(target.model)) {
    response.headers.emplace_back("Server", "Server");
    std::uint32_t checksum = 0;
    if (response.body.size() < kLongBytes || !self.options.compute) {
      checksum = finish_body(request, response);
    } else {
      auto work = [&] { return finish_body(request, response); };
      checksum = co_await self.options.compute->run_always(work);  // the reply is there: it is not refused any more
    }
    response.headers.emplace_back("x-amz-crc32", std::to_string(checksum));
  }
  if (cross_origin) allow_origin(response, *origin);
  self.recorder.count({target.model, target.entry ? target.entry->shape->name : std::string_view(), response.status,
                       failure ? std::string_view(failure->code) : std::string_view(), self.clock.monotonic() - begin,
                       request.body.size(), response.body.size()});
  co_return response;
}

}  // namespace brume::front
