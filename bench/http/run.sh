#!/usr/bin/env bash
# Requests per second of one loop against one nginx worker, both on core 0 and driven by wrk from core 1.
#   bench/http/run.sh [path of bench_http_server]     ROUNDS and SECONDS_PER_RUN may be set
# Prints each run and, last, the ratio of the medians. Needs nginx, wrk and taskset.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=${1:-$here/../../build/bench_http_server}
rounds=${ROUNDS:-3}
seconds=${SECONDS_PER_RUN:-5}
connections=${CONNECTIONS:-64}
work=$(mktemp -d)
nginx_port=${NGINX_PORT:-18480}
server_pid=
cleanup() {
  [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
  [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

padding=$(printf 'x%.0s' $(seq 186))
cat > "$work/post.lua" <<LUA
wrk.method = "POST"
wrk.body = '{"request":"$padding"}'
wrk.headers["Content-Type"] = "application/json"
LUA
cat > "$work/nginx.conf" <<CONF
worker_processes 1;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $work/body;
  proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi;
  scgi_temp_path $work/scgi;
  server {
    listen 127.0.0.1:$nginx_port;
    location / { default_type application/json; return 200 '{"message":"$padding"}'; }
  }
}
CONF
taskset -c 0 nginx -p "$work" -c "$work/nginx.conf" 2>/dev/null
taskset -c 0 "$binary" 1 > "$work/server.out" &
server_pid=$!
for _ in $(seq 50); do [ -s "$work/server.out" ] && break; sleep 0.1; done
our_port=$(awk '{print $2}' "$work/server.out")

rate() {
  taskset -c 1 wrk -t1 -c"$connections" -d"${seconds}s" -s "$work/post.lua" "http://127.0.0.1:$1/" > "$work/wrk.out"
  if grep -q 'Non-2xx\|Socket errors' "$work/wrk.out"; then cat "$work/wrk.out" >&2; exit 1; fi
  awk '/Requests\/sec/ {print $2}' "$work/wrk.out"
}
median() { sort -n | awk '{v[NR] = $1} END {print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

: > "$work/ours"; : > "$work/nginx"
for round in $(seq "$rounds"); do
  ours=$(rate "$our_port"); echo "$ours" >> "$work/ours"
  theirs=$(rate "$nginx_port"); echo "$theirs" >> "$work/nginx"
  echo "round $round: brume $ours/s, nginx $theirs/s"
done
ours=$(median < "$work/ours"); theirs=$(median < "$work/nginx")
echo "median: brume $ours/s, nginx $theirs/s"
awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "ratio brume/nginx: %.3f\n", a / b}'
