#!/bin/sh
# Builds FOLDER/disk.img, a Debian system with all kernels of the matrix, and FOLDER/SUITE.vmlinuz and
# FOLDER/SUITE.initrd for each. The packages come from the mirror that this machine's apt uses.
# ARCH=arm64 makes that of the other architecture, with its programs emulated.
# usage: build-disk.sh FOLDER SUITE...
# shellcheck disable=SC2016 # These words are for apt, and for the inner shell.
set -eu
folder=$1
shift

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] || { echo "build-disk.sh: apt knows no Debian mirror; run apt-get update" >&2; exit 1; }
arch=${ARCH:-amd64}
case $arch in
  amd64) machine=x86_64 console=ttyS0 ;;
  arm64) machine=aarch64 console=ttyAMA0 ;;
  *) echo "build-disk.sh: ARCH=$arch is neither amd64 nor arm64" >&2; exit 2 ;;
esac
for program in mmdebstrap mke2fs qemu-system-$machine; do
  command -v "$program" >/dev/null ||
    { echo "build-disk.sh: $program is missing; run apt-get install mmdebstrap e2fsprogs qemu-system-x86 qemu-system-arm" >&2; exit 1; }
done

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# Kernels of several suites have names of their own, so they stand beside each other. The initial
# file system gets the modules of the disk only, since an emulated machine unpacks it slowly.
kernels='set -e
echo MODULES=list >"$1/etc/initramfs-tools/conf.d/modules"
echo COMPRESS=gzip >>"$1/etc/initramfs-tools/conf.d/modules"
printf "virtio_pci\nvirtio_blk\next4\n" >>"$1/etc/initramfs-tools/modules"
chroot "$1" apt-get update -q
for suite in $SUITES; do
  chroot "$1" apt-get install -qy --no-install-recommends --allow-downgrades "linux-image-cloud-$ARCH/$suite"
  release=$(basename "$(readlink "$1/vmlinuz")" | cut -d- -f2-)
  cp "$1/boot/vmlinuz-$release" "$FOLDER/$suite.vmlinuz"
  cp "$1/boot/initrd.img-$release" "$FOLDER/$suite.initrd"
  echo "$release" >"$FOLDER/$suite.release"
done
rm -rf "$1"/boot/* "$1"/var/lib/apt/lists/*
echo vm >"$1/etc/hostname"
printf "127.0.0.1 localhost vm\n::1 localhost\n" >"$1/etc/hosts"
# The console is for the results.
chroot "$1" systemctl mask "serial-getty@$CONSOLE.service" getty@tty1.service
chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer systemd-timesyncd.service
cp "$UNIT" "$1/etc/systemd/system/cases.service"
chroot "$1" systemctl enable cases.service'

suites=$*
set --
for suite in $suites; do
  [ "$suite" = trixie ] || set -- "$@" "deb $mirror $suite main"
done
emulate=
if [ "$arch" = arm64 ] && [ "$(uname -m)" != aarch64 ]; then
  # Unpacked, since the package itself would have the whole machine run such programs.
  "$(dirname "$0")/../scripts/from-debian.sh" "$folder/qemu-user" bookworm qemu-user-static
  emulate="$(dirname "$0")/foreign.sh $folder/qemu-user/root/usr/bin/qemu-aarch64-static"
fi
# shellcheck disable=SC2086 # Words.
ARCH=$arch CONSOLE=$console SUITES=$suites FOLDER=$folder UNIT=$(dirname "$0")/cases.service \
  $emulate mmdebstrap --quiet --variant=apt --architecture="$arch" --skip=check/qemu \
  --include=systemd,systemd-sysv,dbus,udev,kmod,initramfs-tools,init-system-helpers,iproute2,nftables,conntrack,procps,curl,jq,openssl,python3,ssl-cert,sudo,iputils-ping,libnetfilter-conntrack3,libmnl0 \
  --customize-hook="$kernels" trixie "$root" "deb $mirror trixie main" "$@"
rm -f "$folder/disk.img"
mke2fs -q -t ext4 -d "$root" "$folder/disk.img.new" 3000M
mv "$folder/disk.img.new" "$folder/disk.img"
