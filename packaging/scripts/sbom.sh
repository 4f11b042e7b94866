#!/bin/sh
# Prints the SBOM of the program in IMAGE: what Maven told of its libraries, BOM, and what Maven does
# not know: the Java runtime, what a library has inside, and the C libraries of the host.
# JMODS=FOLDER is where the runtime is from, if not from the JDK.
# usage: sbom.sh JDK MODULES IMAGE BOM
set -eu
jdk=$1 modules=$2 image=$3 bom=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)

release=$jdk/release
# Beside the jmods of a JDK, or among those that fetch-jmods.sh took from one.
for file in ${JMODS:+"$JMODS/release" "${JMODS%/}/../release"}; do
  if [ -f "$file" ]; then release=$file; break; fi
done
exec "$jdk/bin/java" -cp "$(ls "$modules"/jackson-core-*.jar)" "$packaging/sbom/Sbom.java" \
  "$release" "$modules" "$image" "$bom"
