#!/bin/sh
# The inside of the demo, which demo.sh starts as the first process of its namespaces: makes two
# hosts, near and far, then runs the exporter, traffic and the screen. Descriptor 3 takes messages.
# usage: hosts.sh JDK LAUNCHER
set -eu
exec 2>&3
echo 'Starting two private hosts, the exporter on one of them, and traffic.'
jdk=$1 launcher=$2

# The names of the hosts must not be seen outside, nor collide with those of another demo.
mount -t tmpfs tmpfs /var/run
networks=/var/run/netns
for host in near far; do
  ip netns add "$host"
  ip -n "$host" link set lo up
done
ip -n near link add cable type veth peer name cable netns far
ip -n near link set cable up
ip -n far link set cable up

# Addresses for documentation, RFC 5737 and RFC 3849: whatever went wrong, they lead nowhere.
ip -n near address add 192.0.2.1/24 dev cable
ip -n near address add 2001:db8::1/64 dev cable nodad
ip -n far address add 192.0.2.2/24 dev cable
ip -n far address add 2001:db8::2/64 dev cable nodad
# To near, far is the world: it answers for each address of these two networks, and drops the rest.
ip -n near route add default via 192.0.2.2
ip -n near route add default via 2001:db8::2
ip -n far route add local 198.51.100.0/24 dev lo
ip -n far route add local 2001:db8:1::/48 dev lo

# The kernel tracks connections where a rule asks for their state. Its time limits of two minutes
# are long for somebody who watches.
nsenter --net=$networks/near sh -eu <<'NEAR'
nft -f - <<'RULES'
table inet demo {
  chain in {
    type filter hook input priority filter
    ct state new counter
  }
}
RULES
cd /proc/sys/net/netfilter
echo 20 >nf_conntrack_tcp_timeout_time_wait
echo 10 >nf_conntrack_tcp_timeout_syn_sent
NEAR

if [ -t 1 ]; then is_terminal=true; else is_terminal=false; fi
# Java runs on near; the descriptors let it open sockets on far and, for the browser, out here. Its
# performance data would be a file that stays when it is killed.
nsenter --net=$networks/near "$jdk/bin/java" --enable-native-access=ALL-UNNAMED \
  -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -XX:-UsePerfData \
  Demo.java "$launcher" $is_terminal "${DEMO_SECONDS-}" 3</proc/self/ns/net 4<$networks/far
