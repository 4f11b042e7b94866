#!/bin/sh
# Shows the exporter at work: two private hosts with traffic between them, the exporter on one of
# them, and its numbers on the screen until Ctrl-C, or for DEMO_SECONDS.
#
# All of it runs in namespaces of its own, and the kernel clears up: when the first process inside
# ends, however that comes, all others there end too, and then the hosts, their links and mounts.
set -eu
cd "$(dirname "$0")"
launcher=../target/conntrack-exporter/bin/conntrack-exporter

# What networks need lies where not every user's PATH leads.
PATH=$PATH:/usr/sbin:/sbin
need() {
  if ! command -v "$1" >/dev/null; then
    echo "$1 is missing. Install it: apt-get install $2, dnf install $3, or your system's like." >&2
    exit 1
  fi
}
need ip iproute2 iproute
need nft nftables nftables
need nsenter util-linux util-linux
need setpriv util-linux util-linux
need unshare util-linux util-linux
if ! [ -x "$launcher" ]; then
  echo 'The program is not built yet. Build it: make build' >&2
  exit 1
fi
case ${DEMO_SECONDS-} in
  *[!0-9]*)
    echo "DEMO_SECONDS=$DEMO_SECONDS is not a whole number of seconds." >&2
    exit 2
    ;;
esac
# Before sudo, which hides the user's JAVA_HOME and PATH.
JAVA_HOME=$(../scripts/find-jdk.sh)

if [ "$(id -u)" -ne 0 ]; then
  exec sudo env "JAVA_HOME=$JAVA_HOME" "DEMO_SECONDS=${DEMO_SECONDS-}" "$PWD/demo.sh"
fi
if ! unshare --mount --pid --fork --mount-proc unshare --net true; then
  echo 'Root may make no namespaces here. In a container: start it with --privileged.' >&2
  exit 1
fi

# Kills the first process inside and waits until unshare has seen the end of all there; kills
# unshare itself where it has started none yet.
end() {
  [ -n "${!-}" ] || return 0
  inside=$(cat "/proc/$!/task/$!/children" 2>/dev/null) || :
  kill -KILL "${inside:-$!}" 2>/dev/null || :
  wait "$!" 2>/dev/null || :
}
trap 'end; exit 129' HUP
# Ctrl-C is how a demo is meant to end.
trap 'end; echo; exit 0' INT
trap 'end; exit 143' TERM

# unshare holds back SIGTERM, so this shell waits beside it. Should this shell be killed, setpriv
# has unshare killed, and that the first process inside. unshare's own messages are left out: it may
# be puzzled by how its child ended.
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
  ./hosts.sh "$JAVA_HOME" "$launcher" 3>&2 2>/dev/null &
wait "$!"
