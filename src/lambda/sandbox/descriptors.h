// Pipes to programs that are started with them.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace brume::lambda {

struct Pipe {
  UniqueFd read, write;
};

/// SandboxError: "STEP: what errno says".
[[noreturn]] void throw_step(const char* step);

/// Errors of all that follows: SandboxError.
Pipe make_pipe();
/// A copy far above the numbers that a program is given, so that placing one descriptor never overwrites another.
UniqueFd high_copy(int fd);
/// Starts `path` with these descriptors in those places, no others, an empty environment, and no signal blocked or
/// handled. `arguments` end with a null.
int spawn_program(const std::string& path, const std::vector<char*>& arguments,
                  std::initializer_list<std::pair<int, int>> descriptors);
/// Waits for a child's end.
void reap_child(int pid, int* status);

}  // namespace brume::lambda
