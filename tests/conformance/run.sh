# Sourced by test.sh: the black-box suite of the sidecar API, when it lies beside the checkout, against artifacts/bin/localdapr.
# expected.json holds, per file, how many cases must pass; fewer is a failure. Cases beyond it that do not pass yet are counted as skipped.
suite=../shared/conformance
if [ "$(cat tests/conformance/expected.json)" = '{}' ]; then
  echo "── conformance: no file is expected to pass yet"
elif [ ! -d "$suite" ]; then
  echo "── conformance: skipped, $suite is not there"; skipped=$((skipped + 1))
elif ! command -v node >/dev/null 2>&1; then
  echo "── conformance: SKIPPED, Node 20 or newer is missing"; skipped=$((skipped + 1))
else
  echo "── conformance"
  copy=$results/conformance
  cp -r "$suite" "$copy" && chmod -R u+w "$copy"
  sidecar="$PWD/artifacts/bin/localdapr sidecar"
  expected=$PWD/tests/conformance/expected.json
  files=$(node -e 'console.log(Object.keys(JSON.parse(require("fs").readFileSync(process.argv[1]))).join(" "))' "$expected")
  if (cd "$copy" && npm ci --silent --no-audit --no-fund >npm.log 2>&1); then
    (cd "$copy" && LOCALDAPR_DATA="$results/localdapr" SIDECAR="$sidecar" PROFILE=local ACTOR_HOSTS=one TEST_TIMEOUT_MS=240000 RECORD="$copy/got.json" timeout 1500 node run.mjs $files >out.log 2>&1)
    summary=$(node tests/conformance/compare.mjs "$expected" "$copy/got.json")
    echo "$summary" | sed '$d'
    read -r ok bad rest <<<"$(echo "$summary" | tail -n 1)"
    passed=$((passed + ok)); failed=$((failed + bad)); skipped=$((skipped + rest))
    if [ "$bad" -gt 0 ]; then grep -E '^\s*✖' "$copy/out.log" | sort -u | head -n 40; fi
  else
    echo "npm ci of the suite failed:"; tail -n 5 "$copy/npm.log"; failed=$((failed + 1))
  fi
fi
