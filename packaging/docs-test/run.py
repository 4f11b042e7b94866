#!/usr/bin/env python3
"""Runs the commands of README.md and docs: each block ```sh or ```console, in the order of the documents, in the
clone that this file is in. blocks.toml says what a block needs. Only for a place that may be thrown away:
enter.sh makes a clone or a container, packaging/vm/matrix.py a virtual machine.

usage: run.py clone|container|vm|list [WORD...]   with words only the blocks that have one of them, and the first that installs
"""

import contextlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACES = ["clone", "container", "vm"]
BLOCK = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEYS = {"has", "where", "excused", "not_run", "begins", "terminal", "net", "before", "after", "seconds", "exit"}
SLOW = os.environ.get("SLOW") == "yes"


def blocks():
    """Document, line and commands of each block."""
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = document.read_text()
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{document.relative_to(ROOT)}:{line}", typed(found.group(1))


def typed(block):
    """Of a console, what is typed."""
    if block.startswith(("$ ", "# ")):
        block = "".join(line[2:] for line in block.splitlines(True) if line[:2] in ("$ ", "# "))
    return block.splitlines()


def wishes():
    """What blocks.toml says, which may be about several blocks with the same command."""
    wanted = tomllib.loads((HERE / "blocks.toml").read_text())["block"]
    for wish in wanted:
        unknown = set(wish) - KEYS
        assert not unknown, f"blocks.toml: {wish['has']}: unknown keys {unknown}"
    return wanted


def matched(lines, prefixes):
    return [line for line in lines if any(line.startswith(prefix) for prefix in prefixes)]


def of_line(line, table):
    """The value whose key the line begins with, if any."""
    return next((value for prefix, value in table.items() if line.startswith(prefix)), None)


def left_out(line, wish, place):
    """Why the line is not run in this place, if so."""
    entry = of_line(line, wish.get("not_run", {}))
    if entry is None:
        return None
    where, reason = entry.split(": ", 1)
    return reason if place in where.split(",") or where == "all" or where == "quick" and not SLOW else None


def script(lines, wish):
    """The commands, with what stands before and behind them."""
    commands = []
    for line in lines:
        until = of_line(line, wish.get("begins", {}))
        if any(line.startswith(prefix) for prefix in wish.get("terminal", [])):
            line = "terminal " + shlex.quote(line)
        commands.append(line if until is None else f"begin {shlex.quote(line)} {shlex.quote(until)}")
    return "\n".join([f". {HERE}/tools.sh", wish.get("before", ""), *commands, wish.get("after", "")])


def run(lines, wish):
    """Exit code and output of the commands. They have no terminal: curl asks its input for a password."""
    command = ["bash", "-euo", "pipefail", "-c", script(lines, wish)]
    net = wish.get("net")
    if net == "own":
        command = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh", *command]
    # The machine has none.
    if net == "outside" and os.path.exists("/run/outside"):
        command = ["nsenter", "--net=/run/outside", *command]
    seconds = wish.get("seconds", 300)
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    try:
        output = child.communicate(timeout=seconds)[0]
        return child.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        kill(child.pid)
        return -1, child.communicate()[0].decode(errors="replace") + f"\nno end after {seconds} s"
    finally:
        kill(child.pid)


def kill(group):
    """What a block left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, 9)


def serve():
    """The exporter that documents ask, once it is installed. In the machine systemd starts it. It ends with this script."""
    program = subprocess.Popen(["conntrack-exporter"], stderr=subprocess.DEVNULL)
    for _ in range(200):
        if subprocess.run(["curl", "-fsS", "-o", "/dev/null", "http://localhost:9318/-/ready"],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return program
        time.sleep(0.3)
    program.terminate()
    sys.exit("the exporter does not become ready")


def plan(place, words):
    """What is run: name, lines, wish. Tells what is not."""
    wanted, used, problems = wishes(), set(), 0
    for name, lines in blocks():
        mine = [number for number, wish in enumerate(wanted) if matched(lines, [wish["has"]])]
        # "make chaos" is no entry for make chaos-random.
        mine = max(mine, key=lambda number: len(wanted[number]["has"]), default=None)
        used.add(mine)
        wish = wanted[mine] if mine is not None else {}
        title = f"{name}  {lines[0]}"
        installs = name.startswith("README.md") and lines[0] == "make deb"
        if words and not installs and not any(word in line for word in words for line in lines):
            continue
        where = wish.get("where", PLACES[:2])
        if "excused" in wish:
            print(f"excused   {title}  ({wish['excused']})")
        elif place != "list" and place not in where:
            print(f"elsewhere {title}  ({', '.join(where)})")
        elif not [line for line in lines if not left_out(line, wish, place)]:
            print(f"not run   {title}  ({left_out(lines[0], wish, place)})")
        else:
            yield title, lines, wish
    for number in set(range(len(wanted))) - used:
        problems += 1
        print(f"FAILED    blocks.toml tells of what is not there: {wanted[number]['has']}")
    if problems:
        yield "blocks.toml", [], None


def main():
    place, words = sys.argv[1], sys.argv[2:]
    program, ran, failed = None, 0, 0
    if place in PLACES:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if place == "vm":
        print(f"KERNEL|{os.uname().release}", flush=True)
    for title, lines, wish in plan(place, words):
        if wish is None:
            failed += 1
            continue
        chosen = [line for line in lines if not left_out(line, wish, place)]
        ran += 1
        if place == "list":
            print(f"runs      {title}  ({', '.join(wish.get('where', PLACES[:2]))})")
            continue
        if program is None and place != "vm" and os.path.exists("/usr/bin/conntrack-exporter"):
            program = serve()
        began = time.monotonic()
        code, output = run(chosen, wish)
        good = code in wish.get("exit", [0])
        failed += not good
        took = time.monotonic() - began
        print(f"{'ok       ' if good else 'FAILED   '} {title}  {took:.0f} s", flush=True)
        for line in lines:
            if line not in chosen:
                print(f"            not {line}  ({left_out(line, wish, place)})")
        if not good:
            print(f"exit code {code}\n{output[-3000:]}", flush=True)
        if place == "vm":
            print("TRACE " + output[-1500:].replace("\n", "\nTRACE "))
            print(f"CASE|{title.replace('|', '/')}|{'ok' if good else 'FAILED'}|{took:.0f}", flush=True)
    if program is not None:
        program.terminate()
        program.wait()
    print(f"{ran} blocks run, {failed} failures")
    if place == "vm":
        print("END", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
