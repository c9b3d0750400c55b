// One row for each operation that a service supports. Dispatch, authorization, audit, metrics and
// docs/COMPATIBILITY.md derive from these rows; an operation of the model without a row is answered
// with UnsupportedOperationException naming it.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "service/call.h"
#include "service/refusal.h"
#include "service/shape.h"

namespace brume::service {

/// Runs on the connection's loop and never blocks it. Errors: AwsError.
using OperationHandler = std::function<Task<Reply>(Call&)>;

enum class Effect : std::uint8_t {
  read,    ///< changes nothing
  data,    ///< changes items, invokes, writes log events: not audited
  manage,  ///< changes configuration: leaves an audit record before the reply
};

struct Entry;

/// Something that a call needs to be allowed to do.
struct Access {
  std::string action;    ///< "dynamodb:PutItem": not always the operation's name
  std::string resource;  ///< an ARN; "*" where AWS knows none for the action
};

/// All that `call` needs, judged by its input, its account and its region; at least one. Asked before the input is
/// validated: what is absent or malformed gives an ARN with "" in its place, and throws nothing.
using AccessOf = std::vector<Access> (*)(const Entry& entry, const Call& call);

struct Operation {
  std::string_view name;     ///< as in the model: "PutItem"
  Effect effect = Effect::read;
  OperationHandler handler;
  /// Which resources the call concerns and what it does to each, as AWS's Service Authorization Reference has it.
  AccessOf resource_of = nullptr;
  /// Gets Call::body undecoded and answers with Reply::raw; members of its errors are in the protocol's form too.
  bool raw = false;
  std::string_view missing = {};  ///< what AWS has here and we don't yet; shown in COMPATIBILITY.md
  /// Called before the input is checked against its shape, for what AWS refuses alone. Errors: AwsError.
  void (*check_first)(const boost::json::object& input) = nullptr;
  std::span<const Refusal> refused =
      {};  ///< the handler's wrapper refuses them (refused_member), whatever else is asked
};

/// A service: its model and its rows. The rows' handlers may capture the service; it outlives the server.
struct Service {
  const ServiceModel* model = nullptr;
  std::vector<Operation> operations;
  /// Its managing operations decide who may do what, or which code runs: not for functions to change, as long as no
  /// policy says which of them may.
  bool guarded = false;
};

/// One operation of a service's model, with its row if the service supports it.
struct Entry {
  const ServiceModel* model = nullptr;
  const OperationShape* shape = nullptr;
  const Operation* row = nullptr;  ///< nullptr: not supported
  bool guarded = false;            ///< of its service
};

}  // namespace brume::service
