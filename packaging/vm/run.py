"""Runs the cases of the matrix in the emulated machine, as root. Each prints one line that matrix.py reads.

A case returns what it saw, "ok" if that is all there is to say. Connections are made by this process, whose
sockets are born in the network namespace that it is in: the host's own, or that of a neighbour.
"""

import contextlib
import datetime
import ipaddress
import json
import os
import re
import socket
import struct
import subprocess
import time
import traceback
import urllib.error
import urllib.request

CASES = "/mnt/cases"
SERVICE = "conntrack-exporter"
OPTIONS = "--ignore-hosts=127.0.0.1,::1 --protocols=tcp,udp,sctp --direction-label --zones --accounting"
OPTIONS += " --histograms --resync-interval=2s --endpoint-retention=1h"
KERNEL = os.uname().release
OLD = KERNEL.startswith("5.")
STATES = {"SYN_SENT": "opening", "SYN_RECV": "opening", "SYN_SENT2": "opening", "ESTABLISHED": "open", "CLOSE": "closed"}
SCTP = socket.IPPROTO_SCTP
HERE = {"4": "10.9.0.1", "6": "fd09::1"}
NEAR = {"4": "10.9.0.2", "6": "fd09::2"}
# What is known of ten connections that were offloaded, five of them closed, five reset; see docs/reliability.md.
FLOWTABLE = {
    "5.10": ["ended closed 5, ended reset 5", "ended closed 5, ended unknown 5"],
    "6.1": ["ended closed 5, ended unknown 5"],
    "6.12": ["ended closed 5; 5 stay open until the kernel gives up, then ended closed 5, ended unknown 5"],
    "7.3": ["ended unknown 10"],
}
FAR = {"4": "10.8.0.2", "6": "fd08::2"}


def sh(command, check=True):
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout


def sysctl(name, value):
    with open("/proc/sys/net/" + name, "w") as file:
        file.write(str(value))


def until(what, seconds=30):
    """Waits for a function that returns without an AssertionError, and returns what it does."""
    end = time.monotonic() + seconds
    while True:
        try:
            return what()
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def equal(found, expected, what):
    assert found == expected, f"{what}: {found}, expected {expected}"


# The network: this host, a neighbour beside it, and another one behind it.


@contextlib.contextmanager
def inside(name):
    """In a network namespace; the host's own has no name."""
    if not name:
        yield
        return
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + name, os.O_RDONLY)
    os.setns(there, os.CLONE_NEWNET)
    try:
        yield
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(home)
        os.close(there)


def cable(name, four, six):
    sh(f"ip netns add {name}")
    sh(f"ip link add to-{name} type veth peer name eth0 netns {name}")
    sh(f"ip addr add {four}.1/24 dev to-{name}; ip addr add {six}::1/64 dev to-{name} nodad; ip link set to-{name} up")
    sh(f"ip -n {name} link set lo up; ip -n {name} link set eth0 up")
    sh(f"ip -n {name} addr add {four}.2/24 dev eth0; ip -n {name} addr add {six}::2/64 dev eth0 nodad")
    sh(f"ip -n {name} route add default via {four}.1; ip -n {name} route add default via {six}::1")


def network():
    sh("ip link set lo up")
    cable("near", "10.9.0", "fd09")
    cable("far", "10.8.0", "fd08")
    sysctl("ipv4/ip_forward", 1)
    sysctl("ipv6/conf/all/forwarding", 1)
    sh("modprobe nf_conntrack")
    sysctl("netfilter/nf_conntrack_acct", 1)
    sysctl("netfilter/nf_conntrack_timestamp", 1)
    # Rules that need tracking turn it on. Port 7 answers nobody.
    sh("""nft -f - <<'.'
table inet track {
  chain in { type filter hook input priority 0; ct state new counter; }
  chain out { type filter hook output priority 0; ct state new counter; }
  chain over { type filter hook forward priority 0; ct state new counter; }
}
.""")
    for name in ("near", "far"):
        sh(f"ip netns exec {name} nft 'table inet deaf {{ chain in {{ type filter hook input priority 0; "
           f"tcp dport 7 drop; udp dport 7 drop; sctp dport 7 drop; }}; }}'")
    # Dropped by a rule in front of tracking, so that tracking keeps the SYN and sees no answer.
    sh("nft 'table inet deaf { chain out { type filter hook output priority -350; tcp sport 7 drop; }; }'")


def listener(where, address, port, protocol=0):
    with inside(where):
        server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, protocol)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(100)
    return server


