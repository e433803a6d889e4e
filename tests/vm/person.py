# SPDX-License-Identifier: GPL-2.0-only
"""A person at a terminal: a program on a pty, and what becomes of it."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

BOOT_S = 100


def stat(pid):
    """The name, state and parent of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
        return name, rest.split()[0], int(rest.split()[1])
    except (OSError, IndexError):
        return None


def be_a_shell(argv):
    """Run argv as a job, as a shell would, and end as it does."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        # Until the size of the terminal is set.
        time.sleep(0.1)
        os.execvp(argv[0], argv)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


class Terminal:
    """A program whose controlling terminal we are at the other end of."""

    def __init__(self, argv, cols=100, rows=30):
        self.out = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                be_a_shell(argv)
            finally:
                os._exit(127)
        modes = termios.tcgetattr(self.fd)
        # Not what anybody would guess.
        modes[6][termios.VERASE] = b"\x08"
        termios.tcsetattr(self.fd, termios.TCSANOW, modes)
        self.before = termios.tcgetattr(self.fd)
        self.resize(cols, rows)

    def resize(self, cols, rows):
        size = struct.pack("HHHH", rows, cols, 0, 0)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)

    def type(self, keys):
        os.write(self.fd, keys)

    def pump(self, timeout=0.05):
        """Take what comes; False at the end."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        # The shell asks where the cursor is, and a terminal would answer.
        self.out += got.replace(b"\x1b[6n", b"")
        return bool(got)

    def until(self, text, timeout=BOOT_S):
        """Take output up to and with text; it is the answer."""
        end = time.monotonic() + timeout
        while text not in self.out:
            if not self.pump() or time.monotonic() > end:
                raise AssertionError(f"no {text!r} in {self.out!r}")
        at = self.out.index(text) + len(text)
        got, self.out = self.out[:at], self.out[at:]
        return got

    def prompt(self):
        return self.until(b" # ")

    def run(self, line):
        """What a line that is typed at a prompt answers."""
        self.type(line + b"; echo :en''d:\r")
        got = self.until(b":end:\r\n").decode()
        self.prompt()
        return re.sub(r"\A.*?\r\n", "", got, count=1)[: -len(":end:\r\n")]

    def becomes_raw(self, timeout=10):
        cooked = termios.ICANON | termios.ECHO | termios.ISIG
        end = time.monotonic() + timeout
        while termios.tcgetattr(self.fd)[3] & cooked:
            if time.monotonic() > end:
                return False
            self.pump(0.02)
        return True

    def restored(self):
        return termios.tcgetattr(self.fd) == self.before

    def child(self, name):
        """The process id of the program of that name that runs here."""
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    argv0 = f.read().split(b"\0")[0].decode()
            except OSError:
                continue
            up = stat(pid)
            while up and up[2] not in (0, self.pid):
                up = stat(up[2])
            if up and up[2] and os.path.basename(argv0) == name:
                return int(pid)
        raise AssertionError(f"no child {name}")

    def stopped(self, pid, timeout=10):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if stat(pid)[1] == "T":
                return True
            self.pump(0.02)
        return False

    def end(self, timeout=30):
        """Its exit status, or -N for a signal; nothing may be left to read."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while select.select([self.fd], [], [], 0.1)[0]:
                    if not self.pump():
                        break
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"it does not end: {self.out!r}")


def eq(got, want):
    if got != want:
        raise AssertionError(f"got {got!r:.600}, want {want!r:.600}")
