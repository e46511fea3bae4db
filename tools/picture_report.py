#!/usr/bin/env python3
"""Draws what a command prints on a terminal as an SVG picture.

    python3 tools/picture_report.py OUT.svg COMMAND...

It runs the command on a terminal of 80 columns, so that colours and bars are
those that people see. The picture of the README is made with it.
"""
import os
import pty
import re
import struct
import sys
import termios
from fcntl import ioctl
from xml.sax.saxutils import escape

COLUMNS, WIDTH, HEIGHT, MARGIN = 80, 8.4, 18, 14
STYLES = {"1": "fill:#ffffff;font-weight:bold", "2": "fill:#8b93a7",
          "36": "fill:#5fb3c8", "1;31": "fill:#f0707a;font-weight:bold"}


def run(command):
    """All that it prints, with its escape sequences."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    out = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit(f"{command[0]} failed")
    return out.decode().replace("\r\n", "\n")


def spans(line):
    """(column, style, text) of a line."""
    style, column = None, 0
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if code:
            style = STYLES.get(code.group(1))
            continue
        if piece.strip():
            blanks = len(piece) - len(piece.lstrip())
            yield column + blanks, style, piece.strip()
        column += len(piece)


def draw(text):
    lines = text.rstrip("\n").split("\n")
    width = COLUMNS * WIDTH + 2 * MARGIN
    height = len(lines) * HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
           f'height="{height}" viewBox="0 0 {width:.0f} {height}">')
    yield f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#1e222a"/>'
    yield ('<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" '
           'font-size="14" fill="#d5d9e0" xml:space="preserve">')
    for number, line in enumerate(lines):
        y = MARGIN + number * HEIGHT + 13
        for column, style, part in spans(line):
            shown = f' style="{style}"' if style else ""
            yield (f'<text x="{MARGIN + column * WIDTH:.1f}" y="{y}" textLength='
                   f'"{len(part) * WIDTH:.1f}"{shown}>{escape(part)}</text>')
    yield "</g></svg>"


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("\n".join(draw(run(sys.argv[2:]))) + "\n")


if __name__ == "__main__":
    main()
