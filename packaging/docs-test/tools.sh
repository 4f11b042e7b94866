# What blocks.toml calls around the commands of a block, in bash. Read by run.py.
# shellcheck shell=bash

begun=()
end_begun() {
  # setsid made them groups of their own.
  local pid
  for pid in "${begun[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || :; done
  for pid in "${begun[@]}"; do wait "$pid" 2>/dev/null || :; done
}
trap end_begun EXIT

# Begins a command that runs until a signal, and waits until it prints what matches. It ends with the block.
# usage: begin COMMAND PATTERN
begin() {
  local log tries
  log=$(mktemp)
  setsid bash -euo pipefail -c "$(declare -f terminal); $1" >"$log" 2>&1 </dev/null &
  begun+=($!)
  for ((tries = 0; tries < ${BEGIN_SECONDS:-120} * 2; tries++)); do
    if grep -aEq "$2" "$log"; then
      echo "begun: $1: $(grep -aEm1 "$2" "$log")"
      return
    fi
    kill -0 $! 2>/dev/null || break
    sleep 0.5
  done
  echo "'$1' does not print '$2', but:"
  cat "$log"
  return 1
}

# Runs a command on a terminal of its own, which nobody types at.
terminal() {
  TERM=xterm python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["sh", "-c", sys.argv[1]])))' \
    "stty rows 40 cols 160; $1" </dev/null
}

# Tries a command until it succeeds.
eventually() {
  local tries
  for ((tries = 0; tries < ${SECONDS_AT_MOST:-60}; tries++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  echo "not in ${SECONDS_AT_MOST:-60} s: $*"
  "$@"
}

# Puts ca.crt, and the certificate and key of a server named NAME and of a client, into the current folder.
# usage: certificates NAME
certificates() {
  local new='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
  $new -subj /CN=ca -keyout ca.key -out ca.crt 2>/dev/null
  $new -CA ca.crt -CAkey ca.key -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -addext basicConstraints=critical,CA:FALSE \
    -keyout server.key -out server.crt 2>/dev/null
  $new -CA ca.crt -CAkey ca.key -subj /CN=client -addext basicConstraints=critical,CA:FALSE \
    -keyout client.key -out client.crt 2>/dev/null
}

# Makes /etc/conntrack-exporter/web.yml as docs/security.md has it, but with a hash of the password "secret", which
# htpasswd makes as that page says. The client's files stay in the current folder.
web_config() {
  local folder=/etc/conntrack-exporter
  mkdir -p $folder
  certificates "$1"
  mv server.crt server.key $folder
  cp ca.crt $folder/client-ca.crt
  sed -n '/^### An example/,/^```$/p' docs/security.md | sed -e '1,/^```yaml/d' -e '/^```/d' \
    -e "s,\$2y\$.*,$(htpasswd -nbBC 10 '' secret | tr -d ':\n')," >$folder/web.yml
}

# Another host, NAME at ADDRESS, which this one reaches.
# usage: host NAME ADDRESS
host() {
  ip netns add "${1%%.*}"
  ip link add "to-${1%%.*}" type veth peer name eth0 netns "${1%%.*}"
  ip address add "${2%.*}.254/24" dev "to-${1%%.*}"
  ip link set "to-${1%%.*}" up
  ip -n "${1%%.*}" address add "$2/24" dev eth0
  ip -n "${1%%.*}" link set eth0 up
  ip -n "${1%%.*}" link set lo up
  echo "$2 $1" >>/etc/hosts
}

# Keys of the release, of minisign and of gpg, as the folder's maker has them.
keys() {
  minisign -G -W -f -p conntrack-exporter.pub -s conntrack-exporter.key >/dev/null
  gpg --batch --quiet --list-secret-keys releases@example.com >/dev/null 2>&1 ||
    gpg --batch --quiet --passphrase '' --quick-generate-key releases@example.com
}

# Podman under the name of docker, as Debian's podman-docker has it, for a machine without systemd and registry. The
# image that the Dockerfile builds on is made of Debian's packages.
docker_engine() {
  printf '#!/bin/sh\nexec podman "$@"\n' >/usr/local/bin/docker
  chmod +x /usr/local/bin/docker
  mkdir -p /etc/containers
  cat >/etc/containers/containers.conf <<'CONF'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
CONF
  export BUILDAH_ISOLATION=chroot
  mountpoint -q /var/lib/containers || { mkdir -p /var/lib/containers && mount -t tmpfs tmpfs /var/lib/containers; }
  podman image exists debian:bookworm-slim || {
    nsenter --net=/run/outside mmdebstrap --quiet --variant=minbase --include=libnetfilter-conntrack3,libmnl0 \
      bookworm /tmp/base.tar
    podman import --quiet /tmp/base.tar debian:bookworm-slim
    rm /tmp/base.tar
  }
}

# The C libraries of Fedora by name, for a system whose packages are Debian's: what the package RPM requires.
# usage: fedora_libraries RPM
fedora_libraries() {
  if rpm --query --quiet c-libraries; then return; fi
  {
    printf 'Name: c-libraries\nVersion: 1\nRelease: 1\nSummary: Those of Debian\nLicense: none\nBuildArch: noarch\n'
    rpm --query --package --requires "$1" | grep -v '^\(rpmlib\|config\)(' | sort -u | sed 's/^/Provides: /'
    printf '%%description\nThose of Debian.\n%%files\n'
  } >/tmp/c-libraries.spec
  rpmbuild --quiet -bb --define "_topdir /tmp/rpmbuild" /tmp/c-libraries.spec
  rpm --install --nodeps /tmp/rpmbuild/RPMS/noarch/c-libraries-1-1.noarch.rpm
}

# As much of the API of Kubernetes as tells kubectl of four pods. One has the address of its node, one none.
cluster() {
  cat >/tmp/cluster.py <<'PY'
import http.server, json
def pod(name, address, host=None):
    return {"metadata": {"namespace": "shop", "name": name}, "spec": {"hostNetwork": host} if host else {}, "status": {"podIP": address}}
ANSWERS = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
        {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["get", "list"]}]},
    "/api/v1/pods": {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [
        {"kind": "Pod", "apiVersion": "v1"} | each for each in (
            pod("web-1", "10.244.0.5"), pod("web-2", "2001:db8::5"), pod("node-agent", "10.0.0.1", True), pod("pending", ""))]},
}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = ANSWERS.get(self.path.split("?")[0])
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode())
print("answers", flush=True)
http.server.HTTPServer(("127.0.0.1", 8001), Handler).serve_forever()
PY
  begin 'python3 -u /tmp/cluster.py' answers
  printf 'apiVersion: v1\nkind: Config\nclusters: [{name: it, cluster: {server: "http://127.0.0.1:8001"}}]\n%s\n' \
    'contexts: [{name: it, context: {cluster: it}}]' 'current-context: it' >/tmp/kubeconfig
  export KUBECONFIG=/tmp/kubeconfig
}
