// The tables of what IAM and STS support.
#pragma once

#include <vector>

#include "service/operation.h"

namespace brume::iam {

class Control;
class Sts;

/// The rows refer to `control`.
std::vector<service::Operation> iam_operations(Control& control);
/// The rows refer to `sts`. In sts/operations.cpp.
std::vector<service::Operation> sts_operations(Sts& sts);

}  // namespace brume::iam
