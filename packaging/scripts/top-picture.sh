#!/bin/sh
# Draws what 'conntrack-exporter top' shows as a picture for docs/top.md, FILE: in a network namespace of
# its own, where one server refuses connections and another one does not answer. As root.
# usage: top-picture.sh FILE
set -eu
file=$(realpath "$1")
packaging=$(cd "$(dirname "$0")/.." && pwd)

# shellcheck disable=SC2016 # These words are for the inner shell.
unshare --net --pid --fork --kill-child sh -euc '
  packaging=$1 file=$2
  program=$packaging/target/conntrack-exporter/bin/conntrack-exporter
  ip link set lo up
  for host in 10 20 60 70; do ip address add "198.51.100.$host/32" dev lo; done
  ip address add 2001:db8::30/128 dev lo nodad
  nft "table inet picture {
    chain in {
      type filter hook input priority 0
      ip daddr 198.51.100.70 drop
      ct state new
    }
  }"
  cd /proc/sys/net/netfilter
  echo 1 >nf_conntrack_acct
  echo 1 >nf_conntrack_events
  echo 5 >nf_conntrack_tcp_timeout_syn_sent
  echo 20 >nf_conntrack_tcp_timeout_time_wait
  python3 "$packaging/src/test/python/picture-traffic.py" &
  "$program" --accounting --histograms --ignore-hosts=127.0.0.1 --log.level=warn >/dev/null &
  sleep 4
  { sleep 20; echo "svg $file"; echo "keys \"q\""; echo end; } |
    env TERM=xterm-256color LC_ALL=C.UTF-8 python3 "$packaging/src/test/python/terminal.py" 11 118 \
      "$program" top >/dev/null
' sh "$packaging" "$file"
