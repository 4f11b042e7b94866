#!/bin/sh
# Packs the runtime image IMAGE into a Debian package, in FOLDER, with systemd unit, manual and
# completions. Prints the package's name. SOURCE_DATE_EPOCH is the time of all files in it.
# usage: build-deb.sh JDK MODULES IMAGE FOLDER
set -eu
jdk=$1 modules=$2 image=$3 folder=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"
umask 022
export LC_ALL=C

version=$("$packaging/scripts/release.sh" "$image" VERSION)
debian_version=$(echo "$version" | tr - '~')
case $("$packaging/scripts/release.sh" "$image" MACHINE) in
  x86_64) architecture=amd64 ;;
  aarch64) architecture=arm64 ;;
  *) architecture=$(dpkg --print-architecture) ;;
esac
depends=$("$packaging/scripts/release.sh" "$image" NEEDS | sed -e 's/^GLIBC_\(.*\)/libc6 (>= \1)/' \
  -e 's/^libgcc_s.*/libgcc-s1/' -e 's/^libstdc++.*/libstdc++6/' -e 's/^libz\..*/zlib1g/' | paste -sd, | sed 's/,/, /g')
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

DESTDIR=$root "$packaging/scripts/install.sh" "$jdk" "$modules" "$image" /usr
mkdir -p "$root/etc/default"
install -m 644 "$packaging/debian/default" "$root/etc/default/conntrack-exporter"

doc=$root/usr/share/doc/conntrack-exporter
rm "$doc/LICENSE" # as Debian's policy wants it, the copyright file names where it is
install -m 644 "$packaging/debian/copyright" "$doc/copyright"
gzip -9nc >"$doc/changelog.gz" <<CHANGELOG
conntrack-exporter ($debian_version) unstable; urgency=medium

  * See CHANGELOG.md.gz.

 -- $(sed -n 's/^Maintainer: //p' "$packaging/debian/control.in")  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
install -D -m 644 "$packaging/debian/lintian-overrides" \
  "$root/usr/share/lintian/overrides/conntrack-exporter"

# As dpkg adds it up, which is the same on each file system.
size=$(find "$root" \( -type f -printf '%s\n' -o -printf '1\n' \) | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
mkdir "$root/DEBIAN"
echo /etc/default/conntrack-exporter >"$root/DEBIAN/conffiles"
sed -e "s/@version@/$debian_version/" -e "s/@architecture@/$architecture/" \
  -e "s/@depends@/$depends/" -e "s/@size@/$size/" \
  "$packaging/debian/control.in" >"$root/DEBIAN/control"
install -m 755 "$packaging/debian/postinst" "$packaging/debian/prerm" "$packaging/debian/postrm" \
  "$root/DEBIAN"
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -type f ! -perm -100 ! -path "$root/DEBIAN/p*" -exec chmod 644 {} +

mkdir -p "$folder"
package=$folder/conntrack-exporter_${debian_version}_$architecture.deb
dpkg-deb -Zxz -z"${DEB_LEVEL:-6}" --root-owner-group --build "$root" "$package" >/dev/null
"$packaging/scripts/checksums.sh" "$folder"
echo "$package"
