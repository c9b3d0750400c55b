// What running a function takes: one published version (or $LATEST) with its code and configuration.
// Built by the control plane from its records; environments only read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lambda/sandbox/network.h"

namespace brume::lambda {

/// Immutable and shared (std::shared_ptr<const FunctionSpec>): a change makes a new one with another `revision`.
struct FunctionSpec {
  std::string account;   ///< 12 digits
  std::string region;
  std::string name;      ///< "notes"
  std::string version;   ///< "$LATEST" or "7"
  std::string arn;       ///< unqualified
  /// Names code plus configuration. Environments serve specs of equal (arn, version, revision) alone;
  /// the first invoke with another revision retires the older ones of (arn, version).
  std::string revision;

  std::string runtime;   ///< "nodejs22.x", "python3.13", "provided.al2023", …
  std::string handler;   ///< "index.handler"; ignored by provided.*
  /// Folder with the unpacked code. Its files and folders must be readable by others (o+rX) and stay
  /// there, unchanged, until the last environment of this revision has ended.
  std::string code_folder;
  /// Folder that becomes /opt (the layers merged in order), or empty. Same conditions as code_folder.
  std::string layers_folder;

  std::uint32_t memory_mb = 128;
  std::uint32_t ephemeral_storage_mb = 512;  ///< size of /tmp
  std::chrono::seconds timeout{3};
  std::vector<std::pair<std::string, std::string>>
      environment;        ///< the user's variables, reserved names refused before
  std::string log_group;  ///< "/aws/lambda/NAME" unless LoggingConfig says otherwise
  /// What the function asks for; it never gets more than all functions may have.
  std::optional<FunctionNetwork> network;
  /// ReservedConcurrentExecutions; 0 refuses every invoke.
  std::optional<std::uint32_t> reserved_concurrency;
};

/// What a function signs its calls to AWS services with: those of its role.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< may be empty: the variable is left out then
  std::chrono::system_clock::time_point expires = std::chrono::system_clock::time_point::max();
};

}  // namespace brume::lambda
