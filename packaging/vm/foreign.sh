#!/bin/sh
# Runs a command that may start programs of arm64, by the emulator QEMU, a static qemu-aarch64. That is
# told to the kernel in a user namespace of its own: nothing else on this machine sees it. As root, on
# Linux 6.7 or newer.
# usage: foreign.sh QEMU COMMAND...
set -eu
qemu=$(readlink -f "$1")
shift

pipe=$(mktemp -u)
mkfifo "$pipe"
trap 'rm -f "$pipe"' EXIT
# The magic number and machine of an ELF program for arm64. F opens the emulator here and now, so that
# it is found in any root.
rule=':arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'
# shellcheck disable=SC2016 # These words are for the inner shell.
unshare --user --mount --pid --fork --kill-child --mount-proc sh -euc '
  read -r mapped <"$1"
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf "%s" "$2" >/proc/sys/fs/binfmt_misc/register
  shift 2
  exec "$@"
' sh "$pipe" "$rule$qemu:F" "$@" &
outer=$!
# Users keep their numbers, for the files that the command leaves.
inner=
while [ -z "$inner" ]; do
  inner=$(cat "/proc/$outer/task/$outer/children" 2>/dev/null) || exit 1
  [ -n "$inner" ] || sleep 0.1
done
for map in uid_map gid_map; do echo '0 0 65536' >"/proc/${inner%% *}/$map"; done
echo mapped >"$pipe"
wait "$outer"
