#!/bin/sh
# Makes the bindings in src/main/generated with the jextract on PATH, from headers.h and symbols.txt.
#
#   generate.sh           writes them
#   generate.sh --check   fails when the bindings that are checked in are not what jextract makes
#
# Needs libnetfilter-conntrack-dev and libmnl-dev, and a jextract whose output compiles with
# --release 22 (revision 0614097 of December 2024 is the last).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
generated=$here/../generated
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

command -v jextract >/dev/null || { echo "generate.sh: no jextract on PATH" >&2; exit 1; }
sed '/^#/d; /^$/d' "$here/symbols.txt" >"$output/symbols"
# The libraries are looked up by soname, so that no -dev package is needed at run time.
jextract --output "$output/java" \
  --target-package io.conntrack.ffm.generated \
  --header-class-name Netfilter \
  -l :libnetfilter_conntrack.so.3 -l :libmnl.so.0 \
  "@$output/symbols" "$here/headers.h" 2>"$output/log" || { cat "$output/log" >&2; exit 1; }

case "${1:-}" in
  --check)
    diff -r "$output/java" "$generated" >&2 || {
      echo "generate.sh: src/main/generated is not what jextract makes of symbols.txt:" \
        "run $0 and commit what it writes" >&2
      exit 1
    } ;;
  "")
    rm -rf "$generated"
    cp -r "$output/java" "$generated" ;;
  *) echo "usage: generate.sh [--check]" >&2; exit 2 ;;
esac
