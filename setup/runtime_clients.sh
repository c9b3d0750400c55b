#!/usr/bin/env bash
# AWS's own runtime clients, for tests/runtimes: pinned, and unpacked as they are. The part of aws-lambda-ric that is
# written in C++, whose build would need cmake and node's headers, is stood in for by tests/runtimes/native.cjs.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.deps/runtime-clients
rm -rf "$folder"
mkdir -p "$folder"

client() {  # NAME VERSION SHA-512
  local file=$folder/aws-lambda-ric-$2.tgz
  npm pack --silent --pack-destination "$folder" "aws-lambda-ric@$2" >/dev/null
  if ! echo "$3  $file" | sha512sum --check --quiet; then
    echo "ERROR: aws-lambda-ric@$2 is not the package that was looked at"
    exit 1
  fi
  mkdir "$folder/$1"
  tar -xzf "$file" -C "$folder/$1" --strip-components=1
  rm "$file"
}
client node3 3.3.0 f69d3a4db2952b86b4e74358fef60ec61307be722252ee68d56d3ffeaeb234b4aa03f73dd699f804e8f70b7b114e9a6591436c189754e6a5b2536493a3a2fc84
client node4 4.0.2 144e55b24c7b998367a809d65895d43ac2e9d951a076c26c0a844b1536bc2f8624d1056d02ba91f2ae7cc8f03ef900b56bbdd95895c1436007df59c802fecd39

.deps/venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/runtimes/requirements.txt --target "$folder/python"
