#include "front/front.h"

#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/error.h"
#include "base/log.h"
#include "front/authenticate.h"
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

namespace brume::front {
using service::Call;
using service::Effect;
using service::internal_failure;
using service::is_dynamodb;
using service::Outcome;
using service::Protocol;
using service::Reply;
using service::ServiceModel;
namespace {

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

std::string root_arn(std::string_view region, std::string_view account) {
  return "arn:" + std::string(service::partition_of(region)) + ":iam::" + std::string(account) + ":root";
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

/// Reads the request in its service's protocol.
class RequestDecoder final : public service::Decoder {
 public:
  RequestDecoder(const Target& target, const net::Request& request) : target_(target), request_(request) {}
  void decode(const service::Entry& entry, Call& call) override {
    const ServiceModel& model = *entry.model;
    if (model.protocol == Protocol::rest_json) return decode_rest(model, *target_.rest, request_, call);
    if (entry.shape->input == service::kNoShape) return;
    const auto& input = model.shape(entry.shape->input);
    call.input = model.protocol == Protocol::query ? decode_query(model, input, *target_.form)
                                                   : decode_structure(model, input, parse_json_body(model, call.body));
  }

 private:
  const Target& target_;
  const net::Request& request_;
};

net::Response encode(const Target& target, Reply reply, const std::string& request_id) {
  const ServiceModel& model = *target.model;
  net::Response response;
  response.headers = std::move(reply.headers);
  reply.headers.clear();
  if (model.protocol == Protocol::rest_json) {
    encode_rest(*target.entry, std::move(reply), response);
    return response;
  }
  response.status = service::status_of(*target.entry, reply);
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
  Impl(Options o, const Clock& c, CredentialStore& s, service::Dispatcher& d, service::Recorder& r)
      : options(std::move(o)), clock(c), credentials(s), dispatcher(d), recorder(r), directory(d.catalog()) {}

  Options options;
  const Clock& clock;
  CredentialStore& credentials;
  service::Dispatcher& dispatcher;
  service::Recorder& recorder;
  Directory directory;

  /// Whose signature it is. Throws nothing.
  Task<std::variant<Authenticated, Failure>> verified(const net::Request& request, const ServiceModel* model,
                                                      const std::string& request_id);
  /// The answer to a page that may not call; nullopt: it may, or it is no page that calls.
  std::optional<net::Response> refusal(const net::Request& request, std::optional<std::string_view> origin) const;
  /// Who calls; a failure if nobody who may.
  Task<std::optional<Failure>> admit(const net::Request& request, const Target& target, Call& call);
  /// Why a call that is known is not to be made, or what it is that is not known.
  std::optional<Failure> objection(const net::Request& request, const Target& target) const;
  void count_refused(const net::Request& request, const net::Response& response, std::string_view code) const;
};

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

std::optional<Failure> Front::Impl::objection(const net::Request& request, const Target& target) const {
  if (!target.entry) return unknown_operation(target, request);
  if (target.entry->row && options.mode == AuthMode::open && may_be_a_link(request, target))
    return missing_signature(target.model);
  return std::nullopt;
}

void Front::Impl::count_refused(const net::Request& request, const net::Response& response,
                                std::string_view code) const {
  recorder.count({.status = response.status, .error_code = code});
  recorder.count_bytes(nullptr, {}, request.body.size(), response.body.size());
}

Front::Front(Options options, const Clock& clock, CredentialStore& credentials, service::Dispatcher& dispatcher,
             service::Recorder& recorder)
    : impl_(std::make_unique<Impl>(std::move(options), clock, credentials, dispatcher, recorder)) {}
Front::~Front() = default;

std::string Front::compatibility_page() const {
  return front::compatibility_page(impl_->dispatcher.catalog().services());
}

std::size_t Front::body_bytes_max(const net::Request& head) const {
  return body_bytes_max_of(head, impl_->directory, impl_->options.mode);
}

net::Response Front::refusal(int status, const net::Request* head) const {
  return refuse_unread(status, head, impl_->directory, impl_->options.mode, impl_->dispatcher.new_request_id(nullptr));
}

void Front::add(const ServiceModel& model) { impl_->directory.add(model); }

std::optional<net::Response> Front::Impl::refusal(const net::Request& request,
                                                  std::optional<std::string_view> origin) const {
  if (!origin || (options.mode != AuthMode::open && request.method != "OPTIONS")) return std::nullopt;
  if (origin_allowed(*origin, options)) return std::nullopt;
  net::Response refused = foreign_origin();
  count_refused(request, refused, "ForeignOrigin");
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
  const std::string request_id = self.dispatcher.new_request_id(nullptr);
  auto found = co_await self.verified(request, nullptr, request_id);
  if (auto* who = std::get_if<Authenticated>(&found)) {
    if (who->service == signing_name) co_return std::move(who->caller);
    found = wrong_scope(nullptr, signing_name);
  }
  Failure& failure = std::get<Failure>(found);
  if (failure.status < 500) failure.status = 403;
  net::Response refused = encode_failure(nullptr, failure, request_id);
  refused.headers.emplace_back("x-amzn-RequestId", request_id);
  self.count_refused(request, refused, failure.code);
  co_return refused;
}

Task<net::Response> Front::handle(const net::Request& request) {
  Impl& self = *impl_;
  Call call;
  call.began = self.clock.monotonic();
  const auto origin = request.header("origin");
  if (auto refused = self.refusal(request, origin)) co_return std::move(*refused);
  const bool cross_origin = origin && origin_allowed(*origin, self.options);
  if (cross_origin && request.method == "OPTIONS") co_return preflight(request);
  if (has_long_head(request)) co_return refusal(431, &request);
  if (auto health = health_answer(request)) {
    if (cross_origin) allow_origin(*health, *origin);
    co_return std::move(*health);
  }

  call.http = &request;
  call.body = request.body;
  std::string inflated;
  const auto encoding = request.header("content-encoding");
  const bool compressed = encoding && !net::equal_ignoring_case(*encoding, "identity") &&
                          !net::equal_ignoring_case(*encoding, "aws-chunked");
  const auto scope = read_scope(request);
  const std::string signing_name(scope ? scope->service : std::string_view());
  Target target = self.directory.find(request, compressed ? std::string_view() : call.body, signing_name);
  call.request_id = self.dispatcher.new_request_id(target.model);

  std::optional<Failure> failure = co_await self.admit(request, target, call);
  if (!failure && compressed) {  // not before: a stranger's bytes are not worth the work
    const auto coding = coding_named(*encoding);
    Inflated outcome = Inflated::damaged;
    try {
      if (coding)
        outcome = co_await inflate(self.options.compute, *coding, request.body, body_bytes_max_of(target), inflated);
    } catch (const PoolFull& error) {
      log_error("inflate_failed", {{"request_id", call.request_id}, {"error", error.what()}});
      failure = internal_failure(target.model);
    }
    if (outcome == Inflated::whole) {
      call.body = inflated;
      target = self.directory.find(request, call.body, signing_name);
    } else if (!failure) {
      failure = outcome == Inflated::too_long ? service::too_large() : damaged_body(target.model);
    }
  }
  const auto unknown = unknown_service(request, call.body, target, self.directory, signing_name);
  if (!failure && unknown) failure = unknown->refusal();
  if (!failure) failure = self.objection(request, target);
  call.stranger = self.options.mode != AuthMode::open && call.caller.access_key_id.empty();
  RequestDecoder decoder(target, request);
  Outcome outcome = co_await self.dispatcher.run(target.model, target.entry, call, decoder, std::move(failure));
  net::Response response;
  if (!outcome.failure) {
    try {
      response = encode(target, std::move(outcome.reply), call.request_id);
    } catch (const std::exception& error) {
      log_error("encode_failed", {{"request_id", call.request_id}, {"error", error.what()}});
      outcome.failure = internal_failure(target.model);
    }
  }
  if (outcome.failure)
    response = unknown ? unknown->encode(*outcome.failure, call.request_id)
                       : encode_failure(target.model, *outcome.failure, call.request_id);
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
  self.recorder.count_bytes(target.model, target.entry ? target.entry->shape->name : std::string_view(),
                            request.body.size(), response.body.size());
  co_return response;
}

}  // namespace brume::front
