#!/bin/sh
# In the pod: runs the service from a writable copy of /app, and starts it again when it ends, as it does when Tilt has copied new assemblies and killed it.
# SIGTERM, which is the pod's end, ends both.
set -u
[ -d /tmp/app ] || cp -r /app /tmp/app
cd /tmp/app
trap 'kill -TERM "$service" 2>/dev/null; wait "$service"; exit 0' TERM INT
while :; do
  dotnet "$ASSEMBLY" &
  service=$!
  echo "$service" >/tmp/service.pid
  wait "$service"
done
