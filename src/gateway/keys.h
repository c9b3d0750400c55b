// The key layout of gateway records. One letter after the space says what a key is; \0 ends a part of
// variable length (no identifier contains it, see valid_identifier).
//
//   g c ACCOUNT \0 REGION                      account settings
//   g i ACCOUNT \0 REGION \0 API               index of an account's APIs, empty value
//   g r API \0 a                               the API: members of the model's RestApi, owner
//   g r API \0 r RESOURCE                      one resource with its methods and integrations
//   g r API \0 d DEPLOYMENT                    one deployment: description, date, summary
//   g r API \0 f DEPLOYMENT                    what it froze: the API's settings and all resources; never changes
//   g r API \0 s STAGE                         one stage
//
// A value is one byte of format version and a JSON object.
#pragma once

#include <string>
#include <string_view>

#include "store/store.h"

namespace brume::gateway {

/// Letters, digits, '-' and '_', at most 128: every identifier the gateway gives out or accepts. Anything
/// else names nothing, and must not be put into a key.
bool valid_identifier(std::string_view text);

std::string account_key(std::string_view account, std::string_view region);
std::string api_index_prefix(std::string_view account, std::string_view region);
std::string api_index_key(std::string_view account, std::string_view region, std::string_view api);
/// Prefix of every API's records, of all accounts.
std::string all_apis_prefix();

std::string api_prefix(std::string_view api);  ///< of all records of one API
store::Range api_records();                    ///< of all APIs
/// The API whose record `key` is, one of api_records(), and the letter of its kind; 0 for a key that is none.
struct ApiRecordName {
  std::string_view api;
  char kind = 0;
};
ApiRecordName parse_api_record(std::string_view key);
std::string api_key(std::string_view api);
std::string resource_prefix(std::string_view api);
std::string resource_key(std::string_view api, std::string_view resource);
std::string deployment_prefix(std::string_view api);
std::string deployment_key(std::string_view api, std::string_view deployment);
std::string frozen_key(std::string_view api, std::string_view deployment);
std::string stage_prefix(std::string_view api);
std::string stage_key(std::string_view api, std::string_view stage);

}  // namespace brume::gateway