def connect(count, client_in, server_in, address, port, protocol=0, device=None, bind=None):
    """Open connections, as pairs of sockets."""
    server = listener(server_in, bind or address, port, protocol)
    pairs = []
    for _ in range(count):
        with inside(client_in):
            client = socket.socket(server.family, socket.SOCK_STREAM, protocol)
        client.settimeout(10)
        if protocol == SCTP:
            client.bind((HERE["4"], 0))  # else it offers all addresses, and each has flows
        if device:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        client.connect((address, port))
        accepted = server.accept()[0]
        accepted.settimeout(20)
        pairs.append((client, accepted))
    server.close()
    return pairs


def dial_nobody(count, client_in, address):
    clients = []
    for _ in range(count):
        with inside(client_in):
            client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        client.setblocking(False)
        client.connect_ex((address, 7))
        clients.append(client)
    return clients


def exchange(pairs, size=10):
    for client, server in pairs:
        client.sendall(b"x" * size)
        left = size
        while left > 0:
            left -= len(server.recv(left))
        server.sendall(b"y")
        client.recv(1)


def close_both(pairs):
    for client, server in pairs:
        client.close()
        server.close()


def reset(pairs):
    for client, server in pairs:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        server.close()


# What the exporter shows, and what the kernel has.


def scrape(url="http://127.0.0.1:9318/metrics"):
    """Values by name and labels, labels that are empty left out."""
    series = {}
    try:
        answer = urllib.request.urlopen(url, timeout=20)
    except urllib.error.HTTPError as refusal:
        raise AssertionError(f"{refusal.code} {refusal.read().decode()}") from None
    with answer:
        for line in answer.read().decode().splitlines():
            match = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line)
            if match:
                labels = frozenset((k, v) for k, v in re.findall(r'(\w+)="([^"]*)"', match[2] or "") if v)
                series[match[1], labels] = float(match[3])
    return series


def total(series, name, **labels):
    wanted = set(labels.items())
    return int(sum(value for (found, has), value in series.items() if found == name and wanted <= has))


def gauges(series, **labels):
    return {state: total(series, f"conntrack_{state}_connections", **labels) for state in ("opening", "open", "closing", "closed")}


def gauges_of_all(series):
    """By direction, host and protocol, of which `other` has the host alone: how many are in each state, without zeroes."""
    shown = {}
    for (name, labels), value in series.items():
        match = re.fullmatch(r"conntrack_(opening|open|closing|closed)_connections", name)
        if match and value:
            has = dict(labels)
            key = has.get("direction"), has["host"], has.get("protocol", "tcp"), match[1]
            shown[key] = shown.get(key, 0) + int(value)
    return shown


def outcomes(series, **labels):
    counts = {"opened": total(series, "conntrack_connections_opened_total", **labels)}
    for kind in ("failed", "ended"):
        for (name, has), value in series.items():
            if name == f"conntrack_connections_{kind}_total" and value and set(labels.items()) <= has:
                reason = kind + " " + dict(has)["reason"]
                counts[reason] = counts.get(reason, 0) + int(value)
    return counts


def since(before, after):
    """Outcomes that came between two scrapes, as text."""
    more = {what: count - before.get(what, 0) for what, count in after.items() if count > before.get(what, 0)}
    return ", ".join(f"{what} {count}" for what, count in sorted(more.items()))


def endpoint(address, port):
    address = str(ipaddress.ip_address(address))
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def kernels_table():
    """The same as gauges_of_all, of conntrack(8), of TCP."""
    local = {str(ipaddress.ip_address(a)) for a in re.findall(r"inet6? ([0-9a-f.:]+)", sh("ip addr"))}
    table = {}
    for family in ("ipv4", "ipv6"):
        for line in sh(f"conntrack -L -f {family} 2>/dev/null").splitlines():
            words = line.split()
            if words[0] != "tcp" or "127.0.0.1" in line or "src=::1" in line:
                continue
            source, destination = (re.search(rf"{k}=(\S+)", line)[1] for k in ("src", "dst"))
            port = re.search(r"dport=(\d+)", line)[1]
            state = next((STATES.get(w, "closing") for w in words if re.fullmatch("[A-Z_]+2?", w)), "open")
            if str(ipaddress.ip_address(source)) in local:
                key = "outbound", endpoint(destination, port), "tcp", state
            elif str(ipaddress.ip_address(destination)) in local:
                key = "inbound", str(ipaddress.ip_address(source)), "tcp", state
            else:
                key = "forwarded", endpoint(destination, port), "tcp", state
            table[key] = table.get(key, 0) + 1
    return table


