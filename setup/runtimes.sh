#!/usr/bin/env bash
# Installs what functions find beside their own code: the AWS SDKs for Node.js and Python, pinned in runtimes/.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .deps/runtimes/node
cp runtimes/node/package.json runtimes/node/package-lock.json .deps/runtimes/node/
npm ci --prefix .deps/runtimes/node --no-audit --no-fund --loglevel=error

rm -rf .deps/runtimes/python/site-packages
.deps/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .deps/venv
.deps/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --requirement runtimes/python/requirements.txt \
  --target .deps/runtimes/python/site-packages
# Functions run as another user.
chmod -R a+rX .deps/runtimes
