// For unit tests: IAM on a store in a temporary folder, called through its operation tables.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "iam/iam.h"
#include "iam/records.h"
#include "store/testing/temporary_store.h"

namespace brume::iam::testing {

using store::testing::run_task;

inline constexpr const char* kAccount = "123456789012";
inline constexpr const char* kLambdaTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
inline constexpr const char* kAccountTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]})";
inline constexpr const char* kDocument =
    R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})";

class IamTest : public ::testing::Test {
 protected:
  IamTest() { open(); }

  void open() {
    iam = std::make_unique<Iam>(*store, clock, random, Options{.default_account = kAccount, .any_role = any_role});
    rows = iam->iam_service().operations;
    for (service::Operation& row : iam->sts_service().operations) rows.push_back(std::move(row));
    run_task(iam->open());
  }
  /// As with --auth open: roles that nobody made are taken at their word.
  void take_any_role() {
    any_role = true;
    restart();
  }
  void restart() {
    iam.reset();
    store.reopen();
    open();
  }

  /// Runs one operation as `caller`; errors come out.
  json::object call(std::string_view operation, json::object input = {}) {
    service::Call call;
    call.region = "eu-west-1";
    call.caller = caller;
    call.input = std::move(input);
    for (const service::Operation& row : rows) {
      call.operation = &row;
      if (row.name == operation) return run_task(row.handler(call)).output;
    }
    ADD_FAILURE() << "no operation " << operation;
    return {};
  }
  /// "STATUS CODE: message" of the error that the operation ends with, or "" when it succeeds.
  std::string error(std::string_view operation, json::object input = {}) {
    try {
      call(operation, std::move(input));
    } catch (const AwsError& error) {
      return std::to_string(error.kind().status) + " " + std::string(error.kind().code) + ": " + error.message();
    }
    return {};
  }

  void new_role(std::string name, std::string trust = kLambdaTrust) {
    call("CreateRole", {{"RoleName", name}, {"AssumeRolePolicyDocument", trust}});
  }
  void new_user(std::string name) { call("CreateUser", {{"UserName", name}}); }
  std::string new_policy(std::string name) {
    return text(call("CreatePolicy", {{"PolicyName", name}, {"PolicyDocument", kDocument}}).at("Policy").as_object(),
                "Arn");
  }
  /// Calls from now on come with this credential.
  void sign_in(const StoredCredential& credential) {
    caller = {credential.account, credential.access_key_id, credential.arn, credential.user_id,
              credential.on_behalf_of};
  }
  void sign_in_as_root() { caller = root(); }
  static service::Caller root() { return {kAccount, "test", "arn:aws:iam::123456789012:root", kAccount}; }
  std::optional<StoredCredential> find(std::string id) { return run_task(iam->find_credential(std::move(id))); }
  std::optional<StoredCredential> issue(std::string role, std::string session = "fn",
                                        std::chrono::seconds lifetime = std::chrono::hours(12)) {
    auto answer = ask(kAccount, role, session, lifetime);
    if (auto* made = std::get_if<StoredCredential>(&answer)) return std::move(*made);
    return std::nullopt;
  }
  /// What Lambda gets for a function of `account` that has the role of kAccount.
  std::variant<StoredCredential, RoleRefusal> ask(std::string account, std::string role, std::string session = "fn",
                                                  std::chrono::seconds lifetime = std::chrono::hours(12)) {
    return run_task(iam->issue_role_credentials(
        {"arn:aws:iam::123456789012:role/" + role, std::move(account), "lambda.amazonaws.com", std::move(session)},
        lifetime));
  }

  store::testing::TemporaryStore store;
  ManualClock clock;
  SeededRandom random{7};
  bool any_role = false;
  std::unique_ptr<Iam> iam;
  std::vector<service::Operation> rows;
  service::Caller caller = root();
};

/// Member of a member: at(output, "Role", "Arn").
inline std::string at(const json::object& object, std::string_view outer, std::string_view member) {
  return text(object.at(outer).as_object(), member);
}
/// The names in a list of structures.
inline std::string names(const json::object& output, std::string_view list, std::string_view member) {
  std::string out;
  for (const json::value& item : output.at(list).as_array())
    out += (out.empty() ? "" : " ") +
           (item.is_string() ? std::string(item.as_string()) : text(item.as_object(), member));
  return out;
}

}  // namespace brume::iam::testing
