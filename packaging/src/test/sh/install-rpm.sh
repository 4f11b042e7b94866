#!/bin/sh
# Installs the package RPM on a copy of this system that has the C libraries where Fedora has them,
# upgrades it to LATER, and removes it. The copy is an overlay in a mount namespace of its own: what is
# written there is gone with this script. This system's package manager knows nothing of the libraries,
# so their names are compared here.
# usage: install-rpm.sh RPM LATER
set -eu
if [ "${3-}" != inside ]; then exec unshare --mount "$0" "$1" "$2" inside; fi

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount --rbind /proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
mount -t tmpfs tmpfs "$work/root/tmp"
cp "$1" "$work/root/run/installed.rpm"
cp "$2" "$work/root/run/later.rpm"

chroot "$work/root" /bin/sh -eux <<'COPY'
cd /
mkdir -p /usr/lib64
for library in libnetfilter_conntrack.so.3 libmnl.so.0 libnfnetlink.so.0; do
  mv /usr/lib/*-linux-gnu/$library* /usr/lib64
  # As rpm writes the name of a library.
  [ $library = libnfnetlink.so.0 ] || rpm --query --package --requires /run/installed.rpm | grep -F "$library()(64bit)"
done
echo /usr/lib64 >/etc/ld.so.conf.d/lib64.conf
ldconfig
rpm --query --package --requires /run/installed.rpm | sed -n 's/^\(lib[a-z_]*\.so\.[0-9]\)()(64bit)$/\1/p' |
  while read -r library; do ldconfig -p | grep -F "$library "; done

rpm --install --nodeps /run/installed.rpm
# The system's presets decide: Debian's enable all.
systemctl is-enabled conntrack-exporter
systemctl disable conntrack-exporter.socket
systemd-analyze verify --man=no /usr/lib/systemd/system/conntrack-exporter.service
grep EnvironmentFile=-/etc/sysconfig /usr/lib/systemd/system/conntrack-exporter.service
conntrack-exporter --once | grep in_sync
conntrack-exporter check | grep -A 1 '^ok *libraries' | grep '/usr/lib64/libnetfilter_conntrack.so'
test -s /usr/share/man/man8/conntrack-exporter.8.gz
bash -c '. /usr/share/bash-completion/completions/conntrack-exporter && complete -p conntrack-exporter'
systemctl disable conntrack-exporter
rpm --verify --nodeps conntrack-exporter

echo 'ARGS="--client-ports"' >/etc/sysconfig/conntrack-exporter
rpm --upgrade --nodeps /run/later.rpm
grep client-ports /etc/sysconfig/conntrack-exporter
if systemctl is-enabled conntrack-exporter; then exit 1; fi
conntrack-exporter --version
echo upgraded

systemctl enable conntrack-exporter
rpm --erase conntrack-exporter
for left in /usr/lib64/conntrack-exporter /usr/bin/conntrack-exporter /etc/sysconfig/conntrack-exporter \
  /usr/lib/systemd/system/conntrack-exporter.service /usr/lib/systemd/system/conntrack-exporter.socket \
  /etc/systemd/system/multi-user.target.wants/conntrack-exporter.service \
  /etc/systemd/system/sockets.target.wants/conntrack-exporter.socket \
  /usr/share/doc/conntrack-exporter /usr/share/licenses/conntrack-exporter; do
  if test -e "$left" || test -L "$left"; then exit 1; fi
done
test -e /etc/sysconfig/conntrack-exporter.rpmsave
echo removed

# Where the libraries are missing, it says what to install.
rpm --install --nodeps /run/installed.rpm
rm /usr/lib64/libnetfilter_conntrack.so.3*
ldconfig
conntrack-exporter --once 2>&1 | grep -F 'dnf install libnetfilter_conntrack libmnl'
COPY
