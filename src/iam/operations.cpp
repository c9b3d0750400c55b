#include "iam/operations.h"

#include "iam/control.h"
#include "iam/errors.h"

namespace brume::iam {
namespace {

using Plain = Task<service::Reply> (Control::*)(service::Call&);
constexpr service::Refusal kBoundary[] = {{"PermissionsBoundary", {}, "permissions boundaries"}};

using OfKind = Task<service::Reply> (Control::*)(Kind, service::Call&);

}  // namespace

std::vector<service::Operation> iam_operations(Control& control) {
  using service::Effect;
  auto to = [&control](Plain handler) -> service::OperationHandler {
    return [&control, handler](service::Call& call) {
      if (const auto words = service::refused_member(call.operation->refused, call.input)) throw not_supported(*words);
      return control.run(handler, call);
    };
  };
  auto of = [&control](Kind kind, OfKind handler) -> service::OperationHandler {
    return [&control, kind, handler](service::Call& call) { return (control.*handler)(kind, call); };
  };
  return {
      {"CreateRole", Effect::manage, to(&Control::create_role), false, {}, nullptr, kBoundary},
      {"GetRole", Effect::read, to(&Control::get_role), false, "RoleLastUsed"},
      {"ListRoles", Effect::read, to(&Control::list_roles)},
      {"UpdateRole", Effect::manage, to(&Control::update_role)},
      {"UpdateRoleDescription", Effect::manage, to(&Control::update_role_description)},
      {"UpdateAssumeRolePolicy", Effect::manage, to(&Control::update_assume_role_policy)},
      {"DeleteRole", Effect::manage, to(&Control::delete_role)},
      {"TagRole", Effect::manage, to(&Control::tag_role)},
      {"UntagRole", Effect::manage, to(&Control::untag_role)},
      {"ListRoleTags", Effect::read, to(&Control::list_role_tags)},
      {"PutRolePolicy", Effect::manage, of(Kind::role, &Control::put_inline_policy)},
      {"GetRolePolicy", Effect::read, of(Kind::role, &Control::get_inline_policy)},
      {"ListRolePolicies", Effect::read, of(Kind::role, &Control::list_inline_policies)},
      {"DeleteRolePolicy", Effect::manage, of(Kind::role, &Control::delete_inline_policy)},
      {"AttachRolePolicy", Effect::manage, of(Kind::role, &Control::attach_policy)},
      {"DetachRolePolicy", Effect::manage, of(Kind::role, &Control::detach_policy)},
      {"ListAttachedRolePolicies", Effect::read, of(Kind::role, &Control::list_attached_policies)},

      {"CreateUser", Effect::manage, to(&Control::create_user), false, {}, nullptr, kBoundary},
      {"GetUser", Effect::read, to(&Control::get_user)},
      {"ListUsers", Effect::read, to(&Control::list_users)},
      {"UpdateUser", Effect::manage, to(&Control::update_user)},
      {"DeleteUser", Effect::manage, to(&Control::delete_user)},
      {"TagUser", Effect::manage, to(&Control::tag_user)},
      {"UntagUser", Effect::manage, to(&Control::untag_user)},
      {"ListUserTags", Effect::read, to(&Control::list_user_tags)},
      {"PutUserPolicy", Effect::manage, of(Kind::user, &Control::put_inline_policy)},
      {"GetUserPolicy", Effect::read, of(Kind::user, &Control::get_inline_policy)},
      {"ListUserPolicies", Effect::read, of(Kind::user, &Control::list_inline_policies)},
      {"DeleteUserPolicy", Effect::manage, of(Kind::user, &Control::delete_inline_policy)},
      {"AttachUserPolicy", Effect::manage, of(Kind::user, &Control::attach_policy)},
      {"DetachUserPolicy", Effect::manage, of(Kind::user, &Control::detach_policy)},
      {"ListAttachedUserPolicies", Effect::read, of(Kind::user, &Control::list_attached_policies)},

      {"CreatePolicy", Effect::manage, to(&Control::create_policy)},
      {"GetPolicy", Effect::read, to(&Control::get_policy), false, "most policies owned by AWS"},
      {"ListPolicies", Effect::read, to(&Control::list_policies), false, "most policies owned by AWS"},
      {"DeletePolicy", Effect::manage, to(&Control::delete_policy)},
      {"TagPolicy", Effect::manage, to(&Control::tag_policy)},
      {"UntagPolicy", Effect::manage, to(&Control::untag_policy)},
      {"ListPolicyTags", Effect::read, to(&Control::list_policy_tags)},
      {"ListEntitiesForPolicy", Effect::read, to(&Control::list_entities_for_policy), false, "groups"},
      {"CreatePolicyVersion", Effect::manage, to(&Control::create_policy_version)},
      {"GetPolicyVersion", Effect::read, to(&Control::get_policy_version), false,
       "earlier versions of policies owned by AWS; all of ReadOnlyAccess"},
      {"ListPolicyVersions", Effect::read, to(&Control::list_policy_versions), false,
       "earlier versions of policies owned by AWS"},
      {"DeletePolicyVersion", Effect::manage, to(&Control::delete_policy_version)},
      {"SetDefaultPolicyVersion", Effect::manage, to(&Control::set_default_policy_version)},

      {"CreateAccessKey", Effect::manage, to(&Control::create_access_key), false, "keys of the root user"},
      {"ListAccessKeys", Effect::read, to(&Control::list_access_keys)},
      {"UpdateAccessKey", Effect::manage, to(&Control::update_access_key)},
      {"DeleteAccessKey", Effect::manage, to(&Control::delete_access_key)},
      {"GetAccessKeyLastUsed", Effect::read, to(&Control::get_access_key_last_used), false,
       "LastUsedDate: the use of keys is not recorded"},
  };
}

}  // namespace brume::iam
