#!/bin/sh
# Links the modules in MODULES and the parts of the JDK that they use into one runtime image, IMAGE,
# with our launcher. Maven calls it in phase package.
# usage: build-image.sh JDK MODULES LAUNCHER IMAGE
set -eu
jdk=$1 modules=$2 launcher=$3 image=$4

rm -rf "$image"
# Debug attributes stay, for the line numbers of stack traces.
"$jdk/bin/jlink" --module-path "$modules" \
  --add-modules io.conntrack.exporter \
  --no-header-files --no-man-pages --output "$image"
install -m 755 "$launcher" "$image/bin/conntrack-exporter"
