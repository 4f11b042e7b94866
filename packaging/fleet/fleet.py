#!/usr/bin/env python3
"""Runs a fleet on this machine: hosts in network namespaces, an exporter on each, real connections between them,
one Prometheus that scrapes all and writes on to VictoriaMetrics. Prints what it costs, and whether both ends of
every connection count the same.

usage: fleet.py [--hosts=50] [--peers=10] [--interval=10] [--seconds=300] [--victoria=PROGRAM] [--prometheus=PROGRAM]

The program is that in the folder $IMAGE, by default what "make build" has built.

All of it runs in namespaces of its own. When the first process inside ends, the kernel ends all others there, and
then the hosts, their links and mounts. Exit code 0: all agrees; 1: something does not; 2: it could not run.
"""

import argparse
import ctypes
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = pathlib.Path(os.environ.get("IMAGE", HERE.parent / "target" / "conntrack-exporter"))
EXPORTER = IMAGE / "bin" / "conntrack-exporter"
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
MONITOR = "10.77.0.1"
EXPORTER_PORT, SERVICE_PORT, CLOSED_PORT = 9318, 8000, 9
PROMETHEUS, VICTORIA = "http://127.0.0.1:9090", "http://127.0.0.1:8428"
STARTING_AT_ONCE = 4
START_LIMIT_S = 300
SETTLE_LIMIT_S = 60
# What each host opens anew, and how many of these go to a port on which nobody listens.
CONNECTIONS_PER_SECOND = 2
REFUSED_ONE_IN = 20
PERSISTENT_PER_PEER = 2
MAX_HOSTS = 250
MIB = 1024 * 1024

# What the client's exporter tells of a server, and the server's of a client.
METRICS = [
    "conntrack_open_connections",
    "conntrack_connections_opened_total",
    'conntrack_connections_ended_total{reason="closed"}',
    'conntrack_connections_failed_total{reason="refused"}',
]


def stop(message):
    print(message, file=sys.stderr)
    sys.exit(2)


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--peers", type=int, default=10, help="to how many others each connects")
    parser.add_argument("--interval", type=int, default=10, help="of scrapes, in seconds")
    parser.add_argument("--seconds", type=int, default=300, help="how long to measure")
    parser.add_argument("--prometheus", default="prometheus")
    parser.add_argument("--victoria", default="victoria-metrics")
    parser.add_argument("--inside", type=pathlib.Path, help=argparse.SUPPRESS)
    found = parser.parse_args()
    if not 2 <= found.hosts <= MAX_HOSTS:
        stop(f"--hosts={found.hosts} is not from 2 to {MAX_HOSTS}.")
    if not 1 <= found.peers < found.hosts:
        stop(f"--peers={found.peers} is not from 1 to {found.hosts - 1}, one less than --hosts.")
    if not 1 <= found.interval <= found.seconds / 4:
        stop(f"--interval={found.interval} is not from 1 to a quarter of --seconds={found.seconds}.")
    if os.geteuid() != 0:
        stop("Only root may make network namespaces: run it with sudo.")
    if not EXPORTER.exists():
        stop("The program is not built yet. Build it: make build")
    for program, package in [(found.prometheus, "prometheus"), (found.victoria, "victoria-metrics"),
                             ("ip", "iproute2"), ("nft", "nftables"), ("nsenter", "util-linux"),
                             ("setpriv", "util-linux")]:
        if not shutil.which(program):
            stop(f"{program} is missing. Debian: apt-get install {package}")
    return found


def address(host):
    return f"10.77.1.{host}"


def netns(host):
    return f"/run/netns/h{host}"


def sh(script):
    subprocess.run(["sh", "-euc", script], check=True, stdout=subprocess.DEVNULL)


