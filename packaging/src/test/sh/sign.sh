#!/bin/sh
# Signs the checksums of a file with throw-away keys of minisign and gpg, in FOLDER, and checks both as
# docs/install.md says it.
# usage: sign.sh FOLDER
set -eu
scripts=$(cd "$(dirname "$0")/../../../scripts" && pwd)
work=$(mktemp -d "$1/sign.XXXXXX")
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
mkdir "$work/dist"
echo content >"$work/dist/conntrack-exporter-1-linux.tar.xz"
"$scripts/checksums.sh" "$work/dist"

minisign -G -W -s "$work/key" -p "$work/key.pub" >/dev/null
"$scripts/sign.sh" "$work/key" "$work/dist" >/dev/null
(cd "$work/dist" && minisign -V -q -p "$work/key.pub" -m SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
echo 'signed by minisign'

gpg --batch --quiet --passphrase '' --quick-generate-key test@example.com default default 1d
"$scripts/sign.sh" test@example.com "$work/dist"
(cd "$work/dist" && gpg --quiet --verify SHA256SUMS.asc SHA256SUMS)
echo 'signed by gpg'

echo changed >>"$work/dist/conntrack-exporter-1-linux.tar.xz"
if "$scripts/sign.sh" "$work/key" "$work/dist"; then exit 1; fi
# New checksums have no signature yet.
"$scripts/checksums.sh" "$work/dist"
test ! -e "$work/dist/SHA256SUMS.minisig"
test ! -e "$work/dist/SHA256SUMS.asc"
echo 'a changed file is refused'
