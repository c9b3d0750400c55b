#include "gateway/keys.h"

#include <algorithm>

#include "store/key_spaces.h"

namespace brume::gateway {

namespace {

std::string owned(char kind, std::string_view account, std::string_view region) {
  std::string key{store::kGatewaySpace, kind};
  store::append_part(key, account);
  key.append(region);
  return key;
}

std::string of_api(std::string_view api, char kind, std::string_view name) {
  std::string key = api_prefix(api);
  key.push_back(kind);
  key.append(name);
  return key;
}

}  // namespace

bool valid_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string account_key(std::string_view account, std::string_view region) { return owned('c', account, region); }

std::string api_index_prefix(std::string_view account, std::string_view region) {
  std::string key = owned('i', account, region);
  key.push_back('\0');
  return key;
}

std::string api_index_key(std::string_view account, std::string_view region, std::string_view api) {
  return api_index_prefix(account, region).append(api);
}

std::string all_apis_prefix() { return {store::kGatewaySpace, 'i'}; }

std::string api_prefix(std::string_view api) {
  std::string key{store::kGatewaySpace, 'r'};
  store::append_part(key, api);
  return key;
}

store::Range api_records() { return store::Range::of_prefix(std::string{store::kGatewaySpace, 'r'}); }

ApiRecordName parse_api_record(std::string_view key) {
  key.remove_prefix(std::min<std::size_t>(key.size(), 2));
  const std::size_t end = key.find('\0');
  if (end == key.npos || end + 1 == key.size()) return {};
  return {key.substr(0, end), key[end + 1]};
}

std::string api_key(std::string_view api) { return of_api(api, 'a', {}); }
std::string resource_prefix(std::string_view api) { return of_api(api, 'r', {}); }
std::string resource_key(std::string_view api, std::string_view resource) { return of_api(api, 'r', resource); }
std::string deployment_prefix(std::string_view api) { return of_api(api, 'd', {}); }
std::string deployment_key(std::string_view api, std::string_view deployment) { return of_api(api, 'd', deployment); }
std::string frozen_key(std::string_view api, std::string_view deployment) { return of_api(api, 'f', deployment); }
std::string stage_prefix(std::string_view api) { return of_api(api, 's', {}); }
std::string stage_key(std::string_view api, std::string_view stage) { return of_api(api, 's', stage); }

}  // namespace brume::gateway
