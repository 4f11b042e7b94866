#!/bin/sh
# Signs FOLDER/SHA256SUMS, and so all that it lists, with KEY: the file of a secret key of minisign, or
# the name of a secret key that gpg has. What is listed must be there and have its checksum.
# usage: sign.sh KEY FOLDER
set -eu
key=$1 folder=$2
if [ -z "$key" ]; then
  echo "Name the key: 'make sign KEY=...', a file of minisign or the name of a key of gpg." >&2
  exit 2
fi
if [ ! -f "$folder/SHA256SUMS" ]; then
  echo "$folder has no SHA256SUMS: run 'make dist deb rpm' first." >&2
  exit 1
fi
if [ -f "$key" ]; then program=minisign key=$(readlink -f "$key"); else program=gpg; fi
if ! command -v $program >/dev/null; then
  echo "$program is missing: the package $program of Debian has it. (KEY=$key is $([ -f "$key" ] || echo no) file.)" >&2
  exit 1
fi
cd "$folder"
sha256sum --check --quiet SHA256SUMS
if [ $program = minisign ]; then
  # The trusted comment has no time, so that a second signature is the same.
  minisign -S -s "$key" -m SHA256SUMS -t 'conntrack-exporter'
else
  gpg --batch --yes --local-user "$key" --armor --detach-sign --output SHA256SUMS.asc SHA256SUMS
fi
