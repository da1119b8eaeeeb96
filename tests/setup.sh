# Shared by run.sh and test.sh: what must be there, and the release build. Sourced from the root of the checkout.
need_dotnet() {
  if ! command -v dotnet >/dev/null 2>&1; then
    echo "The .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download and run this again." >&2
    exit 2
  fi
  case "$(dotnet --version 2>/dev/null)" in
    1[0-9].*) ;;
    *) echo "The .NET 10 SDK is needed, 'dotnet --version' says: $(dotnet --version 2>&1 | head -n 1)" >&2; exit 2 ;;
  esac
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1
}

# Builds everything in Release and puts the runtime at artifacts/bin/localdapr. Says nothing when nothing goes wrong.
build_release() {
  local log; log=$(mktemp)
  if ! dotnet build "${1:-DaprOrders.sln}" -c Release -v q -nologo >"$log" 2>&1; then
    grep -E 'error|warn' "$log" | sort -u | head -n 40
    echo "The build failed; the whole output is in $log" >&2
    return 1
  fi
  rm -f "$log"
  mkdir -p artifacts/bin
  ln -sfn "$PWD/src/LocalDapr/Cli/bin/Release/net10.0/localdapr" artifacts/bin/localdapr
  touch artifacts/bin/.built
}
