#!/bin/sh
# Puts the jmods of Debian's JDK for the architecture ARCH, of the version of the JDK here, into FOLDER,
# with the file release that tells what they are. Some 400 MB, of which 90 stay. What is linked of them
# needs the C library of that suite or a newer one. Another JDK's jmods may be named by JMODS= instead.
# usage: fetch-jmods.sh JDK ARCH FOLDER
set -eu
jdk=$1 architecture=$2 folder=$3
scripts=$(cd "$(dirname "$0")" && pwd)

if ! command -v apt-get >/dev/null; then
  echo "Without apt-get, name a folder with the jmods of a JDK for $architecture: JMODS=..." >&2
  exit 1
fi
version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release")
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/jdk.XXXXXX")
trap 'rm -rf "$work"' EXIT
DEB_ARCH=$architecture "$scripts/from-debian.sh" "$work" "${SUITE:-trixie}" \
  "openjdk-$version-jdk-headless" "openjdk-$version-jre-headless"
rm -rf "$folder"
mkdir "$folder"
home=$work/root/usr/lib/jvm/java-$version-openjdk-$architecture
cp "$home"/jmods/*.jmod "$home/release" "$folder"
