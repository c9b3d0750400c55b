// The one way to call a service, from outside and from inside the server: what is looked up, limited, authorized,
// validated, audited and counted does not depend on the door.
//
//   Dispatcher dispatcher(clock, random, recorder, json_text);
//   dispatcher.add(dynamodb.service());
//   Outcome outcome = co_await dispatcher.call({.service = "dynamodb", .operation = "GetItem", .caller = …, .body = …});
//
// The order: look-up → limits → decoding → authorization → validation → handler → audit → counting. What a call is refused
// with at any step is audited and counted like what its handler answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "service/authorize.h"
#include "service/call.h"
#include "service/catalog.h"
#include "service/failure.h"
#include "service/recorder.h"

namespace brume::service {

/// What came of a call: the reply, or why there is none.
struct Outcome {
  Reply reply;
  std::optional<Failure> failure;
  std::string request_id = {};  ///< of calls from inside
};

/// Reads a call's input in the form in which it came.
class Decoder {
 public:
  /// Fills input and payload of `call`, an operation that is not raw. Errors: AwsError.
  virtual void decode(const Entry& entry, Call& call) = 0;

 protected:
  ~Decoder() = default;
};

/// Structures as the JSON text of the aws-json protocols. front/ has the codec.
class JsonText {
 public:
  virtual ~JsonText() = default;
  /// Errors: SerializationException.
  virtual boost::json::object read(const ServiceModel& model, const Shape& shape, std::string_view text) const = 0;
  virtual std::string write(const ServiceModel& model, const Shape& shape,
                            const boost::json::object& members) const = 0;
};

/// A call that the server itself makes for somebody. Exactly one of `input` and `body` is used, `body` if it is set.
struct InsideCall {
  std::string_view service;  ///< the model's name, "dynamodb"; a literal, or what outlives the call
  std::string_view operation;  ///< "GetItem"; likewise
  Caller caller;
  std::string region;
  boost::json::object input = {};  ///< members as in Call::input
  std::optional<std::string> payload = std::nullopt;
  /// JSON text as the service's clients send it: for the services of the aws-json protocols (DynamoDB, Logs).
  std::optional<std::string> body = std::nullopt;
  std::string request_id = {};  ///< "": a new one
  bool made_here = false;  ///< see Call
};

/// Thread-safe once the services are added. What is passed in must outlive it.
class Dispatcher {
 public:
  /// `authorizer` null: nobody is asked, but refuse_caller() holds.
  Dispatcher(const Clock& clock, Random& random, Recorder& recorder, const JsonText& json,
             Authorizer* authorizer = nullptr)
      : clock_(clock), random_(random), recorder_(recorder), json_(json), authorizer_(authorizer) {}
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  void add(Service service) { catalog_.add(std::move(service)); }
  const Catalog& catalog() const { return catalog_; }

  /// A call from inside; throws nothing. Asked with `body`, the reply has `raw`, JSON text too; asked with `input`, it has
  /// `output`, whatever the operation's own form.
  Task<Outcome> call(InsideCall wish);

  /// A call from outside, whose sender the door has identified: `call` has everything but operation, input, payload and
  /// usage. `entry` null: what was asked for is no operation, and `refused` says so; `model` null: no service either.
  /// `refused`: the door's own refusal, which is audited and counted as any other. Throws nothing.
  /// `call` and `decoder` must outlive the task.
  Task<Outcome> run(const ServiceModel* model, const Entry* entry, Call& call, Decoder& decoder,
                    std::optional<Failure> refused = std::nullopt);

  /// DynamoDB's ids are 52 digits of base 32, other services' are UUIDs.
  std::string new_request_id(const ServiceModel* model);

 private:
  Task<std::optional<Failure>> denied(const Entry& entry, const Call& call);
  Task<> audit(const Entry& entry, const Call& call, int status, std::optional<Failure>& failure);
  std::optional<Failure> give_form(const Entry& entry, bool as_text, Reply& reply) const;

  const Clock& clock_;
  Random& random_;
  Recorder& recorder_;
  const JsonText& json_;
  Authorizer* const authorizer_;
  Catalog catalog_;
};

/// The HTTP status of a reply: its own, the output's member for it, or the operation's.
int status_of(const Entry& entry, const Reply& reply);

}  // namespace brume::service
