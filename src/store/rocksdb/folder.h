// What makes a folder a Brume store: a text file BRUME naming the format, beside RocksDB's own files,
// and the same text as a record inside the database.
#pragma once

#include <string>
#include <string_view>

namespace brume::store {

inline constexpr int kFormatVersion = 1;

/// The key of the format record, in kMetaSpace.
std::string format_key();
/// "brume store 1"
std::string format_text();

enum class FolderState { fresh, existing };

/// Looks at `folder` without changing a store in it; creates the folder and its BRUME file if there is
/// none. Errors: StoreError with one sentence if it is not a folder, foreign, not accessible, damaged, or
/// of a newer format.
FolderState prepare_folder(const std::string& folder);

/// The same check for a folder that must already be a store.
void require_store(const std::string& folder);

/// Errors: StoreError if `text`, a BRUME file or format record, names another format than ours.
void check_format(const std::string& folder, std::string_view text);

/// "by process 123", or "by another process" where the system does not say.
std::string lock_holder(const std::string& folder);

}  // namespace brume::store
