#!/usr/bin/env bash
# Installs what is missing for the named purposes: setup/install.sh build runtime test bench
# Debian packages come from setup/PURPOSE.packages; Python and Node packages go to .deps/ in this folder.
# Does nothing, and needs no network, when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Without a network npm would go on trying for more than a minute.
export npm_config_fetch_retry_mintimeout=2000 npm_config_fetch_retry_maxtimeout=10000

log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() { echo "setup: $*" >&2; exit 1; }

why() { grep -m 4 -E '^(E:|ERROR:|npm (ERR!|error))' "$log" >&2 || tail -n 4 "$log" >&2; }  # of a command that wrote to $log

missing_packages() {  # PURPOSE: the packages that are neither installed nor stood in for by a command
  local name command
  while read -r name command; do
    [[ -z $name || $name == \#* ]] && continue
    if [[ -n $command ]] && command -v "$command" >/dev/null 2>&1; then continue; fi
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] && continue
    echo "$name"
  done <"setup/$1.packages"
}

install_packages() {
  local packages=()
  mapfile -t packages < <(for purpose in "$@"; do missing_packages "$purpose"; done | sort -u)
  [[ ${#packages[@]} -eq 0 ]] && return
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing and neither root nor sudo is at hand: ${packages[*]}"
    as_root=(sudo)
  fi
  echo "setup: installing ${packages[*]}"
  if ! { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${packages[@]}"; } >"$log" 2>&1; then
    why
    fail "apt-get could not install the packages (is the network there?): ${packages[*]}"
  fi
}

# Runs "$@" when the named files changed since the last success; the stamp is .deps/NAME.stamp.
once() {
  local name=$1 files=$2
  shift 2
  local sum
  # shellcheck disable=SC2086  # a list of file names
  sum=$(cat $files | sha256sum)
  [[ -f .deps/$name.stamp && $(<".deps/$name.stamp") == "$sum" ]] && return
  echo "setup: $name"
  mkdir -p .deps
  if ! "$@" >"$log" 2>&1; then
    why
    fail "could not install the packages of $files (is the network there?)"
  fi
  echo "$sum" >".deps/$name.stamp"
}

python_packages() {  # FILE
  .deps/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .deps/venv || return
  .deps/venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
}

node_packages() {  # FOLDER with package.json and its lock
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
}

# The SDKs for JavaScript need node 20; Debian 12 has 18. npm carries whole node binaries, too.
newer_node() {
  local arch
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "ERROR: no node for $(uname -m) at npm; install node 20 or newer"; return 1 ;; esac
  npm install --prefix .deps/node --no-save --no-audit --no-fund --loglevel=error "node-linux-$arch@$(<setup/node.version)" || return
  mkdir -p .deps/bin
  ln -sfn "../node/node_modules/node-linux-$arch/bin/node" .deps/bin/node
}

install_packages "$@"
export PATH=$PWD/.deps/bin:$PATH
for purpose in "$@"; do
  case $purpose in
    build) once python-build setup/requirements-build.txt python_packages setup/requirements-build.txt ;;
    runtime)
      [[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] || once node setup/node.version newer_node
      once runtimes "setup/runtimes.sh runtimes/node/package-lock.json runtimes/python/requirements.txt" bash setup/runtimes.sh
      ;;
    test)
      once python-test setup/requirements-test.txt python_packages setup/requirements-test.txt
      once node-test "tests/node/package-lock.json" node_packages tests/node
      once runtime-clients "setup/runtime_clients.sh tests/runtimes/requirements.txt" bash setup/runtime_clients.sh
      ;;
    bench) ;;
    *) fail "unknown purpose $purpose" ;;
  esac
done
