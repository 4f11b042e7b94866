#!/bin/sh
# Packs the runtime image IMAGE into a package for Fedora, RHEL and openSUSE, in FOLDER, with what the
# Debian package has. Prints the package's name. SOURCE_DATE_EPOCH is the time of all files in it,
# RELEASE=1 counts packages of one version.
# usage: build-rpm.sh JDK MODULES IMAGE FOLDER
set -eu
jdk=$1 modules=$2 image=$3 folder=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"
export LC_ALL=C
umask 022

if ! command -v rpmbuild >/dev/null; then
  echo 'rpmbuild is missing. Install it: apt-get install rpm, or dnf install rpm-build.' >&2
  exit 1
fi
version=$("$packaging/scripts/release.sh" "$image" VERSION | tr - '~')
machine=$("$packaging/scripts/release.sh" "$image" MACHINE)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

DESTDIR=$root LIBRARIES=lib64 "$packaging/scripts/install.sh" "$jdk" "$modules" "$image" /usr
# Where these systems have the settings of services.
sed -i 's,/etc/default/,/etc/sysconfig/,' "$root/usr/lib/systemd/system/conntrack-exporter.service"
install -D -m 644 "$packaging/debian/default" "$root/etc/sysconfig/conntrack-exporter"
licences=$root/usr/share/licenses/conntrack-exporter
mkdir -p "$licences"
mv "$root/usr/share/doc/conntrack-exporter/LICENSE" "$root/usr/share/doc/conntrack-exporter/NOTICE" "$licences"
find "$root" -type f ! -perm -100 -exec chmod 644 {} +
# Of libraries that are not executable rpm looks for no dependencies.
find "$root" -name '*.so' -exec chmod 755 {} +
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

sed -e "s,@version@,$version,; s,@root@,$root,; s,@program@,/usr/lib64/conntrack-exporter," \
  -e "s/@release@/${RELEASE:-1}/" \
  -e "s/@date@/$(date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')/" \
  "$packaging/rpm/conntrack-exporter.spec.in" >"$work/conntrack-exporter.spec"
rpmbuild -bb --quiet --target "$machine-linux" --define "_topdir $work/top" --define "_tmppath $work" \
  --define "_rpmdir $work/packages" --define "_binary_payload ${RPM_PAYLOAD:-w19.zstdio}" \
  "$work/conntrack-exporter.spec" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
mkdir -p "$folder"
package=$(basename "$work/packages/$machine"/*.rpm)
mv "$work/packages/$machine/$package" "$folder"
"$packaging/scripts/checksums.sh" "$folder"
echo "$folder/$package"