def agree(seconds=40):
    """The gauges of TCP equal the kernel's table, which did not change meanwhile."""

    def compare():
        before = kernels_table()
        shown = {k: v for k, v in gauges_of_all(scrape()).items() if k[2] == "tcp"}
        after = kernels_table()
        if before == after:
            equal(shown, after, "gauges")
        else:
            raise AssertionError(f"the table changes: {set(before.items()) ^ set(after.items())}")
        return shown

    return until(compare, seconds)


def unit(property_name):
    return sh(f"systemctl show -p {property_name} --value {SERVICE}").strip()


def restart(options):
    with open("/etc/default/conntrack-exporter", "w") as file:
        file.write(f'ARGS="{options}"\n')
    sh(f"systemctl reset-failed {SERVICE}; systemctl restart {SERVICE}")
    until(scrape)


# The cases.


def install_and_start():
    network()
    with open("/etc/default/conntrack-exporter", "w") as file:
        file.write(f'ARGS="{OPTIONS}"\n')
    sh(f"dpkg --force-confold -i {CASES}/previous/*.deb")
    until(lambda: equal(unit("ActiveState"), "active", "the unit"), 90)
    equal(unit("Type"), "notify", "its type")
    microseconds = int(unit("ActiveEnterTimestampMonotonic")) - int(unit("ExecMainStartTimestampMonotonic"))
    print(f"TRACE {os.uname().machine}: ready {microseconds / 1e6:.1f} s after its start")
    until(scrape)
    return "ok"


def upgrade():
    before = unit("MainPID"), sh("dpkg-query -W -f '${Version}' conntrack-exporter")
    sh(f"dpkg --force-confold -i {CASES}/*.deb")
    until(lambda: equal(unit("ActiveState"), "active", "the unit"), 90)
    after = unit("MainPID"), sh("dpkg-query -W -f '${Version}' conntrack-exporter")
    assert before[0] != after[0] and before[1] != after[1], f"{before}, then {after}"
    with open("/etc/default/conntrack-exporter") as file:
        assert OPTIONS in file.read(), "the settings are gone"
    until(scrape)
    return "ok"


def four_states():
    """Both families and all directions, in each of the states, and 1, 2, 3, 4 of them."""
    kept = []
    for family in ("4", "6"):
        for client, server, to in (("", "near", NEAR), ("near", "", HERE), ("near", "far", FAR)):
            address = to[family]
            kept += dial_nobody(1, client, address)
            kept += connect(2, client, server, address, 8001)
            half = connect(3, client, server, address, 8002)
            for one, _ in half:
                one.close()
            reset(connect(4, client, server, address, 8003))
            kept += half
    shown = agree()
    for direction in ("outbound", "inbound", "forwarded"):
        found = {}
        for (where, _, _, state), count in shown.items():
            if where == direction:
                found[state] = found.get(state, 0) + count
        equal(found, {"opening": 2, "open": 4, "closing": 6, "closed": 8}, direction)
    return "ok"


def settled_outcomes():
    """The outcomes, when those of connections of the case before have been counted too."""
    last = None
    while True:
        found = outcomes(scrape(), direction="outbound")
        if found == last:
            return found
        last = found
        time.sleep(1)


def outcome_case():
    before = settled_outcomes()
    close_both(connect(3, "", "near", NEAR["4"], 8101))
    reset(connect(2, "", "near", NEAR["4"], 8101))
    for _ in range(4):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection((NEAR["4"], 8199), timeout=5)
    kept = connect(1, "", "near", NEAR["4"], 8102)
    until(lambda: equal(outcomes(scrape(), direction="outbound").get("opened"), before["opened"] + 6, "opened"))
    sh("conntrack -D -p tcp --dport 8102 2>/dev/null")
    known = "ended closed 3, ended evicted 1, ended reset 2, failed refused 4, opened 6"
    if OLD:
        known = "ended closed 3, ended reset 2, ended unknown 1, failed unknown 4, opened 6"
    until(lambda: equal(since(before, outcomes(scrape(), direction="outbound")), known, "outcomes"))
    close_both(kept)
    before = outcomes(scrape(), direction="outbound")
    sysctl("netfilter/nf_conntrack_tcp_timeout_syn_sent", 3)
    sysctl("netfilter/nf_conntrack_tcp_timeout_established", 3)
    kept = dial_nobody(2, "", NEAR["4"])
    pairs = connect(2, "", "near", NEAR["4"], 8103)
    text = until(lambda: ended(before, 4), 120)
    sysctl("netfilter/nf_conntrack_tcp_timeout_syn_sent", 120)
    sysctl("netfilter/nf_conntrack_tcp_timeout_established", 432000)
    close_both(pairs)
    if OLD:  # `unknown` where a DESTROY came before a dump that lacked the flow
        sums = {kind: sum(int(n) for n in re.findall(kind + r" \S+ (\d+)", text)) for kind in ("ended", "failed")}
        text = f"ended timed_out {sums['ended']}, failed unanswered {sums['failed']}, opened 2"
    equal(text, "ended timed_out 2, failed unanswered 2, opened 2", "outcomes of what expires")
    return "refused and deleted ones are `unknown`: DESTROY tells no state before 5.12" if OLD else "ok"