def make_hosts(count):
    """The monitor routes between the hosts, so that each has one neighbour: the kernel's limit of neighbours is
    for all namespaces together. Only the hosts track connections."""
    sh(f"""mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns
        ip link set lo up; ip address add {MONITOR}/32 dev lo; echo 1 >/proc/sys/net/ipv4/ip_forward
        nft "table inet fleet {{ counter scrapes {{ }};
          chain in {{ type filter hook input priority 0; tcp sport {EXPORTER_PORT} counter name scrapes; }};
          chain out {{ type filter hook output priority 0; tcp dport {EXPORTER_PORT} counter name scrapes; }}; }}" """)
    for host in range(1, count + 1):
        sh(f"""ip netns add h{host}
            ip link add v{host} type veth peer name eth0 netns h{host}
            ip link set v{host} up; ip route add {address(host)} dev v{host} src {MONITOR}
            nsenter --net={netns(host)} sh -euc '
            ip link set lo up; ip address add {address(host)}/32 dev eth0; ip link set eth0 up
            ip route add {MONITOR} dev eth0; ip route add default via {MONITOR}
            nft "table inet track {{ chain in {{ type filter hook input priority 0; ct state new; }};
              chain out {{ type filter hook output priority 0; ct state new; }}; }}"
            echo 1 >/proc/sys/net/netfilter/nf_conntrack_events'""")


def enter(path):
    """Moves the calling thread there. Sockets stay where they were made."""
    with open(path, "rb") as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns({path})")


class Traffic(threading.Thread):
    """Opens, uses and closes connections between the hosts, one after the other, until it is told to stop."""

    def __init__(self, hosts, peers):
        super().__init__(daemon=True)
        self.hosts, self.peers = hosts, peers
        self.servers, self.kept, self.opened = {}, [], 0
        self.failure, self.ending, self.kept_all = None, threading.Event(), threading.Event()

    def peer(self, host, step):
        return (host + step % self.peers) % self.hosts + 1

    def connect(self, host, to):
        enter(netns(host))
        client = socket.create_connection((address(to), SERVICE_PORT), timeout=10)
        server = self.servers[to].accept()[0]
        client.sendall(b"question")
        server.sendall(server.recv(100))
        client.recv(100)
        self.opened += 1
        return client, server

    def refused(self, host, to):
        enter(netns(host))
        try:
            socket.create_connection((address(to), CLOSED_PORT), timeout=10).close()
            raise AssertionError(f"port {CLOSED_PORT} of host {to} is not closed")
        except ConnectionRefusedError:
            pass

    def run(self):
        try:
            self.listen()
            self.work()
        except BaseException as e:  # pylint: disable=broad-except
            self.failure = e

    def listen(self):
        for host in range(1, self.hosts + 1):
            enter(netns(host))
            self.servers[host] = socket.create_server((address(host), SERVICE_PORT), backlog=64)
        for host in range(1, self.hosts + 1):
            for step in range(self.peers * PERSISTENT_PER_PEER):
                self.kept.append(self.connect(host, self.peer(host, step)))
        self.kept_all.set()

    def work(self):
        step, began = 0, time.monotonic()
        while not self.ending.is_set():
            for host in range(1, self.hosts + 1):
                to = self.peer(host, step + host)
                if (step + host) % REFUSED_ONE_IN == 0:
                    self.refused(host, to)
                for end in self.connect(host, to):
                    end.close()
            step += 1
            self.ending.wait(max(0.0, began + step / CONNECTIONS_PER_SECOND - time.monotonic()))

    def end(self):
        self.ending.set()
        self.join(30)
        if self.failure or self.is_alive():
            raise RuntimeError(f"the traffic failed: {self.failure or 'it does not end'}")


