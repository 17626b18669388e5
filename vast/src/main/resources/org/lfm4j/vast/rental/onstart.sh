#!/bin/bash
# lfm4j on a rented GPU. Runs at every start of the container: all of it may run again.
set -u
home=${RENTAL_HOME:-/opt/lfm4j} state=${RENTAL_STATE:-/var/lib/lfm4j} port=${RENTAL_PORT:-8000}
tick=${RENTAL_TICK:-15} max=${RENTAL_MAX_SECONDS:-7200} idle_max=${RENTAL_IDLE_SECONDS:-0}
start_max=${RENTAL_START_SECONDS:-7200}
api=${RENTAL_VAST_URL:-https://console.vast.ai}/api/v0/instances/${CONTAINER_ID:-}/
mkdir -p "$state" 2>/dev/null || state=$(mktemp -d)
exec 9>"$state/lock"
if command -v flock >/dev/null; then flock -n 9 || exit 0; fi
log=${RENTAL_LOG:-/proc/1/fd/1} # what lfm vast logs shows
{ : >>"$log"; } 2>/dev/null || log=/dev/null
exec > >(exec tee -a "$state/log" >>"$log") 2>&1
say() { echo "lfm4j: $*"; }

vast() { # METHOD BODY: asks Vast, with the key that it gave to this instance
  curl -fsS -m 30 -X "$1" -H @- -H 'Content-Type: application/json' -d "$2" "$api" \
    <<<"Authorization: Bearer $CONTAINER_API_KEY"
}

# Ends this rental. Nobody else may be there to do it, so it never gives up, but asks less and less
# often. Where Vast does not destroy for long, a stop ends the GPU's price: the last resort, since it
# ends this script too.
end() {
  local n=0
  say "ends this rental: $1"
  while :; do
    timeout 300 bash -c "$(declare -f tools); tools"
    vast DELETE '{}' || { [ "$n" -ge 5 ] && vast PUT '{"state": "stopped"}'; }
    sleep $((tick << n))
    n=$((n < 5 ? n + 1 : 5))
  done
}

# Requests that run or wait, and requests answered; without metrics, open connections.
activity() {
  local m
  if m=$(curl -fsS -m 10 -H @- "http://127.0.0.1:$port/metrics" 2>/dev/null \
    <<<"Authorization: Bearer $LFM_API_KEY"); then
    awk '/^vllm:num_requests_(running|waiting)[{ ]/ {r += $NF}
      /^vllm:request_success_total[{ ]/ {s += $NF} END {print r + 0, s + 0}' <<<"$m"
  else
    awk -v p=":$(printf %04X "$port")$" '$2 ~ p && $4 == "01" {n++} END {print n + 0, 0}' \
      /proc/net/tcp /proc/net/tcp6
  fi
}

# What a file holds, or 0: a full disk leaves empty ones.
number() {
  local n
  n=$(cat "$state/$1" 2>/dev/null)
  [[ $n =~ ^[0-9]{1,12}$ ]] && echo "$((10#$n))" || echo 0
}

# The dead-man switch: needs nobody outside. Wrong clocks don't matter, time is also counted.
watch() {
  local spent idle=0 last='' seen served= began
  spent=$(number seconds)
  [ "$(number began)" -gt 0 ] || date +%s >"$state/began"
  began=$(date +%s)
  while sleep "$tick"; do
    spent=$((spent + tick))
    echo "$spent" >"$state/seconds"
    [ "$(number began)" -gt 0 ] && began=$(number began)
    if [ "$spent" -ge "$max" ] || [ $(($(date +%s) - began)) -ge "$max" ]; then
      end "its time is over"
    fi
    if [ -z "$served" ]; then
      curl -fsS -m 10 -o /dev/null "http://127.0.0.1:$port/health" 2>/dev/null && served=1
      [ -z "$served" ] && [ "$spent" -ge "$start_max" ] && end "the server did not come up"
    elif [ "$idle_max" -gt 0 ]; then
      seen=$(activity)
      if [ "$seen" != "$last" ] || [ "${seen%% *}" != 0 ]; then idle=0; else idle=$((idle + tick)); fi
      last=$seen
      [ "$idle" -ge "$idle_max" ] && end "nobody has asked anything for $((idle / 60)) minutes"
    fi
  done
}

tools() {
  command -v curl >/dev/null && return
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq curl ca-certificates
}

# The distribution carries its own Java 25 runtime.
install() {
  [ -x "$home/bin/lfm" ] && return
  local file=$state/lfm4j.tar.gz
  say "fetches $RENTAL_DIST_URL"
  curl -fsSL --retry 5 -o "$file" "$RENTAL_DIST_URL" || return
  if ! sha256sum -c --status <<<"$RENTAL_DIST_SHA256  $file"; then
    rm -f "$file"
    say "the distribution has another SHA-256 than $RENTAL_DIST_SHA256"
    return 1
  fi
  rm -rf "$home.new" && mkdir -p "$home.new" &&
    tar -xzf "$file" -C "$home.new" --strip-components=1 && mv "$home.new" "$home" && rm -f "$file"
}

# Without a key nothing here can end the rental: better no server than one that runs for ever.
[ -n "${CONTAINER_ID:-}" ] && [ -n "${CONTAINER_API_KEY:-}" ] || {
  say "Vast gave this instance no key to end itself with: does not serve"
  exit 1
}
watch &
until tools && install; do sleep "$tick"; done
export LFM_API_KEY
while :; do
  say "serves ${RENTAL_MODEL:-the demo model}"
  # shellcheck disable=SC2086
  "$home/bin/lfm" serve ${RENTAL_MODEL:+"$RENTAL_MODEL"} --host 0.0.0.0 --port "$port" ${RENTAL_SERVE_ARGS:-}
  say "the server ended with status $?; starts it again"
  sleep "$tick"
done
