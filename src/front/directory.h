// All operations of all services, and how a request names one.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "front/rest_routes.h"
#include "service/operation.h"

namespace brume::front {

/// One operation of a service model, with its row if the service supports it.
struct Entry {
  const service::ServiceModel* model = nullptr;
  const service::OperationShape* shape = nullptr;
  const service::Operation* row = nullptr;  ///< nullptr: not supported
  bool guarded = false;                     ///< of its service
};

/// What a request asks for.
struct Target {
  const service::ServiceModel* model = nullptr;  ///< nullptr: no such service
  const Entry* entry = nullptr;                  ///< nullptr: no such operation
  std::optional<RestMatch> rest;
  std::optional<net::Parameters> form;           ///< query protocol: the decoded parameters
};

class Directory {
 public:
  void add(service::Service service);

  const std::deque<service::Service>& services() const { return services_; }

  /// Finds the operation from X-Amz-Target or the Action parameter, both of "/" alone, else method and path. `signing_name`
  /// is the service of the credential scope, "" if there is none; `body` is the request's, decompressed.
  Target find(const net::Request& request, std::string_view body, std::string_view signing_name) const;
  /// The service of the query protocol with that signing name, or null.
  const service::ServiceModel* query_model(std::string_view signing_name) const;

 private:
  const Entry* entry_of(const service::ServiceModel& model, std::string_view operation) const;

  std::deque<service::Service> services_;  // addresses are kept
  std::deque<Entry> entries_;
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, const Entry*> by_target_;  // "DynamoDB_20120810.PutItem"
  std::unordered_map<std::string_view, const service::ServiceModel*> prefixes_;  // "DynamoDB_20120810"
  std::vector<const service::ServiceModel*> query_;
  std::vector<std::pair<const service::ServiceModel*, RestRoutes>> rest_;
};

}  // namespace brume::front
