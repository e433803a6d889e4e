#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""examples - the EXAMPLES of manual pages, to be run

  examples.py DIR PAGE...

Each displayed block becomes two files: DIR/PAGE-N, a script for sh, and
DIR/PAGE-N.out, what it is said to print. In a block with "$ " in front of the
commands the other lines are that; without, all of it is commands.
"""
import os
import re
import sys


def blocks(text):
    """The displays of section EXAMPLES, as a reader sees them."""
    inside, lines = False, None
    for line in text.splitlines():
        if line.startswith(".Sh "):
            inside = line == ".Sh EXAMPLES"
        elif not inside:
            continue
        elif line.startswith(".Dl "):
            yield [line[4:].replace("\\e", "\\")]
        elif line.startswith(".Bd "):
            lines = []
        elif line.startswith(".Ed"):
            yield lines
            lines = None
        elif lines is not None:
            lines.append(re.sub(r"\\&", "", line).replace("\\e", "\\"))


def goes_on(line):
    """Does the command go on behind this line?"""
    quotes = re.sub(r"\\.", "", line)
    return line.endswith(("\\", "|", "&&")) or quotes.count("'") % 2


def split(lines):
    if not any(line.startswith("$ ") for line in lines):
        return lines, []
    commands, output, more = [], [], False
    for line in lines:
        if line.startswith("$ ") or more:
            text = line if more else line[2:]
            commands.append(text)
            more = goes_on(text)
        else:
            output.append(line)
    return commands, output


def main(argv):
    for page in argv[2:]:
        with open(page, encoding="utf-8") as f:
            text = f.read()
        for i, lines in enumerate(blocks(text)):
            base = os.path.join(argv[1], f"{os.path.basename(page)}-{i + 1}")
            commands, output = split(lines)
            with open(base, "w", encoding="utf-8") as f:
                f.write("".join(f"{c}\n" for c in commands))
            with open(base + ".out", "w", encoding="utf-8") as f:
                f.write("".join(f"{c}\n" for c in output))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