def ended(before, count):
    text = since(before, outcomes(scrape(), direction="outbound"))
    found = sum(int(n) for n in re.findall(r"(?:ended|failed) \S+ (\d+)", text))
    assert found >= count, text
    return text


def overrun():
    restart(OPTIONS + " --netlink-buffer=64KiB --resync-interval=5s")
    pid = unit("MainPID")
    sh(f"kill -STOP {pid}")
    burst(400)
    sh(f"kill -CONT {pid}")

    def lost():
        series = scrape()
        assert total(series, "conntrack_exporter_overruns_total") > 0, "no overrun"
        assert total(series, "conntrack_exporter_events_lost_total") > 0, "no event lost"
        equal(total(series, "conntrack_exporter_in_sync"), 1, "in sync")

    until(lost)
    agree()
    return "ok"


def burst(count):
    server = listener("near", NEAR["4"], 8200)
    for _ in range(count):
        client = socket.create_connection((NEAR["4"], 8200), timeout=10)
        accepted = server.accept()[0]
        client.close()
        accepted.close()
    server.close()


def resize():
    """The hash table is resized again and again while it is dumped."""
    sysctl("netfilter/nf_conntrack_udp_timeout", 300)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for port in range(10_000, 13_000):
        sender.sendto(b"x", (NEAR["4"], port))
    sender.close()
    buckets = int(open("/proc/sys/net/netfilter/nf_conntrack_buckets").read())
    for step in range(6):
        sysctl("netfilter/nf_conntrack_buckets", buckets * 2 if step % 2 == 0 else buckets)
        until(scrape)

    def whole():
        kernel = sum(1 for line in sh("conntrack -L -p udp -s 10.9.0.1 2>/dev/null").splitlines() if "dport=1" in line)
        shown = gauges(scrape(), protocol="udp", direction="outbound")["opening"]
        assert kernel == 3_000, kernel
        equal(shown, kernel, "udp flows")

    until(whole, 40)
    sh("conntrack -D -p udp 2>/dev/null", check=False)
    sysctl("netfilter/nf_conntrack_udp_timeout", 30)
    return "ok"


def flowtable():
    """Ten offloaded connections through this host, five of them closed by both sides, five reset.

    Half-way the exporter is started anew, with other namespaces, which it reads from here on.
    """
    sh("""nft -f - <<'.'
table inet fast {
  flowtable f { hook ingress priority 0; devices = { "to-near", "to-far" }; counter; }
  chain over { type filter hook forward priority -5; tcp dport 7000 ct state established flow add @f; }
}
.""")
    host = FAR["4"] + ":7000"
    before = outcomes(scrape(), host=host)
    pairs = connect(10, "near", "far", FAR["4"], 7000)
    exchange(pairs, 20_000)
    exchange(pairs, 20_000)
    offloaded = sh("conntrack -L -p tcp --dport 7000 2>/dev/null").count("OFFLOAD")
    equal(offloaded, 10, "offloaded flows")
    equal(until(lambda: gauges(scrape(), host=host))["open"], 10, "open ones")
    equal(since(before, outcomes(scrape(), host=host)), "opened 10", "outcomes")
    sent = total(scrape(), "conntrack_sent_bytes_total", host=host)
    assert sent > 400_000, f"{sent} bytes sent"
    sh(f"mkdir -p /etc/systemd/system/{SERVICE}.service.d")
    sh(f"cp /usr/share/doc/{SERVICE}/examples/netns.conf /etc/systemd/system/{SERVICE}.service.d/; systemctl daemon-reload")
    restart(OPTIONS + " --max-endpoints=1000 --netns=/run/netns/*")
    equal(gauges(scrape(), host=host), {"opening": 0, "open": 10, "closing": 0, "closed": 0}, "after a restart")
    exchange(pairs)  # a flowtable forgets what is idle for 30 s
    close_both(pairs[:5])
    reset(pairs[5:])
    time.sleep(1)
    states = states_of("7000")
    print(f"TRACE after the ends conntrack(8) shows {states}")
    text = settled(host)
    left = gauges(scrape(), host=host)["open"]
    if left:
        text += f"; {left} stay open until the kernel gives up"
        sh("conntrack -U -p tcp --dport 7000 --state ESTABLISHED -t 1 2>/dev/null", check=False)
        text += f", then {settled(host)}"
    sh("nft delete table inet fast; conntrack -D -p tcp --dport 7000 2>/dev/null", check=False)
    release = ".".join(KERNEL.split(".")[:2])
    assert text in FLOWTABLE.get(release, [text]), f"{text}, expected one of {FLOWTABLE[release]}"
    return text


