#!/usr/bin/env bash
# Starts Brume on a free port with a temporary folder, runs the node tests against it, stops it.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
mkfifo "$work/ready"
"${BRUME_BINARY:-../../build/brume}" serve --listen 127.0.0.1:0 --data "$work/data" >"$work/ready" 2>"$work/log" &
server=$!
trap 'kill -TERM $server 2>/dev/null || true; wait $server || true; rm -rf "$work"' EXIT
read -r line <"$work/ready" || { cat "$work/log" >&2; exit 1; }
export AWS_ENDPOINT_URL=${line#brume ready } AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
reporters=(--test-reporter=spec --test-reporter-destination=stdout)
[[ ${BRUME_NODE_REPORT:-} ]] && reporters+=(--test-reporter=junit "--test-reporter-destination=$BRUME_NODE_REPORT")
node --test "${reporters[@]}" ./*.test.mjs || { status=$?; tail -n 30 "$work/log" >&2; exit $status; }
