// RestControl::change_resource: methods and integrations live in the record of their resource.
#pragma once

#include "gateway/keys.h"
#include "gateway/rest/control.h"

namespace brume::gateway {

template <class F>
Task<service::Reply> RestControl::change_resource(Call& call, F edit) {
  std::string api = input_text(call, "restApiId");
  std::string id = input_text(call, "resourceId");
  return change(api, [scope = scope_of(call), api, id, edit = std::move(edit)](store::Transaction& transaction) {
    json::object resource = require_resource(transaction, scope, api, id);
    json::object output = edit(resource);
    write_record(transaction, resource_key(api, id), resource);
    return output;
  });
}

}  // namespace brume::gateway
