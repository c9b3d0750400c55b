#include "front/directory.h"

namespace brume::front {
using service::Protocol;
using service::ServiceModel;

void Directory::add(service::Service service) {
  services_.push_back(std::move(service));
  const service::Service& added = services_.back();
  const ServiceModel& model = *added.model;
  for (const auto& shape : model.operations) {
    entries_.push_back({&model, &shape, nullptr, added.guarded});
    names_.push_back(std::string(model.protocol == Protocol::json ? model.target_prefix : model.name) + "." +
                     std::string(shape.name));
    by_target_[names_.back()] = &entries_.back();
    for (const auto& row : added.operations)
      if (row.name == shape.name) entries_.back().row = &row;
  }
  if (model.protocol == Protocol::json) prefixes_[model.target_prefix] = &model;
  else if (model.protocol == Protocol::query) query_.push_back(&model);
  else rest_.emplace_back(&model, RestRoutes(model));
}

const Entry* Directory::entry_of(const ServiceModel& model, std::string_view operation) const {
  const auto found = by_target_.find(std::string(model.protocol == Protocol::json ? model.target_prefix : model.name) +
                                     "." + std::string(operation));
  return found == by_target_.end() ? nullptr : found->second;
}

const ServiceModel* Directory::query_model(std::string_view signing_name) const {
  for (const ServiceModel* model : query_)
    if (model->signing_name == signing_name) return model;
  return nullptr;
}

Target Directory::find(const net::Request& request, std::string_view body, std::string_view signing_name) const {
  Target target;
  const bool at_root = request.path == "/" || request.path.empty();
  if (const auto header = at_root ? request.header("x-amz-target") : std::nullopt) {
    if (const auto found = by_target_.find(*header);
        found != by_target_.end() && found->second->model->protocol == Protocol::json) {
      target.entry = found->second;
      target.model = target.entry->model;
    } else if (const auto prefix = prefixes_.find(header->substr(0, header->find('.'))); prefix != prefixes_.end()) {
      target.model = prefix->second;
    }
    return target;
  }
  if (at_root) {
    net::Parameters parameters = net::parse_query(request.query);
    if (request.header_or_empty("content-type").starts_with("application/x-www-form-urlencoded"))
      for (auto& parameter : net::parse_query(body)) parameters.push_back(std::move(parameter));
    std::string_view action, version;
    for (const auto& [name, value] : parameters) {
      if (name == "Action") action = value;
      if (name == "Version") version = value;
    }
    if (!action.empty()) {
      for (const ServiceModel* model : query_) {
        if (!signing_name.empty() ? model->signing_name != signing_name : model->api_version != version) continue;
        target.model = model;
        target.entry = entry_of(*model, action);
      }
      target.form = std::move(parameters);
      return target;
    }
  }
  for (const auto& [model, routes] : rest_) {
    if (!signing_name.empty() && model->signing_name != signing_name) continue;
    auto match = routes.match(request.method, request.path, request.query);
    if (!match && signing_name.empty()) continue;
    target.model = model;
    if (match) target.entry = entry_of(*model, match->operation->name);
    target.rest = std::move(match);
    break;
  }
  return target;
}

}  // namespace brume::front
