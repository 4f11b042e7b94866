#!/bin/sh
# Runs the commands of the documents on a clean Debian, of SUITE=trixie: a root file system of its own, in
# which the package DEB is installed by apt, and in which nothing is that the package or a document does not
# ask for. Needs root, mmdebstrap and a Debian mirror in apt's configuration.
# usage: clean.sh DEB
# shellcheck disable=SC2016 # These words are for the inner shell.
set -eu
if [ "${INSIDE-}" != yes ]; then INSIDE=yes exec unshare --mount --pid --fork "$0" "$@"; fi
source=$(cd "$(dirname "$0")/../.." && pwd)
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
[ -n "$mirror" ] || { echo "clean.sh: apt knows no Debian mirror; run apt-get update" >&2; exit 1; }

work=$(mktemp -d)
# What is mounted goes with this mount namespace.
mount -t tmpfs -o size=2G,mode=755 tmpfs "$work"
trap 'umount --recursive --lazy "$work"; rmdir "$work"' EXIT
# git, python3 and unshare are for the test; the documents use the others.
DEB=$1 mmdebstrap --quiet --variant=apt --include=git,python3,util-linux,curl,iproute2,jq,nftables \
  --customize-hook='cp "$DEB" "$1/root/package.deb"; chroot "$1" apt-get install -qy --no-install-recommends /root/package.deb' \
  "${SUITE:-trixie}" "$work/root" "deb $mirror ${SUITE:-trixie} main" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
git clone --quiet "$source" "$work/root/clone"
# The lists of today's tree, committed or not.
cp "$source"/packaging/docs-test/run.py "$source"/packaging/docs-test/excused.txt "$work/root/clone/packaging/docs-test"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
# A changed root cannot be unshared again.
unshare --net chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DOCS_TEST_INSIDE=1 \
  python3 /clone/packaging/docs-test/run.py /usr
