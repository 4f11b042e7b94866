#!/bin/sh
# Links the modules in MODULES and the parts of the JDK that they use into one runtime image, IMAGE,
# with the files in LAUNCHER. The same modules and JDK make the same image. Maven calls it in phase
# package.
# usage: build-image.sh JDK MODULES LAUNCHER IMAGE
set -eu
jdk=$1 modules=$2 launcher=$3 image=$4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# JLine calls C without libraries of its own, so those for twelve systems are left out.
mkdir "$work/native"
(cd "$work/native" && "$jdk/bin/jar" --extract --file "$(echo "$modules"/jline-native-*.jar)")
rm -r "$work/native/org/jline/nativ"/*/
"$jdk/bin/jar" --create --no-manifest --file "$work/jline-native.jar" -C "$work/native" .
rm -r "$work/native"

rm -rf "$image"
# Compressed, the image is a third smaller; with its AOT cache it starts as fast. Debug attributes
# stay, for the line numbers of stack traces.
"$jdk/bin/jlink" --module-path "$work:$modules" \
  --add-modules io.conntrack.exporter \
  --compress=zip-6 --no-header-files --no-man-pages --output "$image"
# What only a JDK needs.
rm "$image/bin/jwebserver" "$image/bin/keytool" "$image/lib/classlist" "$image/lib/jrt-fs.jar"
install -m 755 "$launcher/conntrack-exporter" "$image/bin"
install -m 644 "$launcher/jvm.options" "$image/lib"
