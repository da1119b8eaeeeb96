#!/usr/bin/env bash
# Copies the component sets into the chart (Helm packs only what lies in its folder). A test fails while the copies differ from components/.
set -euo pipefail
cd "$(dirname "$0")"
sets=${1:-../../components}
rm -rf components
for set in redis kafka rabbitmq-postgres aws azure gcp; do
  mkdir -p "components/$set"
  cp "$sets/$set"/*.yaml "components/$set/"
done
