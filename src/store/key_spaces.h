// The first byte of every key says whose it is, so that services share one key space without meeting.
#pragma once

namespace brume::store {

inline constexpr char kMetaSpace = 'm';      ///< the engine's own: format record
inline constexpr char kDynamoDbSpace = 'd';  ///< dynamodb/keys.h
inline constexpr char kLambdaSpace = 'l';    ///< lambda/keys.h
inline constexpr char kGatewaySpace = 'g';   ///< gateway/keys.h
inline constexpr char kIamSpace = 'i';       ///< iam/keys.h
inline constexpr char kObserveSpace = 'o';   ///< observe/keys.h

}  // namespace brume::store
