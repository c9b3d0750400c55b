#include "iam/operations.h"

#include "iam/access.h"
#include "iam/control.h"
#include "iam/errors.h"
#include "service/access.h"

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
      {"CreateRole", Effect::manage, to(&Control::create_role), role, false, {}, nullptr, kBoundary},
      {"GetRole", Effect::read, to(&Control::get_role), role, false, "RoleLastUsed"},
      {"ListRoles", Effect::read, to(&Control::list_roles), service::no_resource},
      {"UpdateRole", Effect::manage, to(&Control::update_role), role},
      {"UpdateRoleDescription", Effect::manage, to(&Control::update_role_description), role},
      {"UpdateAssumeRolePolicy", Effect::manage, to(&Control::update_assume_role_policy), role},
      {"DeleteRole", Effect::manage, to(&Control::delete_role), role},
      {"TagRole", Effect::manage, to(&Control::tag_role), role},
      {"UntagRole", Effect::manage, to(&Control::untag_role), role},
      {"ListRoleTags", Effect::read, to(&Control::list_role_tags), role},
      {"PutRolePolicy", Effect::manage, of(Kind::role, &Control::put_inline_policy), role},
      {"GetRolePolicy", Effect::read, of(Kind::role, &Control::get_inline_policy), role},
      {"ListRolePolicies", Effect::read, of(Kind::role, &Control::list_inline_policies), role},
      {"DeleteRolePolicy", Effect::manage, of(Kind::role, &Control::delete_inline_policy), role},
      {"AttachRolePolicy", Effect::manage, of(Kind::role, &Control::attach_policy), role},
      {"DetachRolePolicy", Effect::manage, of(Kind::role, &Control::detach_policy), role},
      {"ListAttachedRolePolicies", Effect::read, of(Kind::role, &Control::list_attached_policies), role},

      {"CreateUser", Effect::manage, to(&Control::create_user), user, false, {}, nullptr, kBoundary},
      {"GetUser", Effect::read, to(&Control::get_user), user},
      {"ListUsers", Effect::read, to(&Control::list_users), service::no_resource},
      {"UpdateUser", Effect::manage, to(&Control::update_user), renamed_user},
      {"DeleteUser", Effect::manage, to(&Control::delete_user), user},
      {"TagUser", Effect::manage, to(&Control::tag_user), user},
      {"UntagUser", Effect::manage, to(&Control::untag_user), user},
      {"ListUserTags", Effect::read, to(&Control::list_user_tags), user},
      {"PutUserPolicy", Effect::manage, of(Kind::user, &Control::put_inline_policy), user},
      {"GetUserPolicy", Effect::read, of(Kind::user, &Control::get_inline_policy), user},
      {"ListUserPolicies", Effect::read, of(Kind::user, &Control::list_inline_policies), user},
      {"DeleteUserPolicy", Effect::manage, of(Kind::user, &Control::delete_inline_policy), user},
      {"AttachUserPolicy", Effect::manage, of(Kind::user, &Control::attach_policy), user},
      {"DetachUserPolicy", Effect::manage, of(Kind::user, &Control::detach_policy), user},
      {"ListAttachedUserPolicies", Effect::read, of(Kind::user, &Control::list_attached_policies), user},

      {"CreatePolicy", Effect::manage, to(&Control::create_policy), made_policy},
      {"GetPolicy", Effect::read, to(&Control::get_policy), policy, false, "most policies owned by AWS"},
      {"ListPolicies", Effect::read, to(&Control::list_policies), service::no_resource, false,
       "most policies owned by AWS"},
      {"DeletePolicy", Effect::manage, to(&Control::delete_policy), policy},
      {"TagPolicy", Effect::manage, to(&Control::tag_policy), policy},
      {"UntagPolicy", Effect::manage, to(&Control::untag_policy), policy},
      {"ListPolicyTags", Effect::read, to(&Control::list_policy_tags), policy},
      {"ListEntitiesForPolicy", Effect::read, to(&Control::list_entities_for_policy), policy, false, "groups"},
      {"CreatePolicyVersion", Effect::manage, to(&Control::create_policy_version), policy},
      {"GetPolicyVersion", Effect::read, to(&Control::get_policy_version), policy, false,
       "earlier versions of policies owned by AWS; all of ReadOnlyAccess"},
      {"ListPolicyVersions", Effect::read, to(&Control::list_policy_versions), policy, false,
       "earlier versions of policies owned by AWS"},
      {"DeletePolicyVersion", Effect::manage, to(&Control::delete_policy_version), policy},
      {"SetDefaultPolicyVersion", Effect::manage, to(&Control::set_default_policy_version), policy},

      {"CreateAccessKey", Effect::manage, to(&Control::create_access_key), user, false, "keys of the root user"},
      {"ListAccessKeys", Effect::read, to(&Control::list_access_keys), user},
      {"UpdateAccessKey", Effect::manage, to(&Control::update_access_key), user},
      {"DeleteAccessKey", Effect::manage, to(&Control::delete_access_key), user},
      {"GetAccessKeyLastUsed", Effect::read, to(&Control::get_access_key_last_used), any_user, false,
       "LastUsedDate: the use of keys is not recorded"},
  };
}

}  // namespace brume::iam
