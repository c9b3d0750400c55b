// What all key layouts share. The first byte of every key says whose it is, so that services share one key space
// without meeting.
#pragma once

#include <string>
#include <string_view>

namespace brume::store {

inline constexpr char kMetaSpace = 'm';      ///< the engine's own: format record
inline constexpr char kClusterSpace = 'c';   ///< cluster/keys.h
inline constexpr char kDynamoDbSpace = 'd';  ///< dynamodb/keys.h
inline constexpr char kLambdaSpace = 'l';    ///< lambda/keys.h
inline constexpr char kGatewaySpace = 'g';   ///< gateway/keys.h
inline constexpr char kIamSpace = 'i';       ///< iam/keys.h
inline constexpr char kObserveSpace = 'o';   ///< observe/keys.h
inline constexpr char kServerSpace = 'v';    ///< server/clock_control.cpp

/// Appends a part of variable length to a key and ends it with \0, which no part may hold.
inline void append_part(std::string& key, std::string_view part) {
  key += part;
  key += '\0';
}

}  // namespace brume::store
