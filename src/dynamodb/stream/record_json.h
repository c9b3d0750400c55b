// Records of streams as GetRecords shows them. Private to dynamodb/.
#pragma once

#include <string>

#include "dynamodb/stream/stream_reader.h"

namespace brume::dynamodb {

/// "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"
std::string_view text_of(StreamView view);

/// Appends {"eventID":…,"eventName":…,…,"dynamodb":{…}}.
void append_record_json(const StreamOfTable& stream, const StoredRecord& record, std::string& out);

}  // namespace brume::dynamodb
