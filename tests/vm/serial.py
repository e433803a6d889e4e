# SPDX-License-Identifier: GPL-2.0-only
"""A shell whose bytes go through a serial port. Arguments: what to run."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Terminal, eq  # noqa: E402


def main():
    term = Terminal(sys.argv[1:])
    said = term.prompt()
    if said.count(b"no virtio console") != 1:
        raise AssertionError(f"no warning, or more than one: {said!r}")
    eq(term.becomes_raw(), True)
    eq(term.run(b"stty size"), "30 100\r\n")
    term.resize(77, 22)
    time.sleep(1)
    eq(term.run(b"stty size"), "22 77\r\n")
    term.type(b"sleep 1000\r")
    time.sleep(1)
    term.type(b"\x03")
    term.prompt()
    eq(term.run(b"echo $?"), "130\r\n")
    # Some screens of text, and keys meanwhile.
    text = term.run(b"seq 3000")
    eq(text, "".join(f"{i}\r\n" for i in range(1, 3001)))
    term.type(b"exit 9\r")
    eq(term.end(), 9)
    eq(term.restored(), True)


main()
