#!/usr/bin/env bash
# All set-up, then all tests. Needs the .NET 10 SDK; the conformance suite, where it is run, also Node 20.
# The last line is 'N passed, N failed, N skipped', the sum of all runners. TEST_ONLY=Name runs the test projects whose path holds Name.
set -uo pipefail
cd "$(dirname "$0")"
. tests/setup.sh
need_dotnet
build_release || exit 1

passed=0 failed=0 skipped=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

for project in $(find tests -name '*.Tests.csproj' -o -name 'Tidy.csproj' -not -path '*/obj/*' | sort); do
  case "$project" in *"${TEST_ONLY:-}"*) ;; *) continue ;; esac
  name=$(basename "$project" .csproj)
  echo "── $name"
  dotnet test "$project" --no-build -c Release --nologo -v q --blame-hang-timeout 10m --logger "trx;LogFileName=$results/$name.trx" --logger "console;verbosity=minimal" 2>&1 \
    | grep -vE '^(VSTest|Results File|$)' | tail -n 60
  code=${PIPESTATUS[0]}
  counters=$(grep -o '<Counters [^>]*>' "$results/$name.trx" 2>/dev/null | head -n 1)
  number() { grep -o " $1=\"[0-9]*\"" <<<"$counters" | grep -o '[0-9]*' | head -n 1; }
  if [ -z "$counters" ]; then
    echo "$name gave no result (exit code $code): it holds no test, or its runner ended early"; failed=$((failed + 1))
    continue
  fi
  [ "$(number total)" -gt 0 ] || { echo "$name ran no test"; failed=$((failed + 1)); }
  total=$(number total) ok=$(number passed) bad=$(number failed)
  passed=$((passed + ok)); failed=$((failed + bad)); skipped=$((skipped + total - ok - bad))
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then echo "$name: exit code $code"; failed=$((failed + 1)); fi
done

if [ -z "${TEST_ONLY:-}" ]; then
  . tests/conformance/run.sh
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
