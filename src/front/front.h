// The front door: finds which operation an HTTP request asks for and who calls, decodes its input, has the dispatcher run
// it, and encodes the answer or error in the service's protocol.
//
//   Front front({.mode = AuthMode::open}, clock, credentials, dispatcher, recorder);
//   front.add(dynamodb_model());
//   net::Response response = co_await front.handle(request);
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/blocking_pool.h"
#include "base/clock.h"
#include "base/task.h"
#include "front/credential_store.h"
#include "net/message/http_message.h"
#include "service/call.h"
#include "service/dispatcher.h"

namespace brume::front {

enum class AuthMode : std::uint8_t {
  open,  ///< any credential is taken at its word; an access key id of 12 digits is the account
  sigv4,  ///< signatures are verified
  iam,  ///< and policies enforced
};

struct Options {
  AuthMode mode = AuthMode::open;
  std::string default_region = "us-east-1";
  std::string default_account = "000000000000";
  /// For hashes, checksums and compression of long bodies; null: on the caller's loop.
  BlockingPool* compute = nullptr;
  /// Origins whose pages may call, as browsers send them ("https://app.example.com"); in open mode pages of the
  /// loopback may too.
  std::vector<std::string> cors_origins = {};
};

/// Thread-safe once the services are added. What is passed in must outlive it.
class Front {
 public:
  /// `recorder` counts what never becomes a call.
  Front(Options options, const Clock& clock, CredentialStore& credentials, service::Dispatcher& dispatcher,
        service::Recorder& recorder);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// Answers calls of a service that the dispatcher has.
  void add(const service::ServiceModel& model);

  /// Answers one API call. Every failure is an answer; throws nothing.
  Task<net::Response> handle(const net::Request& request);

  /// The answer to a page of the web that may not call, or nullopt: for paths that handle() does not see.
  std::optional<net::Response> refuse_origin(const net::Request& request) const;
  /// Who signed a request for a path that is no service's, with `signing_name` in the signature's scope; the refusal (403)
  /// if nobody did who has a key. In open mode credentials are not looked at: the default account's root.
  Task<std::variant<service::Caller, net::Response>> identify(const net::Request& request, std::string signing_name);

  /// How long the body of a call with this head may be, before anything of it is looked at. In the modes that verify,
  /// long bodies without a signature are not taken at all.
  std::size_t body_bytes_max(const net::Request& head) const;
  /// The answer to a call that net/ refuses with `status` before its body is there, in its service's protocol; `head` is
  /// null where not even that is.
  net::Response refusal(int status, const net::Request* head) const;

  /// docs/COMPATIBILITY.md, from the operation tables of all services.
  std::string compatibility_page() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace brume::front
