#!/usr/bin/env python3
"""Boots each kernel of the matrix in qemu with the package installed, runs the cases, and prints one table.

usage: matrix.py PACKAGE [--arch=arm64] [--previous=PACKAGE] [--record] [--only=CASE,...] [--docs] SUITE...

Builds the disk if it is not there. Emulates one machine at a time. With --record the table goes into
docs/reliability.md. With --docs the cases are the blocks of commands in the documents that need systemd, and --only has
words of these.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent / "target" / "vm"
DOCUMENT = HERE.parent.parent / "docs" / "reliability.md"
LONGEST_S = {"amd64": 1800, "arm64": 5400}
CONSOLE = {"amd64": "ttyS0", "arm64": "ttyAMA0"}
# One thread for both processors: with two, the JVM ended three times in some hundred starts, each time at the first
# instruction of a method just compiled. That is code that another processor wrote.
MACHINE = {
    "amd64": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "max"],
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"],
}
BEGIN, END = "<!-- make test-vm writes from here -->", "<!-- to here -->"


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, **options)


def lower_version(package, folder):
    """The same package with a version below its own, for the upgrade."""
    root = folder / "root"
    run("dpkg-deb", "-R", package, root)
    control = root / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: (.*)$", r"Version: \1~~previous", control.read_text()))
    run("dpkg-deb", "-Znone", "--build", root, folder / "previous.deb", stdout=subprocess.DEVNULL)
    shutil.rmtree(root)
    return folder / "previous.deb"


def folder_of(arguments):
    return FOLDER if arguments.arch == "amd64" else FOLDER / arguments.arch


def cases_disk(arguments):
    """A disk with the packages and the cases."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        content = folder / "content"
        (content / "previous").mkdir(parents=True)
        if arguments.docs:
            return documents_disk(arguments, content)
        shutil.copy(arguments.package, content)
        shutil.copy(HERE / "run.py", content)
        shutil.copy(arguments.previous or lower_version(arguments.package, folder), content / "previous")
        # For what speaks TLS: the machine has no openssl.
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", content / "server.key", "-out", content / "server.crt",
            stderr=subprocess.DEVNULL)
        if arguments.only:
            (content / "only").write_text(arguments.only.replace(",", " "))
        make_disk(arguments, content)


def make_disk(arguments, content):
    disk = folder_of(arguments) / "cases.img"
    disk.unlink(missing_ok=True)
    run("mke2fs", "-q", "-t", "ext4", "-d", content, disk, "400M")


def documents_disk(arguments, content):
    """A disk with a clone, in which the package is built."""
    clone = content / "clone"
    run("git", "clone", "--quiet", "--depth=1", HERE.parent.parent.as_uri(), clone)
    # Today's, committed or not.
    shutil.copytree(HERE.parent / "docs-test", clone / "packaging" / "docs-test", dirs_exist_ok=True)
    (clone / "packaging" / "target" / "dist").mkdir(parents=True)
    shutil.copy(arguments.package, clone / "packaging" / "target" / "dist")
    command = ["python3", "-u", "/root/clone/packaging/docs-test/run.py", "vm", *(arguments.only or "").split()]
    (content / "run.py").write_text(
        "import os, shutil\n"
        "shutil.copytree('/mnt/cases/clone', '/root/clone', symlinks=True)\n"
        "os.environ.update(HOME='/root', LANG='C.UTF-8')\n"
        f"os.execvp('python3', {command})\n")
    make_disk(arguments, content)


def boot(suite, arguments):
    """Runs the cases on a suite's kernel. Returns its release, what each case said, and whether all ran.

    What was said is kept. If only some cases run, the rest is what the last run said.
    """
    folder, arch = folder_of(arguments), arguments.arch
    run_of = f"documents-{suite}" if arguments.docs else suite
    log = folder / f"{run_of}.log"
    command = ["nice", "-n3"] + MACHINE[arch] + ["-accel", "tcg,thread=single", "-smp", "2"]
    command += ["-m", "2048", "-nographic", "-no-reboot", "-nic", "none", "-kernel", folder / f"{suite}.vmlinuz"]
    command += ["-initrd", folder / f"{suite}.initrd"]
    command += ["-append", f"root=/dev/vda rw console={CONSOLE[arch]} quiet systemd.show_status=0"]
    for disk in ("disk.img", "cases.img"):
        command += ["-drive", f"file={folder / disk},if=virtio,format=raw,snapshot=on"]
    began = time.monotonic()
    with log.open("w") as out:
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=LONGEST_S[arch])
        except subprocess.TimeoutExpired:
            print(f"{suite}: stopped after {LONGEST_S[arch]} s", file=sys.stderr)
    text = log.read_text(errors="replace")
    kernel = re.search(r"KERNEL\|(\S+)", text)
    cases = dict(re.findall(r"CASE\|([^|]*)\|([^|]*)\|\d+", text))
    print(f"{suite}: {kernel[1] if kernel else 'no kernel'}, {len(cases)} cases in {time.monotonic() - began:.0f} s, log {log}")
    for name, result in cases.items():
        print(f"  {name}: {result}")
    complete = kernel and re.search(r"(^|: )END\s", text)
    kept = folder / f"{run_of}.json"
    if arguments.only and kept.exists():
        cases = json.loads(kept.read_text()) | cases
    kept.write_text(json.dumps(cases, indent=1))
    return (kernel[1] if kernel else suite), cases, bool(complete)


def table(machines):
    names = list(dict.fromkeys(name for _, cases, _ in machines for name in cases))
    short = [re.match(r"[\d.]+", release)[0] for release, _, _ in machines]
    lines = ["| | " + " | ".join(short) + " |", "|---|" + "---|" * len(machines)]
    for name in names:
        cells = [cases.get(name, "not run").replace("|", "/") for _, cases, _ in machines]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def record(text):
    revision = run("git", "-C", HERE, "rev-parse", "--short=7", "HEAD", capture_output=True).stdout.strip()
    today = datetime.date.today()
    when = f"The matrix was run last on {today.day} {today:%B %Y}, of revision {revision}."
    document = DOCUMENT.read_text()
    before, rest = document.split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{when}\n\n{text}\n{END}{after}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("package")
    parser.add_argument("--arch", choices=MACHINE, default="amd64")
    parser.add_argument("--previous")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("suites", nargs="+")
    arguments = parser.parse_args()
    folder = folder_of(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    if not all((folder / name).exists() for name in ["disk.img"] + [s + ".vmlinuz" for s in arguments.suites]):
        run("nice", "env", "ARCH=" + arguments.arch, HERE / "build-disk.sh", folder, *arguments.suites, stdout=sys.stderr)
    cases_disk(arguments)
    machines = [boot(suite, arguments) for suite in arguments.suites]
    if not arguments.docs:
        print(table(machines))
    if arguments.record:
        record(table(machines))
    failed = [suite for suite, (_, cases, complete) in zip(arguments.suites, machines)
              if not complete or any(result.startswith("FAILED") for result in cases.values())]
    if failed:
        sys.exit("matrix.py: not as expected on " + ", ".join(failed))


main()
