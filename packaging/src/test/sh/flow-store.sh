#!/bin/sh
# Brings flow records into ClickHouse by syslog-ng, with the table, the query and the configuration of
# docs/event-log.md, and prints what is stored beside what the metrics show. Runs in a network
# namespace of its own.
#
# Usage: flow-store.sh ROOT EXPORTER DOCUMENT FOLDER
#   ROOT is where the packages of both programs are unpacked.
set -eu
root=$1
exporter=$2
document=$3
cd "$4"
libraries=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu:$root/usr/lib/syslog-ng:$root/usr/lib/syslog-ng/3.38

ip link set lo up
sysctl -qw net.netfilter.nf_conntrack_acct=1
nft 'table inet track { chain out { type filter hook output priority 0; ct state new accept; }; }'
mkdir data tmp
mkfifo flows

# The block of a document that begins with this line.
block() {
  awk -v start="$1" 'index($0, start) == 1 { on = 1 } on && /^```/ { exit } on { print }' "$document"
}

cat >config.xml <<EOF
<yandex>
  <logger><level>warning</level><log>$PWD/log</log><errorlog>$PWD/error</errorlog></logger>
  <http_port>8123</http_port><listen_host>127.0.0.1</listen_host>
  <path>$PWD/data/</path><tmp_path>$PWD/tmp/</tmp_path><timezone>UTC</timezone>
  <users_config>users.xml</users_config><default_profile>default</default_profile>
  <default_database>default</default_database><mark_cache_size>5368709120</mark_cache_size>
</yandex>
EOF
cat >users.xml <<EOF
<yandex>
  <profiles><default></default></profiles><quotas><default></default></quotas>
  <users><default><password></password><networks><ip>::/0</ip></networks>
    <profile>default</profile><quota>default</quota></default></users>
</yandex>
EOF
# This ClickHouse is older than DateTime64 and LowCardinality.
old() {
  sed "s/DateTime64(9, 'UTC')/String/; s/LowCardinality(String)/String/
    s/toYYYYMM(timestamp)/toYYYYMM(parseDateTimeBestEffort(timestamp))/
    s/timestamp > now/parseDateTimeBestEffort(timestamp) > now/"
}
ask() { curl --max-time 5 -sS http://127.0.0.1:8123/ --data-binary "$1"; }

LD_LIBRARY_PATH=$libraries "$root/usr/sbin/clickhouse-server" --config-file=config.xml >store.out 2>&1 &
store=$!
tries=0
until ask 'SELECT 1' >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { cat store.out error; exit 1; }
  sleep 0.5
done
ask "$(block 'CREATE TABLE' | old)"

block '@version' | sed "s#/run/conntrack-flows#$PWD/flows#; s#reliable(no)#reliable(no) dir(\"$PWD\")#" >syslog-ng.conf
LD_LIBRARY_PATH=$libraries "$root/usr/sbin/syslog-ng" -F --no-caps -f syslog-ng.conf --persist-file="$PWD/persist" \
  --pidfile="$PWD/pid" --control="$PWD/control" --module-path="$root/usr/lib/syslog-ng/3.38" >agent.out 2>&1 &
agent=$!
"$exporter" --log-events --log-events-format=json --log-events-types=destroy --accounting >flows 2>exporter.out &
program=$!
trap 'kill $program $agent; kill -9 $store' EXIT
tries=0
until curl -fsS -o metrics http://127.0.0.1:9318/metrics 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { cat exporter.out; exit 1; }
  sleep 0.5
done

python3 - <<EOF
import socket, threading
server = socket.create_server(("127.0.0.1", 7000))
def serve():
    while True:
        client, _ = server.accept()
        client.recv(1000)
        client.sendall(b"y" * 5000)
        client.close()
threading.Thread(target=serve, daemon=True).start()
for i in range(200):
    with socket.create_connection(("127.0.0.1", 7000)) as client:
        client.sendall(b"x" * 100 * (i % 7 + 1))
        while client.recv(10000):
            pass
EOF
conntrack -D -p tcp --dport 7000 >/dev/null 2>&1

tries=0
until [ "$(ask "SELECT count() FROM flows WHERE host = '127.0.0.1:7000'")" = 200 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || { echo "not all records are stored"; cat agent.out; exit 1; }
  sleep 0.5
done
block 'SELECT host' | old >query.sql
ask "$(cat query.sql) FORMAT TSV" | sed -n 's/^127.0.0.1:7000\t/stored /p'
echo "node $(ask 'SELECT DISTINCT node FROM flows FORMAT TSV')"
curl -fsS http://127.0.0.1:9318/metrics |
  awk -F ' ' '/^conntrack_sent_bytes_total.*:7000/ { sent = $2 } /^conntrack_received_bytes_total.*:7000/ { got = $2 }
    END { printf "counted %d\t%d\n", sent, got }'
