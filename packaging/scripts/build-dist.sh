#!/bin/sh
# Packs the runtime image IMAGE, with what belongs to it, into FOLDER: an archive, its SBOM and their
# checksums. The archive differs from that of another build in the AOT cache alone: see train.sh.
# usage: build-dist.sh JDK MODULES IMAGE SBOM FOLDER
set -eu
jdk=$1 modules=$2 image=$3 sbom=$4 folder=$5
packaging=$(cd "$(dirname "$0")/.." && pwd)
umask 022
export LC_ALL=C

version=$("$packaging/scripts/release.sh" "$image" VERSION)
name=conntrack-exporter-$version-linux-$("$packaging/scripts/release.sh" "$image" MACHINE)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$image" "$work/$name"
"$packaging/scripts/documents.sh" "$jdk" "$modules" "$version" "$work/$name/share"
# Where docs/install.md unpacks it.
sed 's,/usr/lib/conntrack-exporter,/opt/conntrack-exporter,' \
  "$packaging/systemd/conntrack-exporter.service" >"$work/$name/share/conntrack-exporter.service"
sed 's,/usr/lib/conntrack-exporter,/opt/conntrack-exporter,' \
  "$packaging/systemd/check.conf" >"$work/$name/share/check.conf"
install -m 644 "$packaging/systemd/netns.conf" "$packaging/systemd/conntrack-exporter.socket" \
  "$packaging/examples/rules.yaml" \
  "$work/$name/share"
install -m 644 "$packaging/NOTICE" "$packaging/../LICENSE" "$packaging/../README.md" \
  "$packaging/../CHANGELOG.md" "$work/$name"
cp -r "$packaging/../docs" "$work/$name/docs"
chmod -R u=rwX,go=rX "$work/$name/docs"
install -D -m 644 -t "$work/$name/share/prometheus" "$packaging/prometheus/rules.yml" \
  "$packaging/prometheus/recording.yml"
install -D -m 644 -t "$work/$name/share/grafana" "$packaging/grafana/"*.json

mkdir -p "$folder"
# Two threads, since one makes other bytes than several, and -T0 is one on a machine of one processor.
tar --create --directory="$work" --sort=name --owner=0 --group=0 --numeric-owner \
  --mtime=@"${SOURCE_DATE_EPOCH:-1767225600}" "$name" | xz -T2 >"$folder/$name.tar.xz"
"$packaging/scripts/sbom.sh" "$jdk" "$modules" "$image" "$sbom" >"$folder/$name.cdx.json"
"$packaging/scripts/checksums.sh" "$folder"
echo "$folder/$name.tar.xz"
