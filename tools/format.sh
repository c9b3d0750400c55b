#!/usr/bin/env bash
# Formats every C++ file of the repository after .clang-format; with --check, prints those that are not and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
formatter=clang-format-16
case ${1:-} in
  '') git ls-files '*.cpp' '*.h' | xargs -P 2 -n 50 "$formatter" -i ;;
  --check) git ls-files '*.cpp' '*.h' | xargs -P 2 -n 50 "$formatter" --dry-run -Werror ;;
  *) echo "usage: tools/format.sh [--check]" >&2; exit 2 ;;
esac
