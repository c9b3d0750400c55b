#include "service/catalog.h"

#include <algorithm>

namespace brume::service {

void Catalog::add(Service service) {
  services_.push_back(std::move(service));
  const Service& added = services_.back();
  Part part{added.model->name, {}};
  for (const OperationShape& shape : added.model->operations) {
    const auto row = std::ranges::find(added.operations, shape.name, &Operation::name);
    part.entries.push_back({added.model, &shape, row == added.operations.end() ? nullptr : &*row, added.guarded});
  }
  parts_.push_back(std::move(part));
}

const std::vector<Entry>& Catalog::entries(std::string_view service) const {
  static const std::vector<Entry> none;
  const auto part = std::ranges::find(parts_, service, &Part::service);
  return part == parts_.end() ? none : part->entries;
}

const Entry* Catalog::entry(std::string_view service, std::string_view operation) const {
  const std::vector<Entry>& all = entries(service);
  const auto name = [](const Entry& entry) { return entry.shape->name; };
  const auto found = std::ranges::lower_bound(all, operation, {}, name);
  return found == all.end() || found->shape->name != operation ? nullptr : &*found;
}

}  // namespace brume::service
