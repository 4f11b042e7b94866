#!/bin/sh
# Prints the names in the lists of docs/compatibility that are new, changed or gone since the last
# release and that the section of CHANGELOG.md for VERSION does not mention. Ends with exit code 1 if
# there are some. Without an earlier release there is nothing to compare.
# usage: compatibility-changes.sh VERSION
set -eu
version=$1
cd "$(dirname "$0")/../.."

last=$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD 2>/dev/null) || exit 0
section=$(awk -v head="## $version" 'index($0, head " ") == 1 || $0 == head { on = 1; next } /^## / { on = 0 } on' CHANGELOG.md)
# What tells a line apart: the name of a metric, an option, a key, an alert.
names=$(git diff --unified=0 "$last" -- docs/compatibility | sed -n 's/^[+-]\([^-+#]\|- --\)/\1/p' |
  awk '{ print ($1 ~ /^(-|check|daemon|endpoints|event-log|log|rules|web|once|health-check|version)$/ && NF > 1) ? $2 : $1 }' |
  sed 's/,.*//' | sort -u)
untold=0
for name in $names; do
  if ! printf '%s\n' "$section" | grep -qF -- "$name"; then
    echo "$name"
    untold=1
  fi
done
exit $untold
