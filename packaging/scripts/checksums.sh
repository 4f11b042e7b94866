#!/bin/sh
# Writes FOLDER/SHA256SUMS, the checksums of all archives, packages and SBOMs in FOLDER. A signature of
# older ones goes.
# usage: checksums.sh FOLDER
set -eu
export LC_ALL=C
cd "$1"
rm -f SHA256SUMS.minisig SHA256SUMS.asc
find . -maxdepth 1 -type f \( -name '*.tar.xz' -o -name '*.deb' -o -name '*.rpm' -o -name '*.cdx.json' \) -printf '%P\0' |
  sort -z | xargs -0 sha256sum >SHA256SUMS