def settled(host):
    """Outcomes of a host, when ten connections have ended, or after a while."""

    def all_ended():
        text = since({"opened": 10}, outcomes(scrape(), host=host))
        equal(sum(int(count) for count in re.findall(r"\d+", text)), 10, text)

    with contextlib.suppress(AssertionError):
        until(all_ended, 75)
    return since({}, outcomes(scrape(), host=host))


def states_of(port):
    """The states that conntrack(8) shows, for the log."""
    found = re.findall(r" ([A-Z][A-Z_]{3,}2?|\[OFFLOAD\]) ", sh(f"conntrack -L -p tcp --dport {port} 2>/dev/null"))
    return " ".join(f"{word} {found.count(word)}" for word in sorted(set(found)))


def zones():
    sh("""nft -f - <<'.'
table inet zones {
  chain out { type filter hook output priority -300; tcp dport 8300 ct zone set 5; }
  chain in { type filter hook prerouting priority -300; tcp sport 8300 ct zone set 5; }
}
.""")
    kept = connect(3, "", "near", NEAR["4"], 8300)
    until(lambda: equal(gauges(scrape(), ct_zone="5")["open"], 3, "in zone 5"))
    sh("nft delete table inet zones")
    sh("conntrack -D -p tcp --dport 8300 2>/dev/null", check=False)
    close_both(kept)
    return "ok"


def vrf():
    sh("modprobe vrf")
    sh("ip netns add blue; ip link add vrf-blue type vrf table 10; ip link set vrf-blue up")
    sh("ip link add to-blue type veth peer name eth0 netns blue; ip link set to-blue master vrf-blue; ip link set to-blue up")
    sh("ip addr add 10.7.0.1/24 dev to-blue; ip -n blue addr add 10.7.0.2/24 dev eth0; ip -n blue link set eth0 up")
    kept = connect(2, "", "blue", "10.7.0.2", 8400, device="vrf-blue")
    until(lambda: equal(gauges(scrape(), host="10.7.0.2:8400", direction="outbound")["open"], 2, "outbound"))
    sysctl("ipv4/tcp_l3mdev_accept", 1)
    kept += connect(3, "blue", "", "10.7.0.1", 8401, bind="0.0.0.0")
    until(lambda: equal(gauges(scrape(), host="10.7.0.2", direction="inbound")["open"], 3, "inbound"))
    close_both(kept)
    return "ok"


