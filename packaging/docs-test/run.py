#!/usr/bin/env python3
"""Runs the commands of README.md and docs: each block ```sh or ```console, in a clean clone, in a network
namespace of its own in which the built program runs. A block that cannot run here is excused with a reason in
excused.txt; an excuse that fits no block is an error. Needs root and a built image.

usage: run.py IMAGE [--list]
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXCUSES = pathlib.Path(__file__).with_name("excused.txt")
BLOCK = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 120
# check ends with 1 where the host lacks something. That is an answer, and no failure of the command.
GOOD = {"conntrack-exporter check": (0, 1)}


def blocks():
    """Document, line and commands of each block."""
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = document.read_text()
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield str(document.relative_to(ROOT)), line, found.group(1)


def commands(block):
    """Of a console, what is typed."""
    if block.startswith(("$ ", "# ")):
        return "".join(line[2:] for line in block.splitlines(True) if line[:2] in ("$ ", "# "))
    return block


def excuses():
    lines = [line for line in EXCUSES.read_text().splitlines() if line and not line.startswith("#")]
    return {tuple(line.split("\t")[:2]): line.split("\t")[2] for line in lines}


def run(block, folder, environment):
    """Exit code and output of the commands, in the clone."""
    try:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS, check=False)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as slow:
        return -1, (slow.stdout or b"").decode(errors="replace") + f"\nno end after {SECONDS} s"


def start(image, environment):
    """The exporter that documents ask. It ends with this script."""
    program = subprocess.Popen([image / "bin/conntrack-exporter"], env=environment, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if subprocess.run(["curl", "-fsS", "-o", "/dev/null", "http://localhost:9318/-/ready"],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return program
        time.sleep(0.3)
    program.terminate()
    sys.exit("the exporter does not become ready: " + str(image))


def main():
    image = pathlib.Path(sys.argv[1]).resolve()
    excused = excuses()
    unused, failed, ran = set(excused), 0, 0
    if "--list" not in sys.argv and os.environ.get("DOCS_TEST_INSIDE") != "1":
        # The namespace and what is mounted in it end with this process.
        os.environ["DOCS_TEST_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as work:
        clone = pathlib.Path(work, "clone")
        environment = {"PATH": f"{image}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "HOME": work, "LANG": "C.UTF-8"}
        program = None
        if "--list" not in sys.argv:
            subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            program = start(image, environment)
        try:
            for document, line, block in blocks():
                key = (document, block.splitlines()[0])
                if key in excused:
                    unused.discard(key)
                    print(f"excused {document}:{line}  {key[1]}  ({excused[key]})")
                    continue
                ran += 1
                if program is None:
                    print(f"runs    {document}:{line}  {key[1]}")
                    continue
                code, output = run(commands(block), clone, environment)
                good = code in GOOD.get(block.strip(), (0,))
                print(f"{'ok     ' if good else 'FAILED '} {document}:{line}  {key[1]}")
                if not good:
                    failed += 1
                    print(f"exit code {code}\n{output[-2000:]}")
        finally:
            if program is not None:
                program.terminate()
                program.wait()
    for document, first in sorted(unused):
        failed += 1
        print(f"FAILED  {EXCUSES.name} excuses what is not there: {document}  {first}")
    print(f"{ran} blocks run, {len(excused) - len(unused)} excused, {failed} failures")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
