#include "base/task.h"

#include "base/log.h"

namespace brume {

void log_escaped(std::string_view event, std::exception_ptr error) {
  if (!error) return;
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::exception& e) {
    log_error(event, {{"error", e.what()}});
  } catch (...) {
    log_error(event, {{"error", "not a std::exception"}});
  }
}

}  // namespace brume
