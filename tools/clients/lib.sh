# Starts `lfm serve` with the demo model for a check, and stops it at the end. Sets `base`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
log=$(mktemp)

start_server() {
  "$root/lfm" serve --host 127.0.0.1 --port 0 --max-model-len 1024 "$@" >"$log" 2>&1 &
  server=$!
  trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -f "$log"' EXIT
  for _ in $(seq 600); do
    base=$(sed -n 's|.*ready in .*: \(http://[^/]*\)/v1.*|\1|p' "$log")
    [ -n "$base" ] && return
    kill -0 $server 2>/dev/null || break
    sleep 0.2
  done
  cat "$log" >&2
  exit 1
}