def sctp():
    """Associations that are closed, aborted, refused by an ABORT, and never answered. An INIT alone is CLOSED to the kernel."""
    sh("modprobe sctp")
    events = subprocess.Popen(["conntrack", "-E", "-o", "timestamp", "-p", "sctp"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        kept = connect(2, "", "near", NEAR["4"], 8500, protocol=SCTP)
        until(lambda: equal(gauges(scrape(), protocol="sctp")["open"], 2, "open"))
        close_both(kept)
        reset(connect(1, "", "near", NEAR["4"], 8501, protocol=SCTP))
        with contextlib.suppress(ConnectionRefusedError):
            sctp_client().connect((NEAR["4"], 8599))
        deaf = sctp_client()
        deaf.setblocking(False)
        deaf.connect_ex((NEAR["4"], 7))
        until(lambda: equal(gauges(scrape(), protocol="sctp", host=NEAR["4"] + ":7")["opening"], 1, "opening"))
        deaf.close()
        known = "ended closed 2, ended reset 1, failed refused 1, failed unanswered 1, opened 3"
        if OLD:
            known = "ended closed 2, ended reset 1, failed unknown 2, opened 3"
        until(lambda: equal(since({}, outcomes(scrape(), protocol="sctp")), known, "outcomes"), 60)
    finally:
        events.terminate()
        print("TRACE " + events.stdout.read().replace("\n", "\nTRACE "), flush=True)
    return "refused and unanswered ones are `unknown`" if OLD else "ok"


def sctp_client():
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, SCTP)
    client.settimeout(10)
    client.bind((HERE["4"], 0))  # else it offers all addresses, and each has flows
    return client


def netns():
    """A connection in another namespace, whose rules track too."""
    sh("ip netns exec near nft 'table inet track { chain out { type filter hook output priority 0; ct state new counter; }; }'")
    kept = connect(2, "near", "far", FAR["4"], 8600)
    until(lambda: equal(gauges(scrape(), netns="near", host=FAR["4"] + ":8600")["open"], 2, "open"))
    close_both(kept)
    sh("ip netns exec near nft delete table inet track")
    return "ok"


def events_setting():
    """nf_conntrack_events, each of its values; what no event tells, the next resync does."""
    said = []
    for value in (0, 1, 2):
        try:
            sysctl("netfilter/nf_conntrack_events", value)
        except OSError:
            said.append(f"no value {value}")
            continue
        kept = connect(2, "", "near", NEAR["4"], 8700 + value)
        until(lambda: equal(gauges(scrape(), host=f"{NEAR['4']}:{8700 + value}")["open"], 2, f"events={value}"))
        close_both(kept)
    sysctl("netfilter/nf_conntrack_events", 2 if len(said) == 0 else 1)
    return ", ".join(said) or "ok"


def accounting_and_times():
    pairs = connect(2, "", "near", NEAR["4"], 8800)
    exchange(pairs, 50_000)
    close_both(pairs)
    host = NEAR["4"] + ":8800"

    def same():
        lines = sh("conntrack -L -p tcp --dport 8800 2>/dev/null")
        sent = sum(int(line) for line in re.findall(r"dport=8800 packets=\d+ bytes=(\d+)", lines))
        assert sent > 100_000, f"conntrack(8) shows {sent} bytes"
        equal(total(scrape(), "conntrack_sent_bytes_total", host=host), sent, "bytes")

    until(same)
    until(lambda: equal(total(scrape(), "conntrack_setup_seconds_count", host=host), 2, "setup times"))
    seconds = [v for (n, l), v in scrape().items() if n == "conntrack_setup_seconds_sum" and ("host", host) in l][0]
    assert 0 <= seconds < 5, f"{seconds} s to set up"
    return "ok"


def reload_and_stop():
    pid = unit("MainPID")
    sh(f"systemctl reload {SERVICE}")
    time.sleep(1)
    equal(unit("MainPID"), pid, "the process after a reload")
    sh(f"systemctl stop {SERVICE}")
    equal(unit("Result"), "success", "the result of the stop")
    sh(f"mkdir -p /run/systemd/system/{SERVICE}.service.d")
    with open(f"/run/systemd/system/{SERVICE}.service.d/watchdog.conf", "w") as file:
        file.write("[Service]\nWatchdogSec=15\n")
    sh(f"systemctl daemon-reload; systemctl start {SERVICE}")
    until(scrape)
    return "ok"


def socket_unit():
    """systemd holds the port, as docs/install.md says it. Nobody is refused while the service is down."""
    with open("/etc/default/conntrack-exporter", "a") as file:
        file.write("CONNTRACK_EXPORTER_WEB_SYSTEMD_SOCKET=true\n")
    sh(f"systemctl restart {SERVICE}", check=False)
    equal(unit("ActiveState"), "failed", "the service without a socket")
    equal(unit("ExecMainStatus"), "2", "its exit code")
    sh(f"systemctl reset-failed {SERVICE}; systemctl enable --now {SERVICE}.socket; systemctl start {SERVICE}")
    until(scrape)
    equal(sh("ss -Hltn sport = :9318 | wc -l").strip(), "1", "sockets that listen")
    for begin in (f"systemctl restart {SERVICE}", f"systemctl stop {SERVICE}"):
        pid = unit("MainPID")
        sh(begin)
        for address in ("127.0.0.1", "[::1]"):
            equal(sh(f"curl --silent --show-error --max-time 60 http://{address}:9318/-/healthy").strip(), "The exporter is healthy.", address)
        until(lambda: equal(unit("ActiveState"), "active", "the service"), 60)
        assert unit("MainPID") != pid, "it is the process from before"
    until(scrape)
    sh(f"systemctl disable --now {SERVICE}.socket")
    restart(OPTIONS)
    return "ok"


def credentials():
    """TLS by LoadCredential=, with the lines of docs/security.md and files that only root may read."""
    folder = "/etc/conntrack-exporter"
    sh(f"mkdir -p {folder}; cp {CASES}/server.* {folder}")
    with open(folder + "/web.yml", "w") as file:
        file.write("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n")
    sh(f"chmod 700 {folder}; chmod 600 {folder}/*")
    page = sh(f"zcat -f /usr/share/doc/{SERVICE}/docs/security.md*")
    lines = re.search(r"```ini\n(\[Service\]\nLoadCredential=[^`]*)```", page)[1]
    drop_in = f"/run/systemd/system/{SERVICE}.service.d/credentials.conf"
    sh(f"mkdir -p $(dirname {drop_in})")
    with open(drop_in, "w") as file:
        file.write(lines)
    sh(f"systemctl daemon-reload; systemctl restart {SERVICE}")
    ask = f"curl --silent --show-error --max-time 20 --cacert {folder}/server.crt https://localhost:9318/-/ready"
    until(lambda: equal(sh(ask).strip(), "The exporter is ready.", "by TLS"), 60)
    sh(f"rm -r {drop_in} {folder}; systemctl daemon-reload; systemctl restart {SERVICE}")
    until(scrape)
    return "ok"


def watchdog():
    """Begun above, with a watchdog of 15 s."""
    pid, restarts = unit("MainPID"), int(unit("NRestarts"))
    time.sleep(16)
    equal(unit("MainPID"), pid, "a process that feeds the watchdog")
    sh(f"kill -STOP {pid}")
    until(lambda: equal(int(unit("NRestarts")), restarts + 1, "restarts"), 150)
    until(lambda: equal(unit("ActiveState"), "active", "the unit"), 60)
    until(scrape)
    return "ok"


def check():
    done = subprocess.run("conntrack-exporter check --listen-port=9400", shell=True, capture_output=True, text=True)
    bad = [line for line in done.stdout.splitlines() if re.match("failure|error|problem", line)]
    assert done.returncode in (0, 1) and not bad and not done.stderr.strip(), f"{done.returncode} {bad} {done.stderr}"
    return "ok"


def journal():
    """Nothing unexpected was logged: no trace, no undecodable message. A start without a socket ended with 2."""
    text = sh(f"journalctl -u {SERVICE} --no-pager -o cat")
    bad = [line for line in text.splitlines() if re.search("Exception|^\tat |fatal error|SIGSEGV|SIGBUS|SIGILL|status=(?!9/KILL|6/ABRT|2/INVALIDARGUMENT)", line)]
    print("TRACE " + "\nTRACE ".join(text.splitlines()[-400:]))
    assert not bad, bad[:3]
    equal(total(scrape(), "conntrack_exporter_undecodable_messages_total"), 0, "undecodable messages")
    return "ok"

def clock_steps():
    """The machine's clock is set an hour ahead and back, and two seconds, beside connections in each state.

    Nothing that is counted may show it. Events are logged with the time that the clock has then.
    """
    restart(OPTIONS.replace("=1h", "=30m") + " --log-events --log-events-format=json")
    cursor = re.search("cursor: (.*)", sh(f"journalctl -u {SERVICE} -n 0 --show-cursor"))[1]
    idle, host = NEAR["4"] + ":8901", NEAR["4"] + ":8900"
    close_both(connect(1, "", "near", NEAR["4"], 8901))
    sh("conntrack -D -p tcp --dport 8901 2>/dev/null", check=False)
    pairs, began = connect(8, "", "near", NEAR["4"], 8900), time.monotonic()
    kept = dial_nobody(2, "", NEAR["4"])
    phases, last = [], scrape()
    for seconds in (0, 3600, -3600, 2, -2):
        time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
        phase = [time.time(), 0]
        half = connect(2, "", "near", NEAR["4"], 8902)
        for one, _ in half:
            one.close()
        kept += half
        close_both(connect(3, "", "near", NEAR["4"], 8903) + [pairs.pop()])
        agree()
        last = never_back(last, scrape())
        assert 0 <= total(last, "conntrack_exporter_last_resync_age_seconds") < 60, "age of the comparison"
        until(lambda: compared_within(phase[0]))
        assert any(("host", idle) in labels for _, labels in last), f"{idle} has gone after {seconds} s"
        phase[1] = time.time()
        phases.append(phase)
    close_both(pairs + kept[2:])
    until(lambda: equal(total(scrape(), "conntrack_connections_ended_total", host=host), 8, "ended"))
    last = never_back(last, scrape())
    times_are_sane(last, host, time.monotonic() - began)
    events_are_in(phases, cursor, time.monotonic() - began)
    restart(OPTIONS)
    return "ok"


def compared_within(begin):
    told = [value for (name, _), value in scrape().items() if name == "conntrack_exporter_last_resync_timestamp_seconds"]
    assert begin - 1 <= told[0] <= time.time() + 1, f"a comparison at {told[0]}, the clock shows {time.time()}"


def never_back(before, after):
    """The later scrape, of which no counter and no bucket is lower or gone."""
    for key, value in before.items():
        if re.search("_(total|count|sum|bucket|created)$", key[0]):
            assert after.get(key, -1) >= value, f"{key[0]} {dict(key[1])}: {value}, then {after.get(key)}"
    return after


def times_are_sane(series, host, longest):
    for name, least in (("conntrack_setup_seconds", 0), ("conntrack_duration_seconds", 8)):
        counted = total(series, name + "_count", host=host)
        seconds = sum(value for (found, labels), value in series.items() if found == name + "_sum" and ("host", host) in labels)
        assert counted >= least and 0 <= seconds <= counted * longest, f"{name}: {counted}, {seconds} s in {longest} s"
        print(f"TRACE {name} of {host}: {counted}, {seconds} s together, in {longest:.0f} s")
    for (name, labels), value in series.items():
        if name.endswith("_seconds_sum"):
            assert value >= 0, f"{name} {dict(labels)}: {value}"


def events_are_in(phases, cursor, longest):
    """Each event has a time that the clock showed, and no connection lived longer than the case."""
    lines = sh(f"journalctl -u {SERVICE} --after-cursor='{cursor}' -o cat").splitlines()
    events = [json.loads(line) for line in lines if line.startswith('{"event_type"')]
    assert len(events) > 50, f"{len(events)} events are logged"
    for event in events:
        at = datetime.datetime.fromisoformat(event["timestamp"][:26] + "+00:00").timestamp()
        assert any(begin - 20 <= at <= end + 20 for begin, end in phases), f"{event}, clock {phases}"
        for key in ("setup_seconds", "duration_seconds"):
            if "8901" not in event["remote_host"]:
                assert 0 <= event.get(key, 0) <= longest + 60, event


CASE_LIST = [
    ("installed and started, `Type=notify`", install_and_start),
    ("upgraded from an older package", upgrade),
    ("four states, both families, three directions", four_states),
    ("outcomes", outcome_case),
    ("bytes and times", accounting_and_times),
    ("an overrun", overrun),
    ("the hash table is resized", resize),
    ("a flowtable", flowtable),
    ("zones", zones),
    ("VRF", vrf),
    ("SCTP", sctp),
    ("`--netns`", netns),
    ("`nf_conntrack_events` 0, 1, 2", events_setting),
    ("the clock is set an hour ahead, and back", clock_steps),
    ("`check`", check),
    ("a socket unit", socket_unit),
    ("TLS by `LoadCredential=`", credentials),
    ("reload, stop, start", reload_and_stop),
    ("watchdog", watchdog),
    ("the journal has no trace", journal),
]


def main():
    wanted = open(CASES + "/only").read().split() if os.path.exists(CASES + "/only") else []
    print(f"KERNEL|{KERNEL}", flush=True)
    for name, case in CASE_LIST:
        if wanted and case.__name__ not in wanted and case is not install_and_start:
            continue
        begun = time.monotonic()
        try:
            result = case()
        except Exception as failure:
            result = "FAILED " + " ".join(str(failure).split())[:600]
            print("TRACE " + traceback.format_exc().replace("\n", "\nTRACE "), flush=True)
            print("TRACE " + sh(f"journalctl -u {SERVICE} -n 8 --no-pager -o cat", check=False).replace("\n", "\nTRACE "))
        print(f"CASE|{name}|{result}|{time.monotonic() - begun:.0f}", flush=True)
    print("END", flush=True)


main()
