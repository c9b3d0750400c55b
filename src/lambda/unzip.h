// Unpacks a function package, which anybody may have made.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

namespace brume::lambda {

inline constexpr std::size_t kMadeMax = 100'000;  ///< files, folders and links of one package

/// Unpacks `zip` into the existing, empty `folder`: regular files and folders, plus symbolic links. Every link
/// resolves beneath the folder, whatever other links it passes through, and no entry is written through a link.
/// Of a file's mode what the zip lets others do (read, execute) stays, for everybody; folders are open to all; an entry
/// of any other kind (device, socket, pipe) becomes a regular file. Of several entries of one name the last counts.
///
/// Blocks; its work is bounded: 250 MB come out, no more is read than `zip` holds (entries that share their bytes are
/// refused), and `made_max` files, folders and links are made, nested at most 100 deep. Nothing is synced to disk.
/// Errors: AwsError InvalidParameterValueException with AWS's texts; std::system_error (disk); std::runtime_error soon
/// after `stop`, if given, became true.
void unzip(std::string_view zip, const std::string& folder, std::size_t made_max = kMadeMax,
           const std::atomic<bool>* stop = nullptr);

}  // namespace brume::lambda
