#include "lambda/lambda.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "lambda/impl.h"
#include "base/json_members.h"
#include "lambda/operations.h"
#include "lambda/policy.h"
#include "service/arn.h"

namespace brume::lambda {

namespace {

/// As many as are started at once on few cores; each holds about a megabyte.
std::size_t prepared_sandboxes() { return std::clamp(2 * std::thread::hardware_concurrency(), 2u, 8u); }

}  // namespace

Lambda::Impl::Impl(store::Store& s, BlockingPool& p, Loops& l, const Clock& c, Random& r, LogSink& sink,
                   RoleSource& role_source, Options o)
    : store(s),
      blocking(p),
      loops(l),
      clock(c),
      random(r),
      logs(sink),
      roles(role_source),
      options(std::move(o)),
      code(options.code_folder),
      links(c, r),
      registry(store, code),
      queue(
          store, loops.executor(0), clock, [this](const AsyncInvoke& queued) { return run_queued(queued); },
          AsyncQueueOptions{.retry_delay = options.async_retry_delay}),
      execution_found(execution_promise.get_future().share()) {}

Lambda::Impl::Execution::Execution(Impl& impl, Runtimes found, std::unique_ptr<SandboxHost> sandbox_host)
    : runtimes(std::move(found)),
      host(std::move(sandbox_host)),
      pool(impl.loops, impl.blocking, impl.clock, impl.random, impl.logs, runtimes, *host,
           PoolOptions{.concurrency_max = impl.options.concurrency_max,
                       .memory_max_mb = impl.options.memory_max_mb,
                       .idle_max = impl.options.idle_max,
                       .age_max = impl.options.environment_age_max,
                       .endpoint_url = impl.options.endpoint_url,
                       .adopt_endpoint = impl.options.adopt_endpoint,
                       .credentials = [&impl](const FunctionSpec& spec) { return impl.credentials_of(spec); }}) {}

void Lambda::Impl::find_execution() {
  blocking.post([this] {
    try {
      std::string folder = options.runtimes_folder.empty() ? default_runtimes_folder() : options.runtimes_folder;
      Runtimes runtimes = Runtimes::find(std::move(folder), options.any_runtime_version);
      auto host = std::make_unique<SandboxHost>(options.network);
      log_info("lambda_host", {{"runtimes", runtimes.describe()}, {"sandbox", host->describe()}});
      if (options.any_runtime_version)
        log_warn("lambda_any_runtime_version",
                 {{"interpreters", runtimes.describe()}, {"meaning", "they run functions of newer runtimes too"}});
      if (!host->network_lack().empty())
        log_warn("lambda_network_reduced", {{"wanted", network_name(options.network.mode)},
                                            {"network", network_name(host->network())},
                                            {"reason", host->network_lack()},
                                            {"meaning", "functions reach this server and nothing else"}});
      if (host->network() == FunctionNetwork::host)
        log_warn("lambda_network_shared", {{"network", "host"},
                                           {"meaning",
                                            "functions are not isolated: they reach this host's loopback, link-local "
                                            "addresses and each other's Runtime API"}});
      if (host->unusable().empty() && host->shares_users())
        log_warn("lambda_users_shared",
                 {{"meaning",
                   "functions run as this server's own user, with its groups: what keeps them apart is their "
                   "view of the file system alone"},
                  {"remedy", "subordinate ids: /etc/subuid, /etc/subgid and the package uidmap; or run as root"}});
      if (!host->unusable().empty()) log_warn("lambda_sandbox_unusable", {{"reason", host->unusable()}});
      host->prepare_ahead(blocking, prepared_sandboxes());
      execution_promise.set_value(std::make_shared<Execution>(*this, std::move(runtimes), std::move(host)));
    } catch (const std::exception& error) {
      log_error("lambda_host", {{"error", error.what()}});
      execution_promise.set_exception(std::current_exception());
    }
  });
}

Task<Lambda::Impl::Execution*> Lambda::Impl::execution() {
  auto found = execution_found;
  if (found.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    auto wait = [found] { found.wait(); };
    co_await blocking.run(std::move(wait));
  }
  co_return found.get().get();
}

FunctionName Lambda::Impl::name_of(const service::Call& call, std::string_view member) const {
  const auto& input = call.input;
  const std::string_view given = text_view(input, member), operation = call.operation->name;
  FunctionName name = parse_function_name(given, text_view(input, "Qualifier"), call.account(), call.region);
  const service::Caller& who = call.caller;
  const bool by_service = !who.service.empty();
  if (!by_service && name.id.account == who.account) return name;
  const std::string action = "lambda:" + std::string(operation == "Invoke" ? "InvokeFunction" : operation);
  const FunctionPtr function = may_cross_accounts(operation) ? registry.find(name.id) : nullptr;
  if (by_service && !function) throw not_found(name.arn());
  const Actor caller = by_service
                           ? Actor{.service = who.service, .source_arn = who.source_arn, .source_account = who.account}
                           : Actor{.account = who.account, .arn = who.arn};
  // Whether there is such a function is not to be learned either.
  if (!function || !may_act(function->record.policy, name.id.account, caller, action))
    throw AwsError(kForbidden, service::not_authorized(call, action, name.id.arn(), service::Silent::resource_policy));
  return name;
}

FunctionPtr Lambda::Impl::require(const FunctionName& name) const {
  FunctionPtr function = registry.find(name.id);
  // Versions and aliases come later; the unpublished version is the only one there is.
  if (!function || (!name.qualifier.empty() && name.qualifier != "$LATEST")) throw not_found(name.arn());
  if (!function->damage.empty()) throw unusable(name.id.arn());
  return function;
}

FunctionPtr Lambda::Impl::require_latest(FunctionName name) const {
  if (name.qualifier.empty()) name.qualifier = "$LATEST";
  return require(name);
}

FunctionId Lambda::Impl::latest_of(const service::Call& call) const {
  const FunctionName name = name_of(call);
  require(name);
  return name.id;
}

Lambda::Lambda(store::Store& store, BlockingPool& pool, Loops& loops, const Clock& clock, Random& random, LogSink& logs,
               RoleSource& roles, Options options)
    : impl_(std::make_unique<Impl>(store, pool, loops, clock, random, logs, roles, std::move(options))) {}
Lambda::~Lambda() = default;

Task<> Lambda::open() {
  co_await impl_->registry.open();
  std::set<std::string> used;
  const auto functions = impl_->registry.all();
  bool all_known = true;
  for (const FunctionPtr& function : functions) {
    used.insert(function->record.code_sha256);
    all_known = all_known && function->damage.empty();
  }
  // A damaged record does not say which package it needs.
  auto sweep = [this, used] { impl_->code.sweep(used); };
  if (all_known) co_await impl_->blocking.run(std::move(sweep));
  impl_->find_execution();
  if (impl_->options.require_isolation) {
    Impl::Execution* const execution = co_await impl_->execution();
    if (const std::string gap = execution->host->isolation_gap(); !gap.empty())
      throw std::runtime_error("--require-isolation: " + gap);
  }
  co_await impl_->queue.open();
}

service::Service Lambda::service() { return make_service(*impl_); }

Task<> Lambda::close() {
  impl_->code.stop();
  impl_->queue.begin_close();  // its invokes end with the environments
  Impl::Execution* execution = nullptr;
  try {
    execution = co_await impl_->execution();
  } catch (const std::exception&) {
    // there never was a pool; the reason was logged
  }
  if (execution) co_await execution->pool.close();
  co_await impl_->queue.close();
  while (impl_->background > 0) co_await sleep_for(std::chrono::milliseconds(5));
}

std::string Lambda::trouble() const {
  const auto& found = impl_->execution_found;
  if (found.wait_for(std::chrono::seconds(0)) != std::future_status::ready || impl_->registry.empty()) return {};
  try {
    return found.get()->host->unusable();
  } catch (const std::exception& error) {
    return error.what();
  }
}

LambdaCounts Lambda::counts() const {
  LambdaCounts counts;
  counts.async = impl_->queue.counts();
  counts.memory_max_mb = impl_->options.memory_max_mb;
  auto found = impl_->execution_found;
  if (found.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return counts;
  try {
    const auto execution = found.get();
    counts.environments = execution->pool.counts();
    counts.prepared = execution->host->prepared();
  } catch (const std::exception&) {
    // there never was a pool; the reason was logged
  }
  return counts;
}

std::optional<std::string> Lambda::package_of_token(const std::string& token) {
  const auto package = impl_->links.package_of(token);
  if (!package) return std::nullopt;
  return impl_->code.zip_file(*package);
}

}  // namespace brume::lambda
