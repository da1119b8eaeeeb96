#!/usr/bin/env bash
# Builds the shop, starts it on this machine, places the demo orders, shows the audit's verdict and keeps serving until Ctrl-C. Needs the .NET 10 SDK only.
set -uo pipefail
root=$(cd "$(dirname "$0")" && pwd)
usage() {
  cat <<'TXT'
usage: ./run.sh [options]
  --exit          end after the verdict; exit code 0 only when the audit is consistent
  --orders FILE   orders to place, one JSON document a line (data/demo-orders.jsonl)
  --count N       how many of them; 0 places none (all)
  --parallel N    how many orders are open at a time (64)
  --port N        HTTP port of the Gateway; gRPC is on the next one (8080, or a free one when that is taken)
  --data DIR      where everything is kept (data/run); a second start on the same folder goes on where the first stopped
DAPRORDERS_RUN_FILE=FILE takes another dapr.yaml than the one of this folder.
TXT
}
port='' data=$root/data/run orders=$root/data/demo-orders.jsonl count='' parallel=64 leave=false
while [ $# -gt 0 ]; do
  case "$1" in
    --exit) leave=true; shift; continue ;;
    -h|--help) usage; exit 0 ;;
    --orders|--count|--parallel|--port|--data) [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; } ;;
    *) echo "unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  case "$1" in
    --orders) orders=$(realpath -m "$2") ;;
    --data) data=$(realpath -m "$2") ;;
    --count|--parallel|--port)
      case "$2" in ''|*[!0-9]*) echo "$1 takes a whole number, not '$2'" >&2; exit 2 ;; esac
      case "$1" in --count) count=$2 ;; --parallel) parallel=$2 ;; --port) port=$2 ;; esac ;;
  esac
  shift 2
done
[ -r "$orders" ] || { echo "There is no file of orders at $orders" >&2; exit 2; }

cd "$root"
. tests/setup.sh
need_dotnet
if [ ! -x artifacts/bin/localdapr ] || [ -n "$(find src Directory.*.props -newer artifacts/bin/.built -type f -not -path '*/obj/*' -not -path '*/bin/*' -print -quit 2>/dev/null || echo new)" ]; then
  echo "Building …"
  build_release src/run.slnf || exit 1
fi

if grep -qs '"state"' "$data/moved.json"; then
  echo "The state of the shop at $data was moved to PostgreSQL: start it there (docs/growing.md). These files are history." >&2; exit 3
fi
if grep -qs '"orders"' "$data/moved.json" && [ "${ORDERING_STORE:-sqlite}" = sqlite ]; then
  echo "The orders of the shop at $data were moved to PostgreSQL: set ORDERING_STORE=postgres and ORDERING_POSTGRES (docs/growing.md)." >&2; exit 3
fi
mkdir -p "$data/logs"
exec 9>"$data/lock"
flock -n 9 || { echo "Another start is using $data; stop it, or give another --data folder." >&2; exit 3; }

# The host leads a process group of its own, which its apps belong to: whatever a killed host left behind is found by that group, also what it had no time to write down.
group_alive() {
  local stat line
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    set -- ${line##*) }
    [ "$3" = "$group" ] && [ "$1" != Z ] && tr '\0' ' ' 2>/dev/null <"${stat%/stat}/cmdline" | grep -qE 'localdapr|/net10\.0/' && return 0
  done
  return 1
}
end_orphans() {
  local group
  group=$(cat "$data/host.pid" 2>/dev/null) || return 0
  [ -n "$group" ] || return 0
  for _ in $(seq 100); do
    group_alive || break
    kill -9 -- "-$group" 2>/dev/null
    sleep 0.1
  done
  rm -f "$data/host.pid" "$data/pids"
}
is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { local p; while :; do p=$((20000 + RANDOM % 12000)); is_free "$p" && is_free $((p + 1)) && { echo "$p"; return; }; done; }

end_orphans
if [ -z "$port" ]; then
  if is_free 8080 && is_free 8081; then port=8080; else port=$(free_port); fi
elif ! is_free "$port" || ! is_free $((port + 1)); then
  echo "Port $port or $((port + 1)) is in use; give another --port." >&2; exit 3
fi
provider=$(free_port)
export DAPRORDERS_DATA=$data DAPRORDERS_PORT=$port DAPRORDERS_GRPC_PORT=$((port + 1)) \
  PAYMENT_PROVIDER_PORT=$provider PAYMENT_PROVIDER_URL=http://127.0.0.1:$provider ASPNETCORE_ENVIRONMENT=${ASPNETCORE_ENVIRONMENT:-Development}
printf '{"gateway":"http://127.0.0.1:%s","grpc":"http://127.0.0.1:%s","provider":"http://127.0.0.1:%s"}\n' "$port" $((port + 1)) "$provider" >"$data/endpoints.json.new"
mv "$data/endpoints.json.new" "$data/endpoints.json"
log=$data/logs/shop.log

# Keeps the host alive: when it is killed, its orphans are ended and it starts again on the same data. Stopped by SIGTERM, which it hands on.
supervise() {
  local host pause=1 started stopping=false
  trap 'stopping=true; kill -TERM "$host" 2>/dev/null' TERM INT
  while :; do
    started=$SECONDS
    set -m # a process group of its own
    (cd "$data" && echo "$BASHPID" >"$data/host.pid" && exec "$root/artifacts/bin/localdapr" run -f "${DAPRORDERS_RUN_FILE:-$root/dapr.yaml}" --free-app-ports --pid-file "$data/pids") >>"$log" 2>&1 9>&- &
    host=$!
    set +m
    wait "$host" 2>/dev/null; local code=$?
    if $stopping; then wait "$host" 2>/dev/null; break; fi
    [ $((SECONDS - started)) -gt 30 ] && pause=1
    echo "!! The runtime ended (exit code $code); ending what it left and starting again in $pause s. See $log" >&2
    end_orphans
    sleep "$pause" & wait $!
    $stopping && break
    pause=$((pause < 16 ? pause * 2 : 16))
  done
}
supervise 9>&- &
supervisor=$!
finish() { trap - INT TERM EXIT; kill -TERM "$supervisor" 2>/dev/null; wait "$supervisor" 2>/dev/null; end_orphans; exit "${1:-0}"; }
trap 'finish 130' INT TERM
trap 'finish $?' EXIT

echo "Starting on $data (log: $log)"
dotnet "$root/src/Simulators/Shoppers/bin/Release/net10.0/Shoppers.dll" place "$data" --orders "$orders" --parallel "$parallel" ${count:+--count "$count"} 9>&- &
shoppers=$!
wait "$shoppers"; verdict=$?
if $leave; then finish "$verdict"; fi

token=$(curl -s "http://127.0.0.1:$port/token" -d grant_type=password -d username=demo -d password=demo -d expires_in=3600 2>/dev/null | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
cat <<TXT

The shop is open.
  HTTP      http://127.0.0.1:$port     (gRPC: http://127.0.0.1:$((port + 1)))
  audit     http://127.0.0.1:$port/audit  (operator)
  data      $data
  token     ${token:-(curl is missing: POST /token gives one)}
Ctrl-C stops it; ./run.sh${data:+ --data $data} goes on where it stopped.
TXT
while kill -0 "$supervisor" 2>/dev/null; do wait "$supervisor"; done
