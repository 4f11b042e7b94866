#!/bin/sh
# Makes a clean place, with a fresh clone in it, and runs the commands of the documents there. Processes, mounts
# and network are the place's own, so all that they start, install and write is gone at the end.
#   clone      this machine's system, under an overlay
#   container  a clean Debian, of SUITE=trixie
# Needs root; the container needs mmdebstrap and a Debian mirror in apt's configuration. Words pick blocks.
# usage: enter.sh clone|container [WORD...]
# shellcheck disable=SC2016 # These words are for apt and for the inner shell.
set -eu
if [ "${INSIDE-}" != yes ]; then INSIDE=yes exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"; fi
place=$1
shift
source=$(cd "$(dirname "$0")/../.." && pwd)
libraries=$HOME/.m2
mount -t tmpfs -o size=12G,mode=755 tmpfs /mnt
root=/mnt/root
mkdir "$root" /mnt/upper /mnt/work /mnt/upper-libraries /mnt/work-libraries

case $place in
  clone) mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work "$root" ;;
  container)
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
    [ -n "$mirror" ] || { echo "enter.sh: apt knows no Debian mirror; run apt-get update" >&2; exit 1; }
    # Of these the documents ask, but for git, python3, mount and util-linux, which are for the test.
    mmdebstrap --quiet --variant=apt --include=git,python3,util-linux,mount,ca-certificates,sudo,make,maven,openjdk-25-jdk-headless,apache2-utils,curl,dnf,gnupg,iproute2,jq,kubernetes-client,minisign,nftables,openssl,prometheus,rpm,xz-utils \
      "${SUITE:-trixie}" "$root" "deb $mirror ${SUITE:-trixie} main" >/mnt/log 2>&1 || { cat /mnt/log >&2; exit 1; }
    mount --bind "$root" "$root"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc"
    ;;
  *) echo "enter.sh: '$place' is neither clone nor container" >&2; exit 2 ;;
esac
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# The way to the network.
touch "$root/run/outside"
mount --bind /proc/self/ns/net "$root/run/outside"
# Of root, since Java takes it from the list of users.
home=$root/root
mount -t tmpfs tmpfs "$home"
mkdir "$home/.m2"
# Not downloaded again. What is downloaded more stays in the place.
[ ! -d "$libraries" ] || mount -t overlay overlay \
  -o lowerdir="$libraries",upperdir=/mnt/upper-libraries,workdir=/mnt/work-libraries "$home/.m2"
git clone --quiet --no-hardlinks "$source" "$root/clone"
# Today's, committed or not.
cp "$source"/packaging/docs-test/* "$root/clone/packaging/docs-test"

# A changed root alone would forbid user namespaces.
cd "$root"
mkdir -p .old
pivot_root . .old
exec unshare --net env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 SLOW="${SLOW-}" \
  sh -c 'umount -l /.old; cd /clone; exec python3 packaging/docs-test/run.py "$@"' sh "$place" "$@"
