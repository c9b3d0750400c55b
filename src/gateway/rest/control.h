// The control plane of REST APIs: one function for each operation, on records in the store.
// https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "gateway/gateway.h"
#include "gateway/rest/patch.h"
#include "gateway/rest/records.h"
#include "service/call.h"

namespace brume::gateway {

/// Thread-safe. Every change of one API runs under that API's lock, so changes of one API follow one
/// another and those of different APIs do not wait. Errors: AwsError with AWS's texts; StoreError.
class RestControl {
 public:
  RestControl(store::Store& store, const Clock& clock, Random& random, const Options& options)
      : store_(store), clock_(clock), random_(random), options_(options) {}

  using Reply = service::Reply;
  using Call = service::Call;

  Task<Reply> create_rest_api(Call& call);
  Task<Reply> get_rest_api(Call& call);
  Task<Reply> get_rest_apis(Call& call);
  Task<Reply> update_rest_api(Call& call);
  Task<Reply> delete_rest_api(Call& call);

  Task<Reply> create_resource(Call& call);
  Task<Reply> get_resource(Call& call);
  Task<Reply> get_resources(Call& call);
  Task<Reply> update_resource(Call& call);
  Task<Reply> delete_resource(Call& call);

  Task<Reply> put_method(Call& call);
  Task<Reply> get_method(Call& call);
  Task<Reply> update_method(Call& call);
  Task<Reply> delete_method(Call& call);
  Task<Reply> put_method_response(Call& call);
  Task<Reply> get_method_response(Call& call);
  Task<Reply> update_method_response(Call& call);
  Task<Reply> delete_method_response(Call& call);

  Task<Reply> put_integration(Call& call);
  Task<Reply> get_integration(Call& call);
  Task<Reply> update_integration(Call& call);
  Task<Reply> delete_integration(Call& call);
  Task<Reply> put_integration_response(Call& call);
  Task<Reply> get_integration_response(Call& call);
  Task<Reply> update_integration_response(Call& call);
  Task<Reply> delete_integration_response(Call& call);

  Task<Reply> create_deployment(Call& call);
  Task<Reply> get_deployment(Call& call);
  Task<Reply> get_deployments(Call& call);
  Task<Reply> update_deployment(Call& call);
  Task<Reply> delete_deployment(Call& call);

  Task<Reply> create_stage(Call& call);
  Task<Reply> get_stage(Call& call);
  Task<Reply> get_stages(Call& call);
  Task<Reply> update_stage(Call& call);
  Task<Reply> delete_stage(Call& call);

  Task<Reply> get_account(Call& call);
  Task<Reply> update_account(Call& call);
  Task<Reply> tag_resource(Call& call);
  Task<Reply> untag_resource(Call& call);
  Task<Reply> get_tags(Call& call);

 private:
  static Scope scope_of(const Call& call) { return {call.account(), call.region}; }
  /// Copied out of the call: store bodies own what they use.
  static std::string input_text(const Call& call, std::string_view member) {
    return std::string(text_view(call.input, member));
  }
  double now() const { return static_cast<double>(unix_millis(clock_.now()) / 1000); }
  std::string new_id(std::size_t length) { return random_.text(length, kLowerAlphanumeric); }

  /// Answers with what `body(Reader&)` returns.
  template <class F>
  Task<Reply> read(F body) {
    Reply reply;
    reply.output = co_await store_.read(std::move(body));
    co_return reply;
  }
  /// Runs `body(Transaction&)` under the lock of `api` and answers with what it returns.
  template <class F>
  Task<Reply> change(std::string api, F body) {
    store::LockKeys locks;
    locks.push_back("gateway/" + api);
    Reply reply;
    reply.output = co_await store_.run(std::move(locks), std::move(body));
    co_return reply;
  }
  /// Changes one resource record: `edit(json::object& resource)` returns the output.
  template <class F>
  Task<Reply> change_resource(Call& call, F edit);

  /// Errors: LimitExceededException when the API has as many stages as it may.
  void check_stage_quota(store::Reader& reader, const std::string& api) const;

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  const Options& options_;
};

}  // namespace brume::gateway
