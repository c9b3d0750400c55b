#!/usr/bin/env bash
# Runs every fuzz target of a sanitizer build, two at a time, for SECONDS each; or all of them together for MINUTES.
#   tests/fuzz.sh BUILD SECONDS|MINUTESm
# Seeds are in tests/seeds/TARGET; what a run finds is left in BUILD/fuzz/TARGET and fails it.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$1 seconds=$2
mapfile -t targets < <(find src -name '*_fuzz.cpp' -printf '%f\n' | sed 's/\.cpp$//' | sort)
[[ ${#targets[@]} -gt 0 ]] || { echo "fuzz: no targets" >&2; exit 1; }
[[ $seconds == *m ]] && seconds=$((2 * 60 * ${seconds%m} / ${#targets[@]}))
echo "fuzz: $seconds s for each of ${#targets[@]} targets"

fuzz_one() {
  local target=$1 work=$build/fuzz/$1
  mkdir -p "$work/corpus" "tests/seeds/$target"
  if "$build/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=16384 -print_final_stats=1 \
      -artifact_prefix="$work/" "$work/corpus" "tests/seeds/$target" >"$work/log" 2>&1; then
    echo "fuzz: $target $(grep -o 'number_of_executed_units: [0-9]*' "$work/log")"
  else
    tail -n 40 "$work/log"
    echo "fuzz: $target FAILED"
    return 1
  fi
}
export -f fuzz_one
export build seconds
if printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'fuzz_one {}'; then
  echo "fuzz: ${#targets[@]} passed, 0 failed"
else
  echo "fuzz: a target failed" >&2
  exit 1
fi
