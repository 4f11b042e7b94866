#!/bin/sh
# Builds the container image from the runtime image IMAGE over a base image that is made of this
# Debian's own files, then runs it as root and as another user, and upgrades it and goes back, beside
# connections that stay open. The other version is made of OTHER, or the same again. Everything of podman is
# in WORK.
# usage: container.sh IMAGE WORK [OTHER]
set -eu
image=$1 work=$2
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/live.sh"
build=$(cd "$here/../../../scripts" && pwd)/build-docker.sh

# What nested containers and machines without systemd need.
cat >"$work/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "host"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
CONF
export CONTAINERS_CONF="$work/containers.conf"
engine="podman --root=$work/storage --runroot=$work/run --tmpdir=$work/tmp --log-level=fatal"
# shellcheck disable=SC2086 # Words.
podman() { command $engine "$@"; }
trap 'podman rm --force --all >/dev/null 2>&1; podman rmi --force --all >/dev/null 2>&1' EXIT

# The base: what the first stage of the Dockerfile calls and copies.
mkdir -p "$work/base/usr/bin" "$work/base/usr/sbin" "$work/base/usr/lib" "$work/base/usr/lib64"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$work/base/$folder"; done
programs=$(for each in sh bash ls cp mkdir sort xargs awk ldd dpkg-query; do command -v "$each"; done)
# shellcheck disable=SC2086 # Words.
{
  echo "$programs"
  ldd $programs | awk '$3 ~ "^/" { print $3 } $1 ~ "^/lib" { print $1 }'
  dpkg --listfiles libc6 zlib1g libstdc++6 libgcc-s1 libnetfilter-conntrack3 libmnl0 libnfnetlink0 |
    grep -E '^(/usr)?/lib/[^/]*/[^/]*\.so(\.[0-9.]+)?$|/copyright$'
} | tr -d : | sort -u | xargs cp --dereference --parents --target-directory="$work/base"
install -D /var/lib/dpkg/status "$work/base/var/lib/dpkg/status"
mkdir -p "$work/base/var/lib/dpkg/info" "$work/base/var/lib/dpkg/updates"
tar --create --directory="$work/base" . | podman import --quiet - base >/dev/null

build() {
  ENGINE=$engine "$build" "$1" "$2" --build-arg BASE=localhost/base \
    --pull=never --isolation=chroot --no-cache >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
}
build "$image" conntrack-exporter
# The same files at another time make the same layers.
cp -r "$image" "$work/copy"
build "$work/copy" again
for each in conntrack-exporter again; do podman image inspect --format '{{.RootFS.Layers}} {{.Created}}' $each; done |
  uniq | wc -l | sed 's/^/different images: /'
if [ $# -gt 2 ]; then build "$3" other; else podman tag again other; fi
echo "size=$(podman image inspect --format '{{.Size}}' conntrack-exporter)"
podman image inspect --format '{{index .Labels "org.opencontainers.image.version"}}' conntrack-exporter

# Starts a container with the least rights, and waits until it is healthy.
# usage: start IMAGE OPTION...
start() {
  from=$1
  shift
  podman run --detach --name=it --network=host --cap-drop=ALL --cap-add=NET_ADMIN --read-only \
    --security-opt=no-new-privileges "$@" "$from" >/dev/null 9>&-
  tries=0
  until podman healthcheck run it >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 30 ]; then podman logs it 2>&1; exit 1; fi
    sleep 1
  done
}

# Runs it with more options: first what it says of this host, then waits until it is healthy, scrapes it and ends it.
run() {
  code=0
  podman run --rm --network=host --cap-drop=ALL --cap-add=NET_ADMIN --read-only \
    --security-opt=no-new-privileges "$@" conntrack-exporter check >"$work/check" || code=$?
  echo "user=$* check=$code"
  grep -E '^(ok|unknown|failed) ' "$work/check"
  start conntrack-exporter "$@"
  if podman exec it /bin/sh -c true 2>/dev/null; then echo 'there is a shell'; exit 1; fi
  podman exec it /usr/lib/conntrack-exporter/bin/java @/usr/lib/conntrack-exporter/lib/jvm.options \
    --module io.conntrack.exporter/io.conntrack.exporter.Main --once | grep in_sync
  # As process 1 it is not killed by a signal that it does not handle: after 20 s podman would.
  podman stop --time=20 it >/dev/null
  echo "user=$* exit=$(podman inspect --format '{{.State.ExitCode}}' it)"
  podman logs it 2>&1 | grep -E 'Serving|ERROR'
  podman rm it >/dev/null
}
run --user=0
run --user=65532:65532

# Starts the other tag in the place of the one that runs.
replace() {
  podman stop --time=20 it >/dev/null
  podman rm it >/dev/null
  start "$1"
}
start conntrack-exporter
live_open 3
live_expect started 3 3 0
live_close
live_expect 'one ended' 2 3 1
replace other
live_expect upgraded 2 0 0
live_close
live_expect 'upgraded, one ended' 1 0 1
replace conntrack-exporter
live_expect downgraded 1 0 0
live_close
live_expect 'downgraded, all ended' 0 0 1
live_end
