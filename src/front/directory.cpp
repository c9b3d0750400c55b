#include "front/directory.h"

namespace brume::front {
using service::Protocol;
using service::ServiceModel;

void Directory::add(const ServiceModel& model) {
  if (model.protocol == Protocol::query) {
    query_.push_back(&model);
  } else if (model.protocol == Protocol::json) {
    prefixes_[model.target_prefix] = &model;
    for (const service::Entry& entry : catalog_.entries(model.name)) {
      targets_.push_back(std::string(model.target_prefix) + "." + std::string(entry.shape->name));
      by_target_[targets_.back()] = &entry;
    }
  } else {
    rest_.emplace_back(&model, RestRoutes(model));
  }
}

const service::Entry* Directory::entry_of(const ServiceModel& model, std::string_view operation) const {
  return catalog_.entry(model.name, operation);
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
    if (const auto found = by_target_.find(*header); found != by_target_.end()) {
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
