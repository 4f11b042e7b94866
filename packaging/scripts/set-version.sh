#!/bin/sh
# Sets the version of the program, in the one place that has it. A version without -SNAPSHOT gives
# the section Unreleased of CHANGELOG.md its name and the date too. Commits nothing.
# usage: set-version.sh VERSION
set -eu
version=${1-}
cd "$(dirname "$0")/../.."

if ! echo "$version" | grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+(-SNAPSHOT)?'; then
  echo "VERSION='$version' must be three numbers such as 1.2.0, or 1.3.0-SNAPSHOT" >&2
  exit 2
fi
sed -i "s,<revision>.*</revision>,<revision>$version</revision>," pom.xml
case $version in
  *-SNAPSHOT) ;;
  *)
    if ! grep -q "^## $version " CHANGELOG.md; then
      sed -i "s/^## Unreleased\$/## $version - $(date -u +%F)/" CHANGELOG.md
    fi
    ;;
esac
git diff --stat
