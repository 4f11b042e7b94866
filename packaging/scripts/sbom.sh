#!/bin/sh
# Prints the SBOM of the program in IMAGE: what Maven told of its libraries, BOM, and what Maven does
# not know: the Java runtime, what a library has inside, and the C libraries of the host.
# usage: sbom.sh JDK MODULES IMAGE BOM
set -eu
jdk=$1 modules=$2 image=$3 bom=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)

exec "$jdk/bin/java" -cp "$(ls "$modules"/jackson-core-*.jar)" "$packaging/sbom/Sbom.java" \
  "$jdk" "$modules" "$image" "$bom"
