#include "gateway/pipeline/stage_directory.h"

#include "base/log.h"
#include "gateway/keys.h"
#include "gateway/rest/records.h"

namespace brume::gateway {

namespace {

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

StageDirectory::StageDirectory(store::Store& store, BlockingPool& pool) : store_(store), pool_(pool), stages_(store) {
  stages_.follow(api_records(), [](const cluster::Change& change, auto& edit) {
    const ApiRecordName name = parse_api_record(change.key);
    if (name.kind == 's') edit.drop(change.key);
    // What else read_sources() reads. The API's resources are served as they were frozen.
    else if (name.kind == 'a' || name.kind == 'f') edit.drop(store::Range::of_prefix(stage_prefix(name.api)));
  });
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
  const std::string key = stage_key(api, stage);
  if (Stage present = stages_.find(key)) co_return present;
  cluster::KeptRecords<CompiledStage>::Load found(stages_);
  Stage compiled = co_await load(std::move(api), std::move(stage));
  if (compiled) found.keep(key, compiled);
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
