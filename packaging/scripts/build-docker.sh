#!/bin/sh
# Builds the container image TAG from the runtime image IMAGE, with docker or, where that does not
# answer, podman. More options for it may follow. ENGINE="podman --root=..." chooses another command,
# BASE=IMAGE another image to build on.
# usage: build-docker.sh IMAGE TAG [OPTION...]
set -eu
image=$1 tag=$2
shift 2
packaging=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "${ENGINE-}" ]; then
  if command -v docker >/dev/null && docker version >/dev/null 2>&1; then
    ENGINE=docker
  elif command -v podman >/dev/null; then
    ENGINE=podman
  elif command -v docker >/dev/null; then
    echo "docker's daemon does not answer ('docker version' says why), and podman is not installed." >&2
    exit 1
  else
    echo 'Neither docker nor podman is installed. Debian: apt-get install podman' >&2
    exit 1
  fi
fi
if [ -n "${BASE-}" ]; then set -- --build-arg BASE="$BASE" "$@"; fi
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"
# Podman's own format knows no health check.
case $ENGINE in
  *podman*) set -- --format=docker --timestamp="$SOURCE_DATE_EPOCH" "$@" ;;
  *) set -- --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@" ;;
esac
umask 022

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp -r "$image" "$context/conntrack-exporter"
# Only the launcher uses it, and the image has no shell for a launcher. Used always, it would take 6 MB
# of memory from those without TLS too.
rm -f "$context/conntrack-exporter/lib/conntrack-exporter-tls.jsa"
cp "$packaging/NOTICE" "$packaging/../LICENSE" "$context"
find "$context" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

# shellcheck disable=SC2086 # ENGINE is a list of words.
$ENGINE build --tag "$tag" --file "$packaging/docker/Dockerfile" \
  --build-arg VERSION="$("$packaging/scripts/release.sh" "$image" VERSION)" \
  --build-arg REVISION="$("$packaging/scripts/release.sh" "$image" REVISION)" "$@" "$context"
