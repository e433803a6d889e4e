#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tab - press TAB in a real shell, and print the line that it makes

  tab.py SETUP SHELL [ARG...] <LINES

SHELL is started on a terminal of its own and given SETUP to execute. Then each
of LINES is typed, and TAB, and the line that is there then is printed: it is
made the argument of an echo. A line may end in "\\t" for one TAB more.
"""
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import fcntl
import time

TIMEOUT = 60


class Shell:
    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb" if argv[0] != "elvish" else "xterm"
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, 400, 0, 0))
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern):
        """The first match of PATTERN in what is printed from here on."""
        end = time.time() + TIMEOUT
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\x1b\][^\a]*\a", "",
                           self.seen)
            found = re.search(pattern, plain)
            if found:
                self.seen = ""
                return found
            if time.time() > end:
                sys.exit(f"no answer; the terminal says:\n{plain}")
            ready, _, _ = select.select([self.fd], [], [], 1)
            if ready:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    sys.exit(f"the shell is gone:\n{plain}")
                # A terminal would say where its cursor is.
                if b"\x1b[6n" in data:
                    self.type("\x1b[1;1R")
                self.seen += data.decode(errors="replace")


def main(argv):
    shell = Shell(argv[2:])
    # What is typed before it reads the terminal, elvish throws away.
    shell.wait(r"[#$%>] ")
    shell.type(argv[1] + "\r")
    shell.type("echo READ''Y\r")
    shell.wait(r"[\r\n]READY")
    home = "\x1b[H" if argv[2] == "elvish" else "\x01"
    for line in sys.stdin:
        line = line.rstrip("\n")
        more = line.endswith("\\t")
        shell.type(line.removesuffix("\\t") + "\t" + ("\t" if more else ""))
        # To the front of the line, and it is an argument.
        shell.type(home + "echo GO''T \r")
        print(shell.wait(r"[\r\n]GOT ([^\r\n]*)[\r\n]").group(1).rstrip())
    os.kill(shell.pid, signal.SIGHUP)
    os.close(shell.fd)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
