#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# httpd.py DIR OUT [FAULT...] - serve DIR on loopback, badly
#
# OUT/port is the port, OUT/log a line for each request: method, path, Range,
# If-Range, User-Agent. A FAULT is PATTERN:WHAT[:N]: it happens to the first N
# requests (0: all; 1 without N) of paths that contain PATTERN. WHAT is
#
#   stall      half of the body, then nothing
#   silent     no answer at all
#   reset      half of the body, then a reset
#   cut=BYTES  so many bytes of the body, then the end
#   short=B    the same, under a Content-Length that is right for it
#   chunk=B    the same, chunked, without the last chunk
#   status=S   an answer of status S without a body
#   retry=SEC  503 with Retry-After; gone=S: a page with status S
#   loop       a redirect to itself; to=URL: a redirect
#   html       a page with status 200; untyped: the same as octets
#   gate       a page that wants a proof of work
#   junk       bytes that are something else
#   endless    a page without an end
#   norange    all of it, whatever part was asked for
#   wrong      another part than was asked for
#   notag      no ETag and no Last-Modified
#   changed    another ETag
#   nolength   without Content-Length
import http.server
import os
import socket
import struct
import sys
import time

top, out = sys.argv[1:3]
faults = []
for word in sys.argv[3:]:
    pattern, what, *n = word.replace('://', '%').split(':')
    faults.append([pattern, what.replace('%', '://'), int(n[0]) if n else 1,
                   0])
log = open(out + '/log', 'a', buffering=1)
PAGE = b'<!DOCTYPE html>\n<html><body>%s</body></html>\n'


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def fault(self):
        found = []
        for f in faults:
            if f[0] in self.path and (not f[2] or f[3] < f[2]):
                f[3] += 1
                found.append(f[1])
                if f[1] not in ('notag', 'changed', 'norange', 'nolength'):
                    break
        return found

    def answer(self, status, body=b'', **headers):
        self.send_response(status)
        for name, val in headers.items():
            self.send_header(name.replace('_', '-'), val)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def page(self, status, text, kind='text/html; charset=utf-8'):
        self.answer(status, PAGE % text, Content_Type=kind)

    def reset(self):
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack('ii', 1, 0))
        self.connection.close()
        self.close_connection = True

    def simple(self, what):
        name, _, arg = what.partition('=')
        if name == 'silent':
            time.sleep(60)
            self.close_connection = True
        elif name == 'status':
            self.answer(int(arg))
        elif name == 'retry':
            self.answer(503, Retry_After=arg)
        elif name == 'gone':
            self.page(int(arg), b'gone')
        elif name == 'loop':
            self.answer(302, Location=self.path)
        elif name == 'to':
            self.answer(302, Location=arg)
        elif name == 'html':
            self.page(200, b'welcome')
        elif name == 'untyped':
            self.page(200, b'welcome', 'application/octet-stream')
        elif name == 'gate':
            self.page(200, b"Making sure you're not a bot! (Anubis)")
        elif name == 'junk':
            self.answer(200, b'PK\3\4' + b'x' * 5000)
        elif name == 'endless':
            self.send_response(200)
            self.send_header('Content-Type', 'text/html')
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b'<html>' * 1000)
            except OSError:
                pass
            self.close_connection = True
        else:
            return False
        return True

    def part(self, data, tag, found):
        first, want = 0, self.headers.get('Range')
        cond = self.headers.get('If-Range')
        if want and 'norange' not in found and cond in (None, tag):
            first = int(want.split('=')[1].split('-')[0])
            if first >= len(data):
                return None, 0, 0
        return data[first:], first, 206 if first else 200

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        log.write('%s %s %s %s %s\n' % (
            self.command, self.path, self.headers.get('Range', '-'),
            self.headers.get('If-Range', '-'),
            self.headers.get('User-Agent', '-')))
        found = self.fault()
        for what in found:
            if self.simple(what):
                return
        path = os.path.join(top, self.path.lstrip('/').split('?')[0])
        if not os.path.isfile(path):
            self.page(404, b'not found')
            return
        with open(path, 'rb') as f:
            data = f.read()
        tag = '"other"' if 'changed' in found else '"%x"' % len(data)
        body, first, status = self.part(data, tag, found)
        if body is None:
            self.answer(416)
            return
        self.send(data, body, first, status, tag, found)

    def send(self, data, body, first, status, tag, found):
        how, _, arg = (found[-1] if found else '').partition('=')
        length = len(body)
        if how in ('cut', 'short', 'chunk'):
            body = body[:int(arg)]
        elif how in ('stall', 'reset'):
            body = body[:len(body) // 2]
        if how == 'short':
            length = len(body)
        self.send_response(status)
        if 'notag' not in found:
            self.send_header('ETag', tag)
        if status == 206:
            first += 1 if how == 'wrong' else 0
            self.send_header('Content-Range', 'bytes %d-%d/%d' % (
                first, len(data) - 1, len(data)))
        if how == 'chunk':
            self.send_header('Transfer-Encoding', 'chunked')
        elif 'nolength' in found:
            self.send_header('Connection', 'close')
            self.close_connection = True
        else:
            self.send_header('Content-Length', str(length))
        self.end_headers()
        if self.command == 'HEAD':
            return
        if how == 'chunk':
            self.wfile.write(b'%x\r\n%s\r\n' % (len(body), body))
        else:
            self.wfile.write(body)
        if how == 'reset':
            time.sleep(0.2)
            self.reset()
        elif how == 'stall':
            self.wfile.flush()
            time.sleep(60)
        if how in ('cut', 'chunk', 'stall'):
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(('127.0.0.1', 0), Handler)
with open(out + '/port.new', 'w') as f:
    f.write('%d' % server.server_port)
os.rename(out + '/port.new', out + '/port')
server.serve_forever()
