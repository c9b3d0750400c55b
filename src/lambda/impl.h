// What the operations of Lambda share. Private to src/lambda/.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <mutex>

#include "lambda/async_queue.h"
#include "lambda/code_link.h"
#include "lambda/code_store.h"
#include "lambda/environment/pool.h"
#include "lambda/errors.h"
#include "lambda/lambda.h"
#include "lambda/registry.h"

namespace brume::lambda {

struct Lambda::Impl {
  Impl(store::Store& store, BlockingPool& pool, Loops& loops, const Clock& clock, Random& random, LogSink& logs,
       RoleSource& roles, Options options);

  store::Store& store;
  BlockingPool& blocking;
  Loops& loops;
  const Clock& clock;
  Random& random;
  LogSink& logs;
  RoleSource& roles;
  Options options;

  CodeStore code;
  CodeLinks links;
  Registry registry;
  AsyncQueue queue;

  /// Interpreters, what the host can enforce, and the environments: found after start on the blocking
  /// pool, so that serving does not wait for it.
  struct Execution {
    Execution(Impl& impl, Runtimes runtimes, std::unique_ptr<SandboxHost> host);
    Runtimes runtimes;
    std::unique_ptr<SandboxHost> host;
    EnvironmentPool pool;
  };
  void find_execution();
  Task<Execution*> execution();

  // function_state.cpp: settled(), shown() and change_delay(), too
  // functions.cpp
  Task<service::Reply> create_function(service::Call& call);
  Task<service::Reply> get_function(service::Call& call);
  Task<service::Reply> get_function_configuration(service::Call& call);
  Task<service::Reply> list_functions(service::Call& call);
  Task<service::Reply> update_function_code(service::Call& call);
  Task<service::Reply> update_function_configuration(service::Call& call);
  Task<service::Reply> delete_function(service::Call& call);
  // function_policy.cpp
  Task<service::Reply> add_permission(service::Call& call);
  Task<service::Reply> remove_permission(service::Call& call);
  Task<service::Reply> get_policy(service::Call& call);
  // function_extras.cpp
  Task<service::Reply> put_concurrency(service::Call& call);
  Task<service::Reply> get_concurrency(service::Call& call);
  Task<service::Reply> delete_concurrency(service::Call& call);
  Task<service::Reply> tag_resource(service::Call& call);
  Task<service::Reply> untag_resource(service::Call& call);
  Task<service::Reply> list_tags(service::Call& call);
  Task<service::Reply> get_account_settings(service::Call& call);
  // invoke.cpp
  Task<service::Reply> invoke(service::Call& call);
  /// Runs it, however the invoke came in, and counts it.
  Task<InvokeResult> run(FunctionPtr function, InvokeRequest request);
  Task<InvokeResult> run_uncounted(FunctionPtr function, InvokeRequest request);
  void count(const FunctionId& function, const std::string& invoked_arn, const InvokeResult& result) const;
  Task<std::optional<InvokeResult>> run_queued(const AsyncInvoke& queued);

  /// The function that the call's FunctionName and Qualifier name. Errors: ResourceNotFoundException.
  FunctionPtr require(const FunctionName& name) const;
  /// The same; its error names the version that would have been used, as Invoke's does.
  FunctionPtr require_latest(FunctionName name) const;
  /// What the call names, if the caller may do with it what the call asks: a function of the caller's account, or one
  /// of another whose policy lets it. Errors: AccessDeniedException; those of parse_function_name.
  FunctionName name_of(const service::Call& call, std::string_view member = "FunctionName") const;
  /// The same for operations on the unpublished function. Errors also: a qualifier other than $LATEST.
  FunctionId latest_of(const service::Call& call) const;
  /// What require() gives, once its last change is over (see Options::change_delay).
  Task<FunctionPtr> settled(FunctionName name);
  /// FunctionConfiguration with everything that one function's answers show.
  Task<boost::json::object> shown(FunctionPtr function);
  std::chrono::milliseconds change_delay() const;
  /// Errors: AccessDeniedException for another account's role, InvalidParameterValueException for one that Lambda
  /// cannot assume.
  Task<> require_role(std::string role, std::string account);
  /// Removes a package that function `arn` had, once no environment uses it; "" where none could. Started by
  /// drop_code_later().
  Task<> drop_code(std::string sha256, std::string arn);
  void drop_code_later(LoopExecutor loop, std::string sha256, std::string arn);

  /// A package while it is not sure that a function gets it. At its end it is removed, unless a function has it: one
  /// that was put to look at it (DryRun), or whose function could not be written, does not stay until the next start.
  struct PackageInHand {
    PackageInHand(Impl& owner, LoopExecutor home, CodePackage taken)
        : impl(owner), loop(std::move(home)), package(std::move(taken)) {}
    ~PackageInHand();
    PackageInHand(const PackageInHand&) = delete;
    PackageInHand& operator=(const PackageInHand&) = delete;

    Impl& impl;
    LoopExecutor loop;
    CodePackage package;
  };
  std::string package_location(const std::string& sha256);

  std::atomic<int> background{0};  ///< tasks that nobody awaits; close() waits until there is none

  std::mutex credentials_mutex;
  /// By role ARN and function: calls are attributed to the function by the session's name.
  std::map<std::pair<std::string, FunctionId>, RoleCredentials> credentials;
  Task<> refresh_credentials(FunctionPtr function);
  Credentials credentials_of(const FunctionSpec& spec);

  std::promise<std::shared_ptr<Execution>> execution_promise;
  std::shared_future<std::shared_ptr<Execution>> execution_found;
};

}  // namespace brume::lambda
