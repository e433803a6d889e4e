# SPDX-License-Identifier: GPL-2.0-only
"""The host's side of lib/mux.h, as its header tells it, on a pty."""
import base64
import os
import pty
import select
import socket
import threading
import tty

WINDOW = 16 << 10
CHUNK = 1536


class Line(threading.Thread):
    """Ports, which are sockets, on one line: our end of a pty."""

    def __init__(self, path, ports):
        super().__init__(daemon=True)
        self.fd, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.fd, False)
        os.symlink(os.ttyname(self.slave), path)
        self.inner = {}
        self.outer = {}
        for name in ports:
            self.inner[name], self.outer[name] = socket.socketpair()
            self.inner[name].setblocking(False)
        self.credit = {n: WINDOW for n in ("control", "stdin")}
        self.came = {n: b"" for n in ports}
        self.owed = dict.fromkeys(ports, 0)
        self.out = b""
        self.text = b""
        self.open = False
        self.why = None

    def run(self):
        try:
            while True:
                self.step()
        except EOFError:
            pass
        except Exception as why:  # pylint: disable=broad-except
            self.why = why
        for sock in self.inner.values():
            sock.close()
        os.close(self.fd)

    def step(self):
        read = [self.fd]
        if self.open and len(self.out) < 65536:
            read += [self.inner[n] for n, c in self.credit.items()
                     if c and self.inner[n].fileno() >= 0]  # fmt: skip
        write = [self.inner[n] for n, d in self.came.items() if d]
        write += [self.fd] if self.out else []
        read, write, _ = select.select(read, write, [], 5)
        for name, sock in self.inner.items():
            if sock in write:
                self.deliver(name, sock)
            if sock in read:
                self.collect(name, sock)
        if self.fd in write:
            self.out = self.out[os.write(self.fd, self.out[:4096]) :]
        # Last, as its end may be seen while something is to be delivered.
        if self.fd in read:
            self.take_line()

    def take_line(self):
        try:
            got = os.read(self.fd, 65536)
        except OSError as why:
            raise EOFError from why
        *lines, self.text = (self.text + got).split(b"\n")
        if self.slave >= 0 and lines:
            os.close(self.slave)
            self.slave = -1
        for line in lines:
            self.take(line.decode().split("\t"))

    def take(self, words):
        if not self.open:
            self.open = words == ["serial", "1", "driver"]
        elif words[0] == "data":
            _, name, size, text = words
            data = base64.b64decode(text, validate=True)
            self.came[name] += data
            if len(data) != int(size) or len(data) > CHUNK:
                raise ValueError(words)
            if len(self.came[name]) + self.owed[name] > WINDOW:
                raise ValueError(f"too much for {name}")
        elif words[0] == "more":
            self.credit[words[1]] += int(words[2])
            if self.credit[words[1]] > WINDOW:
                raise ValueError(words)
        else:
            raise ValueError(words)

    def deliver(self, name, sock):
        try:
            sent = sock.send(self.came[name])
        except (BrokenPipeError, ConnectionResetError):
            sent = len(self.came[name])
        self.came[name] = self.came[name][sent:]
        self.owed[name] += sent
        if self.owed[name] >= WINDOW // 2:
            self.out += f"more\t{name}\t{self.owed[name]}\n".encode()
            self.owed[name] = 0

    def collect(self, name, sock):
        data = sock.recv(min(self.credit[name], CHUNK))
        if not data:
            self.credit[name] = 0
            return
        self.credit[name] -= len(data)
        self.out += f"data\t{name}\t{len(data)}\t".encode()
        self.out += base64.b64encode(data) + b"\n"
