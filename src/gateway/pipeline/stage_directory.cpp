#include "gateway/pipeline/stage_directory.h"

#include "base/log.h"
#include "gateway/keys.h"
#include "gateway/rest/records.h"

namespace brume::gateway {

namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// What a stage is compiled from, read in one snapshot.
struct Sources {
  json::object api;
  json::object stage;
  json::object frozen;
};

std::optional<Sources> read_sources(store::Reader& reader, const std::string& api, const std::string& stage) {
  auto api_record = read_record(reader, api_key(api));
  if (!api_record) return std::nullopt;
  auto stage_record = read_record(reader, stage_key(api, stage));
  if (!stage_record) return std::nullopt;
  auto frozen = read_record(reader, frozen_key(api, text_view(*stage_record, "deploymentId")));
  if (!frozen) return std::nullopt;
  return Sources{std::move(*api_record), std::move(*stage_record), std::move(*frozen)};
}

}  // namespace

StageDirectory::StageDirectory(store::Store& store, BlockingPool& pool)
    : store_(store), pool_(pool), id_(next_id()), map_(std::make_shared<const Map>()) {}

StageDirectory::Stage StageDirectory::cached(const std::string& api, const std::string& stage) {
  struct Local {
    std::uint64_t owner = 0;
    std::uint64_t version = 0;
    std::shared_ptr<const Map> map;
  };
  thread_local Local local;
  if (std::uint64_t version = version_.load(std::memory_order_acquire);
      local.owner != id_ || local.version != version) {
    std::lock_guard lock(mutex_);
    // A holder of this thread's own, so that its reference count is in no other core's cache.
    auto holder = std::make_shared<std::shared_ptr<const Map>>(map_);
    local = {id_, version_.load(std::memory_order_relaxed), std::shared_ptr<const Map>(holder, holder->get())};
  }
  auto stages = local.map->find(api);
  if (stages == local.map->end()) return nullptr;
  auto found = stages->second->find(stage);
  if (found == stages->second->end()) return nullptr;
  return Stage(local.map, found->second.get());  // keeps the map, and so the stage
}

void StageDirectory::swap_in(std::shared_ptr<const Map> map) {
  map_ = std::move(map);
  version_.fetch_add(1, std::memory_order_release);
}

void StageDirectory::forget(const std::string& api) {
  std::lock_guard lock(mutex_);
  ++forgets_;
  if (loads_ > 0) forgotten_[api] = forgets_;
  if (!map_->contains(api)) return;
  auto changed = std::make_shared<Map>(*map_);
  changed->erase(api);
  swap_in(std::move(changed));
}

std::uint64_t StageDirectory::begin_load() {
  std::lock_guard lock(mutex_);
  ++loads_;
  return forgets_;
}

void StageDirectory::end_load(const std::string& api, const std::string& stage, const Stage& compiled,
                              std::uint64_t begun) {
  std::lock_guard lock(mutex_);
  auto forgotten = forgotten_.find(api);
  bool current = forgotten == forgotten_.end() || forgotten->second <= begun;
  if (--loads_ == 0) forgotten_.clear();
  if (!compiled || !current) return;
  auto changed = std::make_shared<Map>(*map_);
  auto present = changed->find(api);
  Stages stages = present == changed->end() ? Stages{} : *present->second;
  stages[stage] = compiled;
  (*changed)[api] = std::make_shared<const Stages>(std::move(stages));
  swap_in(std::move(changed));
}

Task<StageDirectory::Stage> StageDirectory::load(std::string api, std::string stage) {
  auto body = [&api, &stage](store::Reader& reader) { return read_sources(reader, api, stage); };
  std::optional<Sources> sources = co_await store_.read(body);
  if (!sources) co_return nullptr;
  auto compile = [&sources] { return compile_stage(sources->api, sources->stage, sources->frozen); };
  Stage compiled = co_await pool_.run(compile);
  co_return compiled;
}

Task<StageDirectory::Stage> StageDirectory::find(std::string api, std::string stage) {
  if (!valid_identifier(api) || !valid_identifier(stage)) co_return nullptr;
  if (Stage present = cached(api, stage)) co_return present;
  std::uint64_t begun = begin_load();
  Stage compiled;
  std::exception_ptr failure;
  try {
    compiled = co_await load(api, stage);
  } catch (...) {
    failure = std::current_exception();
  }
  end_load(api, stage, compiled, begun);
  if (failure) std::rethrow_exception(failure);
  co_return compiled;
}

Task<> StageDirectory::load_all() {
  auto body = [](store::Reader& reader) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const std::string& suffix : key_suffixes(reader, all_apis_prefix())) {
      std::string api = suffix.substr(suffix.rfind('\0') + 1);
      for (const std::string& stage : key_suffixes(reader, stage_prefix(api))) found.emplace_back(api, stage);
    }
    return found;
  };
  std::vector<std::pair<std::string, std::string>> all = co_await store_.read(body);
  for (const auto& [api, stage] : all) {
    std::string failure;
    try {
      co_await find(api, stage);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    // One stage must not keep everything else from serving; who calls it gets 500.
    if (!failure.empty()) log_error("gateway.stage_unusable", {{"api", api}, {"stage", stage}, {"error", failure}});
  }
}

}  // namespace brume::gateway
