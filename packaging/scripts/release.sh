#!/bin/sh
# Prints what the runtime image IMAGE is: its VERSION, REVISION or MACHINE; or what it NEEDS of glibc,
# and the other libraries beside it that it links to, a word each.
# usage: release.sh IMAGE NAME
set -eu
image=$1 name=$2
export LC_ALL=C

if [ "$name" != NEEDS ]; then
  sed -n "s/^CONNTRACK_EXPORTER_$name=\"\(.*\)\"/\1/p" "$image/release"
  exit
fi
# By the names in the files: not every machine has a program that knows ELF.
find "$image/bin" "$image/lib" -type f -exec grep -aoh \
  -e 'GLIBC_2\.[0-9]*' -e 'libz\.so\.1' -e 'libstdc++\.so\.6' -e 'libgcc_s\.so\.1' {} + |
  sort -uV | awk '/^GLIBC/ { glibc = $0; next } { print } END { print glibc }' | sort
