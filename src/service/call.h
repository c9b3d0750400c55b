// What a service receives and gives back: the contract between whoever calls and every service.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/message/http_message.h"
#include "service/usage.h"

namespace brume::service {

struct Operation;

/// Who calls. In `open` mode any credential is taken at its word.
struct Caller {
  std::string account;        ///< 12 digits
  std::string access_key_id;  ///< "" for an anonymous call
  std::string arn;            ///< principal, e.g. arn:aws:iam::000000000000:root
  std::string user_id;        ///< as GetCallerIdentity shows it
  /// The service that got the session's role ("lambda.amazonaws.com": the caller is a function), also when it assumed
  /// further roles since; "" for everybody else.
  std::string on_behalf_of = {};
  /// A service that calls for a resource of its own ("apigateway.amazonaws.com"): `arn` is "" then, `account` that of the
  /// resource, and what it may do is for the policy of what it calls to say.
  std::string service = {};
  std::string source_arn = {};  ///< that resource
};

// Values in Call::input and Reply::output, whatever the protocol: a structure is an object whose keys are the
// model's member names, a list an array, a map an object; numbers are int64 or double, a timestamp is seconds since
// 1970 as a number, a blob is a string of the bytes themselves (not base64). An absent member has no key. Reply may
// also hold null for an absent member, and a timestamp already in its text form as a string.

/// One API call. Lives until its handler has returned.
struct Call {
  const Operation* operation = nullptr;
  std::string region;  ///< from the credential scope, or the server's default
  Caller caller;
  std::string request_id;
  const net::Request* http = nullptr;  ///< null: a call from inside the server
  std::string_view body;  ///< after content decoding
  boost::json::object input;  ///< decoded and validated; keys are the model's member names; empty for raw operations
  std::optional<std::string> payload;  ///< input's blob payload member, if its shape has one
  SteadyTime began{};  ///< when its last byte was there
  bool stranger = false;  ///< nobody has proved who calls: what fails then leaves no audit record
  /// Input and payload were made by the server itself, which vouches for their form: it is not checked again.
  bool made_here = false;
  UsageList usage;  ///< filled by the handler, also of calls that then fail

  const std::string& account() const { return caller.account; }
};

/// The answer. Exactly one of `output` and `raw` is used, `raw` if it is set. Errors are thrown (AwsError).
struct Reply {
  boost::json::object output;  ///< members of the output shape, by model name
  std::optional<std::string> payload;  ///< output's blob payload member
  std::optional<std::string> raw;  ///< body already in the protocol's form
  int status = 0;  ///< 0: the operation's own
  std::vector<net::Header> headers;  ///< added to the response
  UsageList usage;  ///< what the call took; the dispatcher moves it here from Call::usage
};

}  // namespace brume::service
