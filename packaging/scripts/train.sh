#!/bin/sh
# Makes the AOT cache of the runtime image IMAGE: runs the exporter in a network namespace of its
# own, with events and scrapes, and has the JVM store what it loaded and learnt. Then it runs it by
# TLS, and stores the classes of that in an archive on top of the cache, which only who uses TLS maps.
# Where that can't be done it says why, and leaves an image that starts more slowly. Maven calls it in
# phase package. AOT=no leaves both out. They are all that differs from build to build, so AOT=FOLDER
# takes those of an image that was built before, to build that again.
# usage: train.sh JDK IMAGE
set -eu
jdk=$1 image=$2
packaging=$(cd "$(dirname "$0")/.." && pwd)
cache=$image/lib/conntrack-exporter.aot
top=$image/lib/conntrack-exporter-tls.jsa
PATH=$PATH:/usr/sbin:/sbin

without_cache() {
  rm -f "$cache" "$cache.config" "$top"
  echo "The program is built without AOT cache, so that it starts more slowly: $1." >&2
  exit 0
}

case ${AOT:-yes} in
  yes) ;;
  no) without_cache 'AOT=no' ;;
  *)
    install -m 644 "$AOT/lib/conntrack-exporter.aot" "$AOT/lib/conntrack-exporter-tls.jsa" "$image/lib"
    exit
    ;;
esac
version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$image/release")
[ "$version" -ge 25 ] || without_cache "it takes a JDK of 25 or newer, and this is $version"
command -v ip >/dev/null || without_cache 'the command ip (package iproute2) is missing'

# Root may make a network namespace; others may have one with a user namespace, if the system lets
# them. What is seen in there is nothing but what the training makes.
if [ "$(id -u)" -eq 0 ]; then private='unshare --net'; else private='unshare --user --map-root-user --net'; fi
$private true 2>/dev/null || without_cache "this user may make no network namespace ('$private')"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$jdk/bin/javac" -d "$work" -sourcepath "$packaging/../conntrack-ffm/src/testbed/java" \
  "$packaging"/training/*.java

# Runs the exporter by http or https. Options of the JVM follow, which have it store something.
train() {
  scheme=$1
  shift
  # shellcheck disable=SC2016 # These words are for the inner shell.
  $private sh -euc '
    ip link set lo up
    scheme=$1 jdk=$2 work=$3 image=$4
    shift 4
    exec "$jdk/bin/java" --enable-native-access=ALL-UNNAMED "-Djava.io.tmpdir=$work" -cp "$work" \
      Training "$scheme" "$image/bin/java" "$@" "@$image/lib/jvm.options" \
      --module io.conntrack.exporter/io.conntrack.exporter.Main
  ' sh "$scheme" "$jdk" "$work" "$image" "$@" >"$work/log" 2>&1 </dev/null || {
    cat "$work/log" >&2
    without_cache 'the training run failed; what it said is above'
  }
}

train http "-XX:AOTCacheOutput=$cache"
[ -s "$cache" ] || { cat "$work/log" >&2; without_cache 'the training run left none'; }
train https "-XX:SharedArchiveFile=$cache" "-XX:ArchiveClassesAtExit=$top" -XX:+AOTClassLinking
[ -s "$top" ] || { cat "$work/log" >&2; without_cache 'the training run by TLS left none'; }
