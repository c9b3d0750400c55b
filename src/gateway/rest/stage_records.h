// Stage records: made by CreateStage and CreateDeployment, changed by both and by UpdateStage.
#pragma once

#include <functional>
#include <string_view>

#include "gateway/rest/patch.h"
#include "gateway/rest/records.h"

namespace brume::gateway {

struct NewStage {
  std::string name;
  std::string deployment;
  std::string description;
  const json::object* variables = nullptr;  ///< may be null
  const json::object* tags = nullptr;       ///< may be null
  double now = 0;                           ///< unix seconds
};

/// Errors: BadRequestException for a name or a variable that AWS does not take.
json::object new_stage(const NewStage& stage);

void refuse_stage_features(const json::object& input);

/// Adds `variables` to those of the stage; null changes nothing.
void set_variables(json::object& stage, const json::object* variables);

/// One patch of UpdateStage. `deployment_exists` tells of a deployment's id. Errors: BadRequestException.
void patch_stage(const Patch& patch, json::object& stage,
                 const std::function<bool(std::string_view)>& deployment_exists);

}  // namespace brume::gateway
