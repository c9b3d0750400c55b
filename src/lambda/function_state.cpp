// What a function shows of its changes, and the interpreter that it runs on.
#include <boost/json.hpp>

#include "lambda/impl.h"

namespace brume::lambda {
namespace json = boost::json;
namespace {

constexpr std::chrono::milliseconds kChangeDelay{20};  // AWS takes seconds

}  // namespace

std::chrono::milliseconds Lambda::Impl::change_delay() const { return options.change_delay.value_or(kChangeDelay); }

Task<FunctionPtr> Lambda::Impl::settled(FunctionName name) {
  FunctionPtr function = require(name);
  if (options.change_delay) co_return function;
  // Bounded, should the clock have been put back.
  const auto left = std::min<WallTime::duration>(function->record.settles_at - clock.now(), kChangeDelay);
  if (left <= WallTime::duration::zero()) co_return function;
  co_await sleep_for(std::chrono::ceil<std::chrono::milliseconds>(left));
  co_return require(name);
}

Task<json::object> Lambda::Impl::shown(FunctionPtr function) {
  const FunctionRecord& record = function->record;
  const WallTime now = clock.now();
  json::object out = record.configuration(now);
  record.show_state(out, now);
  std::optional<Runtime> runtime;
  try {
    Execution* const found = co_await execution();
    runtime = found->runtimes.get(record.runtime);
  } catch (const std::exception&) {
    // this host runs no functions; find_execution() logged why
  }
  out["RuntimeVersionConfig"] =
      json::object{{"RuntimeVersionArn", runtime_version_arn(record.id.region, record.runtime, runtime)}};
  co_return out;
}

}  // namespace brume::lambda
