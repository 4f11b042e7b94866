#!/bin/sh
# Makes the dashboards for Grafana, packaging/grafana/*.json, of their sources beside them; needs
# jsonnet. They are checked in, so that the build needs none.
set -eu
cd "$(dirname "$0")/../grafana"
for source in *.jsonnet; do
  jsonnet --output-file "conntrack-${source%.jsonnet}.json" "$source"
done
