#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# connect.py PORT OUT - a proxy for which every host is port PORT of this machine
#
# OUT/port is its own port on loopback, OUT/log a line "HOST:PORT" for each
# CONNECT.
import os
import socket
import socketserver
import sys
import threading

to, out = int(sys.argv[1]), sys.argv[2]
log = open(out + '/log', 'a', buffering=1)


def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        method, host, _ = self.rfile.readline().decode().split()
        while self.rfile.readline() not in (b'\r\n', b''):
            pass
        log.write(host + '\n')
        if method != 'CONNECT':
            self.wfile.write(b'HTTP/1.1 405 No\r\n\r\n')
            return
        server = socket.create_connection(('127.0.0.1', to))
        self.wfile.write(b'HTTP/1.1 200 OK\r\n\r\n')
        back = threading.Thread(target=pump, args=(server, self.connection))
        back.start()
        pump(self.connection, server)
        back.join()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(('127.0.0.1', 0), Handler)
with open(out + '/port.new', 'w') as f:
    f.write(str(server.server_address[1]))
os.rename(out + '/port.new', out + '/port')
server.serve_forever()
