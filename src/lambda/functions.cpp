// Creating, reading, changing and deleting functions.
#include <boost/json.hpp>

#include "base/log.h"
#include "lambda/impl.h"
#include "base/json_members.h"
#include "lambda/settings.h"

namespace brume::lambda {
namespace json = boost::json;
using service::Call;
using service::Reply;
namespace {

/// The zip in `code`: CreateFunction's Code, or UpdateFunctionCode's input. A view into it.
std::string_view zip_of(const json::object& code) {
  const std::string_view zip = text_view(code, "ZipFile");
  if (zip.empty()) throw invalid_parameter("Please provide a source for function code.");
  if (zip.size() > kZipBytesMax)
    throw user_error(kRequestTooLarge, "Zipped size must be smaller than " + std::to_string(kZipBytesMax) + " bytes");
  return zip;
}

std::string architecture_of(const json::object& input) {
  const json::value* given = input.if_contains("Architectures");
  return given && !given->as_array().empty() ? json::value_to<std::string>(given->as_array()[0]) : "x86_64";
}

/// Errors: a change that is not over, or another revision than the caller wants to change.
void require_changeable(const FunctionRecord& record, const json::object& input, WallTime now) {
  const std::string_view wanted = text_view(input, "RevisionId");
  if (!wanted.empty() && wanted != record.revision(now))
    throw user_error(kPreconditionFailed,
                     "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
                     "API to retrieve the latest Revision Id");
  if (!record.settling(now)) return;
  throw user_error(kResourceConflict,
                   "The operation cannot be performed at this time. " +
                       (record.is_new ? std::string("The function is currently in the following state: Pending")
                                      : "An update is in progress for resource: " + record.id.arn()));
}

/// A body longer than a package of the size limit makes it, and a quarter of a megabyte for the rest.
void require_body_size(const Call& call) {
  constexpr std::size_t kBodyBytesMax = 70'167'211;
  if (call.body.size() > kBodyBytesMax)
    throw user_error(kRequestTooLarge, "Request must be smaller than " + std::to_string(kBodyBytesMax) +
                                           " bytes for the " + std::string(call.operation->name) + " operation");
}

void require_name_length(const std::string& name) {
  constexpr std::size_t kNameMax = 64;  // the model's limit is that of ARNs
  if (name.size() > kNameMax)
    throw invalid_parameter("1 validation error detected: Value '" + name +
                            "' at 'functionName' failed to satisfy constraint: Member must have length less than or "
                            "equal to " +
                            std::to_string(kNameMax));
}

}  // namespace

Task<> Lambda::Impl::require_role(std::string role, std::string account) {
  const auto answer = co_await roles.assume(role, account, "lambda");
  const auto* refusal = std::get_if<RoleRefusal>(&answer);
  if (!refusal) co_return;
  if (*refusal == RoleRefusal::other_account) throw AwsError(kForbidden, "Cross-account pass role is not allowed.");
  throw invalid_parameter("The role defined for the function cannot be assumed by Lambda.");
}

Task<> Lambda::Impl::drop_code(std::string sha256, std::string arn) {
  try {
    if (!arn.empty() && execution_found.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      Execution* found = co_await execution();
      co_await found->pool.retire_and_wait(arn);
    }
    auto remove = [this, sha256] { code.remove_unless(sha256, [&] { return registry.uses_code(sha256); }); };
    co_await blocking.run(std::move(remove));
  } catch (const std::exception& error) {
    log_warn("lambda_code_kept", {{"function", arn}, {"error", error.what()}});  // the next start sweeps it
  }
  --background;
}

void Lambda::Impl::drop_code_later(LoopExecutor loop, std::string sha256, std::string arn) {
  ++background;
  spawn(loop, drop_code(std::move(sha256), std::move(arn)));
}

Lambda::Impl::PackageInHand::~PackageInHand() {
  package.pin.reset();
  try {
    if (!impl.registry.uses_code(package.sha256)) impl.drop_code_later(loop, package.sha256, {});
  } catch (const std::exception& error) {
    log_warn("lambda_code_kept", {{"error", error.what()}});  // the next start sweeps it
  }
}

Task<Reply> Lambda::Impl::create_function(Call& call) {
  require_body_size(call);
  const FunctionName name = name_of(call);
  require_name_length(name.id.name);
  if (text_view(call.input, "Runtime").empty() || text_view(call.input, "Handler").empty())
    throw invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  FunctionRecord record;
  record.id = name.id;
  record.log_group = "/aws/lambda/" + name.id.name;
  record.architecture = architecture_of(call.input);
  apply_settings(record, call.input);
  if (const json::object* tags = object_member(call.input, "Tags")) add_tags(record, *tags);
  require_network_tag(record, options.network.mode);
  if (registry.find(name.id)) throw user_error(kResourceConflict, "Function already exist: " + name.id.name);
  co_await require_role(record.role, record.id.account);

  const std::string_view zip = zip_of(call.input.at("Code").as_object());
  // The call, and with it the zip, outlives the work.
  auto put = [this, zip] { return code.put(zip); };
  CodePackage taken = co_await blocking.run(put);
  const LoopExecutor loop = co_await this_loop;
  const PackageInHand hand(*this, loop, std::move(taken));
  const CodePackage& package = hand.package;
  record.code_sha256 = package.sha256;
  record.code_bytes = package.zip_bytes;
  record.is_new = true;
  record.touch(random, clock.now(), change_delay());
  FunctionPtr function = co_await registry.create(std::move(record));
  Reply reply;
  reply.output = co_await shown(function);
  co_return reply;
}

std::string Lambda::Impl::package_location(const std::string& sha256) {
  return options.endpoint_url + "/_brume/lambda/code/" + links.token_for(sha256);
}

Task<Reply> Lambda::Impl::get_function(Call& call) {
  FunctionPtr function = co_await settled(name_of(call));
  Reply reply;
  reply.output["Configuration"] = co_await shown(function);
  reply.output["Code"] =
      json::object{{"RepositoryType", "S3"}, {"Location", package_location(function->record.code_sha256)}};
  if (!function->record.tags.empty()) {
    json::object tags;
    for (const auto& [key, value] : function->record.tags) tags[key] = value;
    reply.output["Tags"] = std::move(tags);
  }
  if (function->record.reserved_concurrency)
    reply.output["Concurrency"] =
        json::object{{"ReservedConcurrentExecutions", *function->record.reserved_concurrency}};
  co_return reply;
}

Task<Reply> Lambda::Impl::get_function_configuration(Call& call) {
  FunctionPtr function = co_await settled(name_of(call));
  Reply reply;
  reply.output = co_await shown(function);
  co_return reply;
}

Task<Reply> Lambda::Impl::list_functions(Call& call) {
  constexpr std::size_t kPageMax = 50;  // AWS returns at most 50 although MaxItems may be larger
  std::size_t limit = kPageMax;
  if (const json::value* given = call.input.if_contains("MaxItems"))
    limit = std::min(limit, static_cast<std::size_t>(given->to_number<std::int64_t>()));
  const std::string marker = text(call.input, "Marker");
  const bool every_version = text_view(call.input, "FunctionVersion") == "ALL";
  const WallTime now = clock.now();
  const auto all = registry.all();
  json::array functions;
  Reply reply;
  const auto id_of = [](const FunctionPtr& function) -> const FunctionId& { return function->record.id; };
  for (auto at = std::ranges::upper_bound(all, FunctionId{call.account(), call.region, marker}, {}, id_of);
       at != all.end(); ++at) {
    const FunctionId& id = id_of(*at);
    if (id.account != call.account() || id.region != call.region) break;
    if (functions.size() == limit) {
      reply.output["NextMarker"] = id_of(*std::prev(at)).name;
      break;
    }
    if (!(*at)->damage.empty()) continue;
    json::object shown = (*at)->record.configuration(now);
    if (every_version) shown["FunctionArn"] = id.arn() + ":$LATEST";
    functions.push_back(std::move(shown));
  }
  reply.output["Functions"] = std::move(functions);
  co_return reply;
}

Task<Reply> Lambda::Impl::update_function_code(Call& call) {
  require_body_size(call);
  const FunctionId id = latest_of(call);
  FunctionPtr before = registry.find(id);
  if (!before) throw not_found(id.arn());
  if (call.input.contains("ImageUri"))
    throw invalid_parameter("Please don't provide ImageUri when updating a function with packageType Zip.");
  require_changeable(before->record, call.input, clock.now());
  const std::string_view zip = zip_of(call.input);
  auto put = [this, zip] { return code.put(zip); };
  CodePackage taken = co_await blocking.run(put);
  const LoopExecutor loop = co_await this_loop;
  const PackageInHand hand(*this, loop, std::move(taken));
  const CodePackage& package = hand.package;
  Reply reply;
  if (flag(call.input, "DryRun")) {
    auto changed = std::make_shared<Function>(*before);
    changed->record.code_sha256 = package.sha256;
    changed->record.code_bytes = package.zip_bytes;
    reply.output = co_await shown(std::move(changed));
    co_return reply;
  }
  std::string old_sha256;
  FunctionPtr function = co_await registry.change(id, [&](FunctionRecord& record) {
    require_changeable(record, call.input, clock.now());
    old_sha256 = record.code_sha256;
    record.code_sha256 = package.sha256;
    record.code_bytes = package.zip_bytes;
    if (call.input.contains("Architectures")) record.architecture = architecture_of(call.input);
    record.is_new = false;
    record.touch(random, clock.now(), change_delay());
  });
  if (old_sha256 != package.sha256) drop_code_later(loop, old_sha256, id.arn());
  reply.output = co_await shown(function);
  co_return reply;
}

Task<Reply> Lambda::Impl::update_function_configuration(Call& call) {
  const FunctionId id = latest_of(call);
  if (const std::string_view role = text_view(call.input, "Role"); !role.empty())
    co_await require_role(std::string(role), id.account);
  FunctionPtr function = co_await registry.change(id, [&](FunctionRecord& record) {
    require_changeable(record, call.input, clock.now());
    apply_settings(record, call.input);
    record.is_new = false;
    record.touch(random, clock.now(), change_delay());
  });
  Reply reply;
  reply.output = co_await shown(function);
  co_return reply;
}

Task<Reply> Lambda::Impl::delete_function(Call& call) {
  const FunctionName name = name_of(call);
  if (name.qualifier == "$LATEST")
    throw invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
  const FunctionPtr present = registry.find(name.id);
  if (!present || present->damage.empty()) require(name);  // a damaged one can be deleted
  FunctionPtr function = co_await registry.erase(name.id);
  const LoopExecutor loop = co_await this_loop;
  if (function->damage.empty()) drop_code_later(loop, function->record.code_sha256, name.id.arn());
  Reply reply;
  reply.output["StatusCode"] = 204;
  co_return reply;
}

}  // namespace brume::lambda
