#!/usr/bin/env python3
"""Runs a command in a pseudo terminal and shows what a person would see there.

usage: terminal.py ROWS COLUMNS COMMAND...

Takes commands on standard input, a line each, and answers each with a JSON document on a line:
  screen             {"lines": [...], "cursor": true, "alternate": false}
  keys "\\u001bq"     types the keys of the JSON string
  resize ROWS COLUMNS
  signal NAME        to the command, such as TERM
  svg FILE           draws the screen as a picture
  end                waits for the command's end: {"exit": 0, "restored": true, "alternate": false, "cursor": true,
                     "output": "..."}

It knows the few sequences that the command is expected to send, and names others in "unknown".
"""
import codecs, fcntl, json, os, pty, re, select, signal, struct, sys, termios, time, unicodedata

SEQUENCE = re.compile(r"\x1b(?:\[([?>=]?)([0-9;:]*)([@-~])|([=>78])|\(([AB0]))")
COLOURS = {30: "#484f58", 31: "#ff7b72", 32: "#7ee787", 33: "#d29922", 39: None}


class Screen:
    def __init__(self, rows, columns):
        self.unknown, self.rest, self.cursor, self.alternate = [], "", True, False
        self.style = ()
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[(" ", ())] * columns for _ in range(rows)]
        self.row = self.column = 0

    def take(self, text):
        text, self.rest = self.rest + text, ""
        i = 0
        while i < len(text):
            if text[i] == "\x1b":
                found = SEQUENCE.match(text, i)
                if not found:
                    if len(text) - i < 16:
                        self.rest = text[i:]
                    else:
                        self.unknown.append(text[i:i + 16])
                    return
                self.sequence(found)
                i = found.end()
            else:
                self.put(text[i])
                i += 1

    def sequence(self, found):
        mode, numbers, final = found.group(1), found.group(2), found.group(3)
        all = [int(n or 0) for n in numbers.split(";")] if numbers is not None else []
        if final is None:
            return  # keypad and character sets
        if mode == "?":
            if 25 in all:
                self.cursor = final == "h"
            if 1049 in all:
                self.alternate = final == "h"
                self.cells = [[(" ", ())] * self.columns for _ in range(self.rows)]
        elif final == "H":
            self.row = min(self.rows, max(1, all[0])) - 1
            self.column = min(self.columns, max(1, (all + [1])[1])) - 1
        elif final == "K":
            for i in range(self.column, self.columns):
                self.cells[self.row][i] = (" ", ())
        elif final == "J":
            self.cells = [[(" ", ())] * self.columns for _ in range(self.rows)]
        elif final == "m":
            for n in all:
                self.style = () if n == 0 else self.style + (n,)
        elif final not in "thl":
            self.unknown.append(found.group(0))

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.rows - 1, self.row + 1)
        elif character < " ":
            self.unknown.append(character)
        elif unicodedata.combining(character):
            pass
        else:
            width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if self.column + width > self.columns:
                self.unknown.append("a line that is too long")
                return
            self.cells[self.row][self.column] = (character, self.style)
            if width == 2:
                self.cells[self.row][self.column + 1] = ("", self.style)
            self.column += width

    def lines(self):
        return ["".join(c for c, _ in row).rstrip() for row in self.cells]

    def svg(self, file):
        width, height = 9.64 * self.columns + 48, 22 * self.rows + 36
        out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img"' % (width, height),
               '  font-family="ui-monospace, Menlo, Consolas, monospace" font-size="16"',
               '  aria-label="conntrack-exporter top in a terminal">',
               '<rect width="%d" height="%d" rx="10" fill="#1b1f24"/>' % (width, height)]
        for y, row in enumerate(self.cells):
            x = 0
            while x < len(row):
                end = x
                while end < len(row) and row[end][1] == row[x][1]:
                    end += 1
                out += self.run("".join(c for c, _ in row[x:end]), row[x][1], x, end, y)
                x = end
        with open(file, "w") as to:
            to.write("\n".join(out + ["</svg>", ""]))

    @staticmethod
    def run(text, style, x, end, y):
        colour = next((COLOURS.get(n) for n in reversed(style) if n in COLOURS), None)
        fill = colour or ("#8b949e" if 2 in style else "#d0d7de")
        out = []
        if 7 in style:
            out.append('<rect x="%.2f" y="%d" width="%.2f" height="22" fill="#8b949e"/>'
                       % (24 + 9.64 * x, 24 + 22 * y - 4, 9.64 * (end - x)))
            fill = "#0d1117"
        if text.strip():
            bold = ' font-weight="bold"' if 1 in style else ""
            text = text.replace("&", "&amp;").replace("<", "&lt;")
            out.append('<text x="%.2f" y="%d" fill="%s"%s textLength="%.2f" xml:space="preserve">%s</text>'
                       % (24 + 9.64 * x, 40 + 22 * y - 4, fill, bold, 9.64 * (end - x), text))
        return out


def size(descriptor, rows, columns):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    near, far = pty.openpty()
    size(near, rows, columns)
    before = termios.tcgetattr(far)
    child = os.fork()
    if child == 0:
        os.close(near)
        os.login_tty(far) if hasattr(os, "login_tty") else login(far)
        os.execvp(command[0], command)
    screen, output, ended = Screen(rows, columns), bytearray(), None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def pump(seconds):
        """Takes what the command writes for some time; returns when there is a line of commands."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ready, _, _ = select.select([near, sys.stdin], [], [], max(0, until - time.monotonic()))
            if near in ready:
                read()
            if sys.stdin in ready:
                return

    def read():
        data = os.read(near, 65536)
        output.extend(data)
        screen.take(decoder.decode(data))

    while True:
        pump(3600)
        line = sys.stdin.readline()
        if not line:
            break
        word, _, rest = line.strip().partition(" ")
        answer = {}
        while select.select([near], [], [], 0)[0]:
            read()
        if word == "screen":
            answer = {"lines": screen.lines(), "cursor": screen.cursor, "alternate": screen.alternate,
                      "unknown": screen.unknown}
        elif word == "keys":
            os.write(near, json.loads(rest).encode())
        elif word == "resize":
            new_rows, new_columns = map(int, rest.split())
            screen.resize(new_rows, new_columns)
            size(near, new_rows, new_columns)
        elif word == "signal":
            os.kill(child, getattr(signal, "SIG" + rest))
        elif word == "svg":
            screen.svg(rest)
        elif word == "end":
            for _ in range(300):
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    ended = os.waitstatus_to_exitcode(status)
                    break
                if select.select([near], [], [], 0.1)[0]:
                    read()
            while select.select([near], [], [], 0)[0]:
                read()
            answer = {"exit": ended, "restored": termios.tcgetattr(far) == before, "cursor": screen.cursor,
                      "alternate": screen.alternate, "unknown": screen.unknown,
                      "output": output.decode("utf-8", "replace")}
        print(json.dumps(answer), flush=True)
    if ended is None:
        os.kill(child, signal.SIGKILL)


def login(descriptor):
    os.setsid()
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
    for each in range(3):
        os.dup2(descriptor, each)


main()
