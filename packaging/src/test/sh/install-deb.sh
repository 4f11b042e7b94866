#!/bin/sh
# Installs the package DEB on a copy of this system, upgrades it, goes back, and purges it, beside connections
# that stay open. The copy is an overlay in a mount namespace of its own: what is written there is gone with
# this script. The other version is OTHER, or the same package with a later version.
# usage: install-deb.sh DEB [OTHER]
set -eu
if [ "${INSIDE-}" != yes ]; then INSIDE=yes exec unshare --mount "$0" "$@"; fi

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount --rbind /proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
cp "$1" "$work/root/installed.deb"

cp "$(dirname "$0")/live.sh" "$work/root/live.sh"
if [ $# -gt 1 ]; then
  cp "$2" "$work/root/later.deb"
else
  dpkg-deb --raw-extract "$1" "$work/later"
  sed -i 's/^Version: .*/&+later/' "$work/later/DEBIAN/control"
  dpkg-deb -Znone --root-owner-group --build "$work/later" "$work/root/later.deb" >/dev/null
fi

chroot "$work/root" /bin/sh -eux <<'COPY'
. /live.sh
# There is no systemd in here that would do this.
start() {
  conntrack-exporter </dev/null >/exporter.log 2>&1 9>&- &
  exporter=$!
  curl --silent --retry 60 --retry-delay 1 --retry-connrefused --fail http://127.0.0.1:9318/-/ready
}
stop() {
  kill "$exporter"
  wait "$exporter"
}
dpkg --no-triggers --install /installed.deb
systemctl is-enabled conntrack-exporter
if systemctl is-enabled conntrack-exporter.socket; then exit 1; fi
cd /
conntrack-exporter --once | grep in_sync
conntrack-exporter --version
conntrack-exporter check | grep '^ok *ctnetlink'
test -s /usr/share/man/man8/conntrack-exporter.8.gz
bash -c '. /usr/share/bash-completion/completions/conntrack-exporter && complete -p conntrack-exporter'
systemctl disable conntrack-exporter
systemctl enable conntrack-exporter.socket
start
live_open 3
live_expect installed 3 3 0

echo 'ARGS="--client-ports"' >/etc/default/conntrack-exporter
dpkg --no-triggers --install /later.deb
grep client-ports /etc/default/conntrack-exporter
if systemctl is-enabled conntrack-exporter; then exit 1; fi
systemctl is-enabled conntrack-exporter.socket
# The old program still runs, of files that are gone.
live_close
live_expect unpacked 2 3 1
stop
start
live_expect upgraded 2 0 0
live_close
live_expect 'upgraded, one ended' 1 0 1
echo upgraded

dpkg --no-triggers --install /installed.deb
grep client-ports /etc/default/conntrack-exporter
if systemctl is-enabled conntrack-exporter; then exit 1; fi
systemctl is-enabled conntrack-exporter.socket
conntrack-exporter --once | grep in_sync
stop
start
live_expect downgraded 1 0 0
live_close
live_expect 'downgraded, all ended' 0 0 1
live_end
stop
echo downgraded

dpkg --no-triggers --purge conntrack-exporter
for left in /usr/lib/conntrack-exporter /usr/bin/conntrack-exporter /etc/default/conntrack-exporter \
  /lib/systemd/system/conntrack-exporter.service /etc/systemd/system/conntrack-exporter.service \
  /etc/systemd/system/multi-user.target.wants/conntrack-exporter.service \
  /lib/systemd/system/conntrack-exporter.socket /etc/systemd/system/conntrack-exporter.socket \
  /etc/systemd/system/sockets.target.wants/conntrack-exporter.socket; do
  if test -e "$left" || test -L "$left"; then exit 1; fi
done
echo purged
COPY
