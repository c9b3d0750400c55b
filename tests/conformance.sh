#!/usr/bin/env bash
# Runs the public suite nubo-db/dynamodb-conformance, from a checkout with its packages installed (npm install), against build/brume (or BRUME_BINARY).
#   tests/conformance.sh CHECKOUT [vitest arguments]
# Assertions that AWS itself has left behind since are listed in tests/conformance_differences.txt: they have to fail, all others to pass.
# The suite asks for a table of account 000000000000 and expects that it is another's: the access key id names our account here.
set -euo pipefail
[[ -d ${1:-} ]] || { echo "usage: tests/conformance.sh CHECKOUT [vitest arguments]" >&2; exit 2; }
suite=$1
shift
cd "$(dirname "$0")/.."
here=$PWD/tests
work=$(mktemp -d)
mkfifo "$work/ready"
"${BRUME_BINARY:-build/brume}" serve --listen 127.0.0.1:0 --data "$work/data" >"$work/ready" 2>"$work/log" &
server=$!
trap 'kill -TERM $server 2>/dev/null || true; wait $server || true; rm -rf "$work"' EXIT
read -r line <"$work/ready" || { cat "$work/log" >&2; exit 1; }
export DYNAMODB_ENDPOINT=${line#brume ready } AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=test
cd "$suite"
npx vitest run --reporter=default --reporter=json --outputFile.json="$work/report.json" "$@" || true
python3 "$here/conformance_compare.py" "$work/report.json" "$here/conformance_differences.txt"
