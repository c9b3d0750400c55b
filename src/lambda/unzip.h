// Unpacks a function package, which anybody may have made.
#pragma once

#include <string>
#include <string_view>

namespace brume::lambda {

/// Unpacks `zip` into the existing, empty `folder`: regular files and folders, plus symbolic links that stay
/// inside it. Everything becomes readable by others; files keep their executable bits. Blocks.
/// Errors: AwsError InvalidParameterValueException with AWS's texts; std::system_error (disk).
void unzip(std::string_view zip, const std::string& folder);

}  // namespace brume::lambda
