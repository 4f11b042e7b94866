#!/bin/sh
# Unpacks packages of another Debian suite, or with DEB_ARCH=arm64 of another architecture, below a
# folder, without installing anything. Takes the mirror and the keys that apt knows.
#
# Usage: from-debian.sh FOLDER SUITE PACKAGE...
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd) # apt takes a relative one for one below /etc/apt
suite=$2
shift 2
apt=$folder/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder/root"
# shellcheck disable=SC2016 # apt's own variables
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
: >"$apt/status"
architecture=${DEB_ARCH:-$(dpkg --print-architecture)}
options="-qq -o APT::Architecture=$architecture -o APT::Architectures=$architecture
  -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=- -o Dir::State=$apt
  -o Dir::State::status=$apt/status -o Dir::Cache=$apt/cache -o APT::Sandbox::User=root
  -o Acquire::Languages=none -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false"
cd "$folder"
# shellcheck disable=SC2086 # a list of words
apt-get $options update
# shellcheck disable=SC2086
apt-get $options download "$@"
for package in ./*.deb; do
  dpkg-deb --extract "$package" root
done
