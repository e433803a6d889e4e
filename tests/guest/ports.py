# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of lib/ctl.h, to drive ktstr-init from tests."""
import select
import shutil
import socket
import subprocess
import tempfile
import time

from serialline import Line

ENDS = ("exited", "signaled", "failed")
PORTS = ("control", "stdin", "stdout", "stderr")
PLAIN = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+=@"
)


def escape(word):
    if isinstance(word, str):
        word = word.encode()
    if not word:
        return b"%"
    return b"".join(bytes([c]) if c in PLAIN else b"%%%02X" % c for c in word)


def unescape(word):
    if word == b"%":
        return b""
    out = b""
    while word:
        if word[:1] == b"%":
            out += bytes([int(word[1:3], 16)])
            word = word[3:]
        else:
            out += word[:1]
            word = word[1:]
    return out


class Host:
    """Four connected sockets, and what has come from them so far."""

    def __init__(self, socks):
        self.socks = socks
        self.data = {"stdout": b"", "stderr": b""}
        self.lines = b""
        self.messages = []
        self.sent = 0
        self.gone = False
        for sock in socks.values():
            sock.setblocking(False)

    def raw(self, data):
        self.socks["control"].setblocking(True)
        self.socks["control"].sendall(data)
        self.socks["control"].setblocking(False)

    def say(self, *words):
        self.raw(b"\t".join(escape(w) for w in words) + b"\n")

    def pump(self, timeout, chunk=65536, skip=()):
        """Take what comes within timeout seconds, from all but skip."""
        live = {s: n for n, s in self.socks.items() if n not in skip}
        live.pop(self.socks["stdin"], None)
        for sock in select.select(list(live), [], [], timeout)[0]:
            name = live[sock]
            try:
                got = sock.recv(chunk)
            except ConnectionResetError:
                got = b""
            if name != "control":
                self.data[name] += got
                continue
            if not got:
                self.gone = True
                return
            self.lines += got
            *lines, self.lines = self.lines.split(b"\n")
            for line in lines:
                words = [unescape(w) for w in line.split(b"\t")]
                self.messages.append([w.decode() for w in words])

    def wait(self, verb, timeout=20, **kw):
        """The first message of that verb, which is taken out."""
        end = time.monotonic() + timeout
        while True:
            for i, msg in enumerate(self.messages):
                if msg[0] == verb:
                    return self.messages.pop(i)
            if self.gone or time.monotonic() > end:
                raise AssertionError(
                    f"no {verb!r}, but {self.messages} {self.data}"
                )
            self.pump(0.05, **kw)

    def feed(self, data, slow=0):
        """Send data to stdin while the job runs, taking what comes."""
        sock = self.socks["stdin"]
        view = memoryview(data)
        while view:
            if slow:
                time.sleep(slow)
            self.pump(0)
            if any(m[0] in ENDS for m in self.messages):
                return
            if select.select([], [sock], [], 0.05)[1]:
                n = sock.send(view[:65536])
                view = view[n:]
                self.sent += n

    def eof(self):
        self.say("eof", "stdin", str(self.sent))
        self.sent = 0

    def finish(self, timeout=20):
        """Wait for the end of a job: its status, stdout and stderr."""
        end = time.monotonic() + timeout
        counts = {}
        how = None
        while True:
            rest = []
            for msg in self.messages:
                if msg[0] == "eof":
                    counts[msg[1]] = int(msg[2])
                elif msg[0] in ENDS:
                    how = (msg[0], int(msg[1]))
                else:
                    rest.append(msg)
            self.messages = rest
            if how and how[0] == "failed":
                return how, b"", b""
            if how and len(counts) == 2 and all(
                len(self.data[n]) >= counts[n] for n in counts
            ):
                break
            if self.gone or time.monotonic() > end:
                raise AssertionError(f"{how} {counts} {self.messages}")
            self.pump(0.05)
        got = [self.data[n][: counts[n]] for n in ("stdout", "stderr")]
        for n in counts:
            self.data[n] = self.data[n][counts[n] :]
        return how, got[0], got[1]

    def job(self, *argv, data=b"", env=(), cwd=None, timeout=20):
        for word in env:
            self.say("env", word)
        if cwd:
            self.say("cwd", cwd)
        self.say("run", *argv)
        self.feed(data)
        self.eof()
        return self.finish(timeout)

    def close(self):
        for sock in self.socks.values():
            sock.close()


class Init:
    """ktstr-init as an ordinary process of this machine."""

    def __init__(self, program="ktstr-init", serial=False):
        self.dir = tempfile.mkdtemp()
        if serial:
            self.line = Line(f"{self.dir}/serial", PORTS)
            self.proc = subprocess.Popen([program, "--test-serial", self.dir])
            self.line.start()
            self.host = Host(self.line.outer)
        else:
            self.proc, self.host = self.connect(program)
        self.host.dir = self.dir

    def connect(self, program):
        servers = {}
        for name in PORTS:
            servers[name] = socket.socket(socket.AF_UNIX)
            servers[name].bind(f"{self.dir}/ktstr.{name}")
            servers[name].listen(1)
            servers[name].settimeout(20)
        proc = subprocess.Popen([program, "--test-ports", self.dir])
        host = Host({n: s.accept()[0] for n, s in servers.items()})
        for server in servers.values():
            server.close()
        return proc, host

    def __enter__(self):
        return self.host

    def __exit__(self, *exc):
        try:
            if not self.host.gone and exc[0] is None:
                self.host.say("bye")
                self.host.wait("bye")
        finally:
            self.host.close()
            try:
                status = self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                status = self.proc.wait()
            shutil.rmtree(self.dir)
        if exc[0] is None and status != 0:
            raise AssertionError(f"ktstr-init ended with {status}")
