# shellcheck shell=sh
# Connections that stay open while the exporter is replaced. Read by the scripts that upgrade it. They
# are of loopback, and the exporter listens on its default port.
live_port=7001

# Opens COUNT connections. live_close closes one, by both sides.
# usage: live_open COUNT
live_open() {
  live_fifo=$(mktemp -u)
  mkfifo "$live_fifo"
  python3 -c '
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
pairs = []
for _ in range(int(sys.argv[2])):
    client = socket.create_connection(server.getsockname())
    pairs.append((client, server.accept()[0]))
for line in sys.stdin:
    for end in pairs.pop():
        end.close()
' "$live_port" "$1" <"$live_fifo" &
  live_pid=$!
  exec 9>"$live_fifo"
  rm "$live_fifo"
}

live_close() { echo close >&9; }

# All that are left.
live_end() {
  exec 9>&-
  wait "$live_pid"
}

# What the exporter shows of them: OPEN now, and since its start OPENED and ENDED, those by a close.
live_shown() {
  curl --silent --max-time 10 http://127.0.0.1:9318/metrics | awk -v host="host=\"127.0.0.1:$live_port\"" '
    index($0, host) && /^conntrack_open_connections/ { open += $2 }
    index($0, host) && /^conntrack_connections_opened_total/ { opened += $2 }
    index($0, host) && /^conntrack_connections_ended_total.*reason="closed"/ { ended += $2; next }
    index($0, host) && /^conntrack_connections_(ended|failed)_total/ { other += $2 }
    END { printf "open %d, opened %d, ended %d, in another way %d\n", open, opened, ended, other }'
}

# Waits until the exporter shows this of them, and prints it.
# usage: live_expect WHEN OPEN OPENED ENDED
live_expect() {
  expected="open $2, opened $3, ended $4, in another way 0"
  for try in $(seq 60); do
    if [ "$(live_shown)" = "$expected" ]; then
      echo "live, $1: $expected"
      return
    fi
    sleep 0.5
  done
  echo "live, $1: $(live_shown), expected $expected, after $try looks"
  return 1
}
