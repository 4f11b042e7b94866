#!/bin/sh
# Links the modules in MODULES and the parts of the JDK that they use into one runtime image, IMAGE,
# with the files in LAUNCHER. The same modules and JDK make the same image. Maven calls it in phase
# package. JMODS=FOLDER takes the runtime of another JDK of the same version, as of another architecture.
# usage: build-image.sh JDK MODULES LAUNCHER IMAGE
set -eu
jdk=$1 modules=$(cd "$2" && pwd) launcher=$3 image=$4
packaging=$(cd "$(dirname "$0")/.." && pwd)
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# JLine calls C without libraries of its own, so those for twelve systems are left out.
mkdir "$work/native"
(cd "$work/native" && "$jdk/bin/jar" --extract --file "$(echo "$modules"/jline-native-*.jar)")
rm -r "$work/native/org/jline/nativ"/*/
"$jdk/bin/jar" --create --no-manifest --file "$work/jline-native.jar" -C "$work/native" .
rm -r "$work/native"

rm -rf "$image"
mkdir -p "$(dirname "$image")"
# Compressed, the image is a third smaller; with its AOT cache it starts as fast. Debug attributes
# stay, for the line numbers of stack traces.
"$jdk/bin/jlink" --module-path "$work:${JMODS:+$JMODS:}$modules" \
  --add-modules io.conntrack.exporter \
  --compress=zip-6 --no-header-files --no-man-pages --output "$image"
# What only a JDK needs.
rm "$image/bin/jwebserver" "$image/bin/keytool" "$image/lib/classlist" "$image/lib/jrt-fs.jar"
find "$image" -name '*.debuginfo' -exec rm {} +
install -m 755 "$launcher/conntrack-exporter" "$image/bin"
install -m 644 "$launcher/jvm.options" "$image/lib"

# The licences of the libraries, beside those of the Java runtime: what a jar has, and what it lacks.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for jar in "$modules"/*.jar; do
  name=$(basename "$jar" | sed 's/-[0-9].*//')
  (cd "$work" && "$jdk/bin/jar" --extract --file "$jar" META-INF)
  for text in "$work"/META-INF/*LICENSE* "$work"/META-INF/NOTICE* "$packaging/legal/$name"/*; do
    if [ -f "$text" ]; then install -D -m 644 -t "$image/legal/$name" "$text"; fi
  done
  rm -rf "$work/META-INF"
done

# What the program is, for those who can't run it here.
build=$("$jdk/bin/java" --module-path "$modules" --enable-native-access=io.conntrack.ffm \
  --module io.conntrack.exporter/io.conntrack.exporter.Main --version)
version=${build#*version } revision=${build#*revision: }
# The machine that an ELF file is for.
case $(od -An -tx1 -j18 -N1 "$image/bin/java") in
  *3e) machine=x86_64 ;;
  *b7) machine=aarch64 ;;
  *) machine=$(uname -m) ;;
esac
cat >>"$image/release" <<RELEASE
CONNTRACK_EXPORTER_VERSION="${version%% *}"
CONNTRACK_EXPORTER_REVISION="${revision%%)*}"
CONNTRACK_EXPORTER_MACHINE="$machine"
RELEASE
