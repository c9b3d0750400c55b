#!/usr/bin/env bash
# Runs the public suite nubo-db/dynamodb-conformance, from a checkout with its packages installed (npm install), against build/brume.
#   tests/conformance.sh CHECKOUT [vitest arguments]
# The suite asks for a table of account 000000000000 and expects that it is another's: the access key id names our account here.
set -euo pipefail
[[ -d ${1:-} ]] || { echo "usage: tests/conformance.sh CHECKOUT [vitest arguments]" >&2; exit 2; }
suite=$1
shift
cd "$(dirname "$0")/.."
work=$(mktemp -d)
mkfifo "$work/ready"
build/brume serve --listen 127.0.0.1:0 --data "$work/data" >"$work/ready" 2>"$work/log" &
server=$!
trap 'kill -TERM $server 2>/dev/null || true; wait $server || true; rm -rf "$work"' EXIT
read -r line <"$work/ready" || { cat "$work/log" >&2; exit 1; }
export DYNAMODB_ENDPOINT=${line#brume ready } AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=test
cd "$suite"
npx vitest run "$@"
