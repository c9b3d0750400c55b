// How a request names an operation.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "front/rest_routes.h"
#include "service/catalog.h"

namespace brume::front {

/// What a request asks for.
struct Target {
  const service::ServiceModel* model = nullptr;  ///< nullptr: no such service
  const service::Entry* entry = nullptr;             ///< nullptr: no such operation
  std::optional<RestMatch> rest;
  std::optional<net::Parameters> form;           ///< query protocol: the decoded parameters
};

class Directory {
 public:
  /// `catalog` must outlive it.
  explicit Directory(const service::Catalog& catalog) : catalog_(catalog) {}

  /// A service that the catalog has.
  void add(const service::ServiceModel& model);

  const std::deque<service::Service>& services() const { return catalog_.services(); }

  /// Finds the operation from X-Amz-Target or the Action parameter, both of "/" alone, else method and path. `signing_name`
  /// is the service of the credential scope, "" if there is none; `body` is the request's, decompressed.
  Target find(const net::Request& request, std::string_view body, std::string_view signing_name) const;
  /// The service of the query protocol with that signing name, or null.
  const service::ServiceModel* query_model(std::string_view signing_name) const;

 private:
  const service::Entry* entry_of(const service::ServiceModel& model, std::string_view operation) const;

  const service::Catalog& catalog_;
  std::deque<std::string> targets_;  // addresses are kept
  std::unordered_map<std::string_view, const service::Entry*> by_target_;  // "DynamoDB_20120810.PutItem"
  std::unordered_map<std::string_view, const service::ServiceModel*> prefixes_;  // "DynamoDB_20120810"
  std::vector<const service::ServiceModel*> query_;
  std::vector<std::pair<const service::ServiceModel*, RestRoutes>> rest_;
};

}  // namespace brume::front
