#!/bin/sh
# Writes the manual page and the completions of bash, zsh and fish into FOLDER, from the options of
# the program in MODULES and from docs/metrics.md.
# usage: documents.sh JDK MODULES VERSION FOLDER
set -eu
jdk=$1 modules=$2 version=$3 folder=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
mkdir -p "$folder"
"$jdk/bin/javac" -d "$classes" -cp "$modules/*" \
  "$packaging/documents/io/conntrack/exporter/Documents.java"
"$jdk/bin/java" -cp "$classes:$modules/*" io.conntrack.exporter.Documents \
  "$folder" "$version" "$packaging/documents/conntrack-exporter.8.in" \
  "$packaging/../docs/metrics.md"