class Exporters:
    """One on each host, a few started at a time."""

    def __init__(self, count, folder):
        self.processes = {}
        for host in range(1, count + 1):
            with open(folder / f"exporter{host}.log", "wb") as log:
                self.processes[host] = subprocess.Popen(
                    ["nsenter", f"--net={netns(host)}", EXPORTER, f"--listen-port={EXPORTER_PORT}"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.await_ready(host - STARTING_AT_ONCE)
        for host in range(count - STARTING_AT_ONCE + 1, count + 1):
            self.await_ready(host)

    def await_ready(self, host):
        if host in self.processes:
            await_answer(f"http://{address(host)}:{EXPORTER_PORT}/-/ready", self.processes[host])

    def resident_kib(self):
        return [status(process.pid, "VmRSS") for process in self.processes.values()]

    def cpu_seconds(self):
        return sum(cpu_seconds(process.pid) for process in self.processes.values())


def status(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise KeyError(field)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read()


def await_answer(url, process):
    until = time.monotonic() + START_LIMIT_S
    while True:
        try:
            return get(url)
        except OSError as e:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args} has ended with exit code {process.returncode}") from e
            if time.monotonic() > until:
                raise RuntimeError(f"no answer from {url} within {START_LIMIT_S} s: {e}") from e
            time.sleep(0.2)


def query(server, text):
    """The answer as a list of (labels, value). What is asked is as of now, with no offset for late samples."""
    moment = {"query": text, "time": f"{time.time():.3f}", "nocache": 1}
    found = json.loads(get(f"{server}/api/v1/query?{urllib.parse.urlencode(moment)}"))
    return [(each["metric"], float(each["value"][1])) for each in found["data"]["result"]]


def one(server, text):
    found = query(server, text)
    return found[0][1] if found else 0.0


def start_monitor(options, folder):
    targets = json.dumps([f"{address(host)}:{EXPORTER_PORT}" for host in range(1, options.hosts + 1)])
    (folder / "prometheus.yml").write_text(f"""
global: {{ scrape_interval: {options.interval}s, scrape_timeout: {options.interval}s }}
scrape_configs:
  - {{ job_name: conntrack, static_configs: [ {{ targets: {targets} }} ] }}
remote_write:
  - {{ url: "{VICTORIA}/api/v1/write" }}
""", encoding="ascii")
    processes = []
    for command in [
            [options.victoria, f"-storageDataPath={folder}/victoria", "-httpListenAddr=127.0.0.1:8428",
             "-search.latencyOffset=0s", "-retentionPeriod=1"],
            [options.prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/prometheus",
             "--web.listen-address=127.0.0.1:9090", "--web.enable-admin-api"]]:
        with open(folder / (pathlib.Path(command[0]).name + ".log"), "wb") as log:
            processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    await_answer(f"{VICTORIA}/health", processes[0])
    await_answer(f"{PROMETHEUS}/-/ready", processes[1])
    return processes


def wire_bytes():
    """What scrapes have received and sent, with the headers of TCP and IP."""
    listed = subprocess.run(["nft", "-j", "list", "counter", "inet", "fleet", "scrapes"], check=True,
                            stdout=subprocess.PIPE).stdout
    return next(each["counter"]["bytes"] for each in json.loads(listed)["nftables"] if "counter" in each)


def own_metrics(server):
    """What a monitor tells of itself: names with their labels, as they stand there."""
    lines = get(f"{server}/metrics").decode().splitlines()
    return {name: float(value) for name, _, value in
            (line.rpartition(" ") for line in lines if line and not line.startswith("#"))}


def total(metrics, name, label=""):
    return sum(value for key, value in metrics.items() if key.partition("{")[0] == name and label in key)


def views(metric):
    """The client's view of each pair of hosts, and the server's, with the labels from and to: docs/capacity.md."""
    name, _, labels = metric.rstrip("}").partition("{")
    more = f",{labels}" if labels else ""
    own = '"$1", "instance", "(.+):.*"'
    client = (f'sum by (from, to) (label_replace(label_replace({name}{{host=~".+:[0-9]+"{more}}}, '
              f'"to", "$1", "host", "(.+):.*"), "from", {own}))')
    server = (f'sum by (from, to) (label_replace(label_replace({name}{{host!~".+:[0-9]+|other|{MONITOR}"{more}}}, '
              f'"from", "$1", "host", "(.+)"), "to", {own}))')
    return client, server


def agreement(server, metric):
    """How many pairs both ends tell alike, and the pairs that they do not."""
    ours, theirs = views(metric)
    at_client = {(each["from"], each["to"]): value for each, value in query(server, ours)}
    at_server = {(each["from"], each["to"]): value for each, value in query(server, theirs)}
    differ = {pair: (at_client.get(pair), at_server.get(pair)) for pair in at_client.keys() | at_server.keys()
              if at_client.get(pair) != at_server.get(pair)}
    return len(at_client) - len(differ.keys() & at_client.keys()), differ, sum(at_client.values())


def check_agreement(options, traffic):
    """With the traffic stopped both ends must tell the same, in Prometheus and in VictoriaMetrics."""
    pairs, sound = options.hosts * options.peers, True
    for server, title in [(PROMETHEUS, "Prometheus"), (VICTORIA, "VictoriaMetrics")]:
        for metric in METRICS:
            until = time.monotonic() + SETTLE_LIMIT_S
            while True:
                agreeing, differ, value = agreement(server, metric)
                complete = "opened" not in metric or value == traffic.opened
                expected = agreeing > 0 if "refused" in metric else agreeing == pairs
                if (expected and complete and not differ) or time.monotonic() > until:
                    break
                time.sleep(1)
            good = expected and complete and not differ
            sound = sound and good
            row(f"{title}: {metric}", f"{agreeing} pairs agree, {len(differ)} differ, sum {value:.0f}"
                + ("" if good else "  WRONG"))
            for pair, values in list(differ.items())[:5]:
                print("  ", pair, "client tells", values[0], "server tells", values[1])
    return sound


def row(name, value):
    print(f"{name:<76} {value}", flush=True)


def measure(options, exporters, monitors):
    """Two looks, and what lies between them."""
    def look():
        return {
            "time": time.monotonic(), "cpu": exporters.cpu_seconds(),
            "prometheus_cpu": cpu_seconds(monitors[1].pid), "victoria_cpu": cpu_seconds(monitors[0].pid),
            "wire": wire_bytes(), "own": own_metrics(PROMETHEUS),
            "scrapes": one(PROMETHEUS, "sum(conntrack_exporter_scrapes_total)"),
            "bytes": one(PROMETHEUS, "sum(conntrack_exporter_scrape_bytes_total)")}

    before = look()
    time.sleep(options.seconds)
    after = look()
    seconds = after["time"] - before["time"]

    def more(name):
        return total(after["own"], name) - total(before["own"], name)

    resident = exporters.resident_kib()
    series = [value for _, value in query(PROMETHEUS, 'scrape_samples_scraped{job="conntrack"}')]
    sent, sent_bytes = more("prometheus_remote_storage_samples_total"), more("prometheus_remote_storage_bytes_total")
    plain = len(get(f"http://{address(1)}:{EXPORTER_PORT}/metrics"))
    scrapes = max(1.0, after["scrapes"] - before["scrapes"])
    print()
    row("hosts, peers of each, connections a second of each",
        f"{options.hosts}, {options.peers}, {CONNECTIONS_PER_SECOND}")
    row("scrape interval, measured for", f"{options.interval} s, {seconds:.0f} s")
    row("exporter: resident memory, MiB: least, mean, most",
        f"{min(resident) / 1024:.0f}, {sum(resident) / len(resident) / 1024:.0f}, {max(resident) / 1024:.0f}")
    row("exporter: CPU, percent of a core, mean",
        f"{100 * (after['cpu'] - before['cpu']) / seconds / options.hosts:.2f}")
    row("exporter: series, least, mean, most",
        f"{min(series):.0f}, {sum(series) / len(series):.0f}, {max(series):.0f}")
    row("exporter: bytes of a scrape: text, with gzip, on the wire with headers",
        f"{plain}, {(after['bytes'] - before['bytes']) / scrapes:.0f}, "
        f"{(after['wire'] - before['wire']) / scrapes:.0f}")
    row("Prometheus: samples a second", f"{more('prometheus_tsdb_head_samples_appended_total') / seconds:.0f}")
    row("Prometheus: series in the head", f"{total(after['own'], 'prometheus_tsdb_head_series'):.0f}")
    row("Prometheus: resident memory, MiB; CPU, percent of a core",
        f"{status(monitors[1].pid, 'VmRSS') / 1024:.0f}; "
        f"{100 * (after['prometheus_cpu'] - before['prometheus_cpu']) / seconds:.1f}")
    row("remote write: samples a second; bytes a second; bytes a sample",
        f"{sent / seconds:.0f}; {sent_bytes / seconds:.0f}; {sent_bytes / max(1.0, sent):.2f}")
    row("remote write: samples that failed or were dropped",
        f"{sum(more(f'prometheus_remote_storage_samples_{fate}_total') for fate in ('failed', 'dropped')):.0f}")
    row("VictoriaMetrics: resident memory, MiB; CPU, percent of a core",
        f"{status(monitors[0].pid, 'VmRSS') / 1024:.0f}; "
        f"{100 * (after['victoria_cpu'] - before['victoria_cpu']) / seconds:.1f}")
    window = f'{{job="conntrack"}}[{seconds:.0f}s]'
    row("scrapes, and how many of them failed",
        f"{one(PROMETHEUS, f'sum(count_over_time(up{window}))'):.0f}, "
        f"{one(PROMETHEUS, f'sum(count_over_time(up{window}) - sum_over_time(up{window}))'):.0f}")


def size(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def measure_disk(folder):
    """What a sample takes on disk: in a block of Prometheus, and in the merged parts of VictoriaMetrics."""
    request = urllib.request.Request(f"{PROMETHEUS}/api/v1/admin/tsdb/snapshot", method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        name = json.loads(answer.read())["data"]["name"]
    snapshot = folder / "prometheus" / "snapshots" / name
    samples = sum(json.loads(meta.read_text(encoding="ascii"))["stats"]["numSamples"]
                  for meta in snapshot.glob("*/meta.json"))
    chunks = sum(size(each) for each in snapshot.glob("*/chunks"))
    row("Prometheus: bytes of a sample on disk; with the index",
        f"{chunks / samples:.2f}; {size(snapshot) / samples:.2f}")
    get(f"{VICTORIA}/internal/force_flush")
    get(f"{VICTORIA}/internal/force_merge")
    time.sleep(2)
    own = own_metrics(VICTORIA)
    rows = total(own, "vm_rows", 'type="storage/')
    row("VictoriaMetrics: bytes of a sample on disk; with the index",
        f"{total(own, 'vm_data_size_bytes', 'storage/') / max(1.0, rows):.2f}; "
        f"{total(own, 'vm_data_size_bytes') / max(1.0, rows):.2f}")


def await_all(options, traffic):
    scraped = f'count(max_over_time(up{{job="conntrack"}}[{START_LIMIT_S}s]) == 1)'
    until = time.monotonic() + START_LIMIT_S
    while one(PROMETHEUS, scraped) < options.hosts or not traffic.kept_all.is_set():
        if time.monotonic() > until or traffic.failure:
            raise RuntimeError(f"within {START_LIMIT_S} s {one(PROMETHEUS, scraped):.0f} hosts were scraped, and "
                               f"{traffic.opened} connections opened; traffic: {traffic.failure}")
        time.sleep(0.5)


def inside(options):
    folder = options.inside
    sh(f"mount -t tmpfs tmpfs {folder}")
    began = time.monotonic()
    make_hosts(options.hosts)
    exporters = Exporters(options.hosts, folder)
    traffic = Traffic(options.hosts, options.peers)
    traffic.start()
    monitors = start_monitor(options, folder)
    await_all(options, traffic)
    row("seconds until all hosts were scraped", f"{time.monotonic() - began:.0f}")
    measure(options, exporters, monitors)
    traffic.end()
    measure_disk(folder)
    print()
    return 0 if check_agreement(options, traffic) else 1


def main():
    options = arguments()
    if options.inside:
        sys.exit(inside(options))
    with tempfile.TemporaryDirectory(prefix="fleet") as folder:
        # Should this process be killed, setpriv has unshare killed, and that all inside.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child",
                   "--mount-proc", "--net", sys.executable, os.path.abspath(__file__), *sys.argv[1:],
                   f"--inside={folder}"]
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as e:
        stop(f"The fleet could not run: {e}")
