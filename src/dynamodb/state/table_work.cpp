#include "dynamodb/state/table_work.h"

#include <utility>

#include "base/error.h"
#include "dynamodb/request/errors.h"

namespace brume::dynamodb {
namespace {

Task<> until_table_is_gone(const cluster::JobWork& work, cluster::Job& job) {
  try {
    co_await work(job);
  } catch (const AwsError& error) {
    if (error.kind().code != kResourceNotFound.code) throw;  // the table went away meanwhile
  }
}

}  // namespace

void start_table_work(State& state, std::string_view kind, const TablePtr& table, cluster::JobWork work) {
  cluster::JobPlan plan;
  plan.name = "dynamodb/" + std::string(kind) + "/" + std::to_string(static_cast<std::uint32_t>(table->id));
  plan.about = table->name;
  auto run = [work = std::move(work)](cluster::Job& job) { return until_table_is_gone(work, job); };
  state.jobs.until_done(std::move(plan), std::move(run));
}

}  // namespace brume::dynamodb
