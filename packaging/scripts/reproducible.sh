#!/bin/sh
# Builds the commit that is checked out twice, in two folders, at two times, with other settings of
# language, time zone and permissions, as root also by two users; then compares what came out.
# The JVM makes an AOT cache anew each time, so the second build takes that of the first: see train.sh.
# usage: reproducible.sh TARGET...
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

clone() {
  git clone --quiet --no-hardlinks "$source" "$1"
  # The branch is part of --version. A tag that was checked out, as by a workflow, has none.
  branch=$(git -C "$source" symbolic-ref --quiet --short HEAD) || branch=
  git -C "$1" checkout --quiet ${branch:+-B "$branch"} "$(git -C "$source" rev-parse HEAD)"
}
if [ -n "$(git -C "$source" status --porcelain)" ]; then
  echo 'What is not committed is not built.' >&2
fi
first=$work/first second=$work/second/in/a/longer/path
mkdir -p "${second%/*}"
clone "$first"
clone "$second"

# Whatever the level of compression, it makes the same of the same.
export DEB_LEVEL=1 XZ_OPT=-1 RPM_PAYLOAD=w1.zstdio
(cd "$first" && TZ=UTC LC_ALL=C nice make "$@")
image=packaging/target/conntrack-exporter
if [ -e "$first/$image/lib/conntrack-exporter.aot" ]; then AOT=$first/$image; else AOT=no; fi
export AOT

as_other=
if [ "$(id -u)" -eq 0 ]; then
  # Libraries are linked, not copied; what the other user writes are files of its own.
  mkdir "$work/home"
  cp -rl "${HOME:-/root}/.m2" "$work/home" 2>/dev/null || cp -r "${HOME:-/root}/.m2" "$work/home"
  find "$work/home" -type d -exec chown 65534 {} +
  chown -R 65534 "$second"
  as_other="setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=$work/home"
  # Java takes its home from the list of users.
  home="-Duser.home=$work/home"
fi
(
  cd "$second"
  umask 077
  # shellcheck disable=SC2086 # Words.
  TZ=Pacific/Auckland LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 nice $as_other \
    make MAVEN="packaging/scripts/maven.sh ${home-}" "$@"
)

sums=packaging/target/dist/SHA256SUMS
if ! diff "$first/$sums" "$second/$sums"; then
  echo "The two builds differ. In their runtime images these files do:" >&2
  diff -rq "$first/$image" "$second/$image" >&2 || :
  trap '' EXIT
  echo "Both are kept in $work." >&2
  exit 1
fi
echo 'Both builds made the same bytes:'
cat "$first/$sums"
