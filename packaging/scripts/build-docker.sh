#!/bin/sh
# Builds the container image TAG from the runtime image IMAGE, with docker or, where that does not
# answer, podman. More options for it may follow. ENGINE="podman --root=..." chooses another command,
# BASE=IMAGE another image to build on. For another architecture nothing is run: the C libraries come
# from packages of Debian, of SUITE=trixie.
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
epoch=${SOURCE_DATE_EPOCH:-1767225600}
# Podman's own format knows no health check. From 5.6 on it reads the variable too, and wants one of the two.
unset SOURCE_DATE_EPOCH
case $ENGINE in
  *podman*) set -- --format=docker --timestamp="$epoch" "$@" ;;
  *) set -- --build-arg SOURCE_DATE_EPOCH="$epoch" "$@" ;;
esac
umask 022

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp -r "$image" "$context/conntrack-exporter"
# Only the launcher uses it, and the image has no shell for a launcher. Used always, it would take 6 MB
# of memory from those without TLS too.
rm -f "$context/conntrack-exporter/lib/conntrack-exporter-tls.jsa"
cp "$packaging/NOTICE" "$packaging/../LICENSE" "$context"
dockerfile=$packaging/docker/Dockerfile
machine=$("$packaging/scripts/release.sh" "$image" MACHINE)
if [ "$machine" != "$(uname -m)" ]; then
  architecture=$([ "$machine" = aarch64 ] && echo arm64 || echo amd64)
  DEB_ARCH=$architecture "$packaging/scripts/from-debian.sh" "$context/debian" "${SUITE:-trixie}" \
    libc6 libgcc-s1 libstdc++6 zlib1g libnetfilter-conntrack3 libmnl0 libnfnetlink0
  root=$context/debian/root
  libraries=$context/libraries/usr/lib/$machine-linux-gnu
  mkdir -p "$libraries" "$context/libraries/tmp" "$context/libraries/lib"
  for name in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libnetfilter_conntrack.so.3 \
    libmnl.so.0 libnfnetlink.so.0 $("$packaging/scripts/release.sh" "$image" NEEDS | grep -v GLIBC); do
    find "$root" -name "$name" -exec cp --dereference -t "$libraries" {} +
  done
  find "$root/usr/lib" -maxdepth 1 -name 'ld-linux-*' -exec cp --dereference -t "$context/libraries/lib" {} +
  (cd "$root" && find usr/share/doc -name copyright -exec cp --dereference --parents -t "$context/libraries" {} +)
  rm -rf "$context/debian"
  # Without the stage that runs something.
  # shellcheck disable=SC2016 # The Dockerfile's variable.
  sed -e '/^FROM ${BASE}/,/^FROM scratch/{/^FROM scratch/!d}' -e 's,COPY --from=libraries /image/ /,COPY libraries/ /,' \
    "$dockerfile" >"$context/Dockerfile"
  dockerfile=$context/Dockerfile
  set -- --platform="linux/$architecture" "$@"
fi
find "$context" -exec touch --no-dereference --date="@$epoch" {} +

# shellcheck disable=SC2086 # ENGINE is a list of words.
$ENGINE build --tag "$tag" --file "$dockerfile" \
  --build-arg VERSION="$("$packaging/scripts/release.sh" "$image" VERSION)" \
  --build-arg REVISION="$("$packaging/scripts/release.sh" "$image" REVISION)" "$@" "$context"
