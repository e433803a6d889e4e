#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
# git-http.py DIR OUT [auth] - the repositories below DIR, over smart HTTP
#
# OUT/port is the port on loopback, OUT/log a line for each request. With "auth"
# every request without a password is answered 401. A request as a proxy gets it
# ("GET http://host/path") is served by its path alone.
import http.server
import os
import subprocess
import sys
import urllib.parse

top, out = sys.argv[1:3]
auth = sys.argv[3:] == ['auth']
backend = os.path.join(
    subprocess.check_output(['git', '--exec-path'], text=True).strip(),
    'git-http-backend')
log = open(out + '/log', 'a', buffering=1)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        log.write('%s %s\n' % (self.command, self.path))
        if auth and 'Authorization' not in self.headers:
            self.send_response(401)
            self.send_header('WWW-Authenticate', 'Basic realm="test"')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        env = dict(os.environ, GIT_PROJECT_ROOT=top, GIT_HTTP_EXPORT_ALL='1',
                   PATH_INFO=url.path, QUERY_STRING=url.query,
                   REQUEST_METHOD=self.command,
                   CONTENT_TYPE=self.headers.get('Content-Type', ''),
                   HTTP_CONTENT_ENCODING=self.headers.get(
                       'Content-Encoding', ''),
                   GIT_PROTOCOL=self.headers.get('Git-Protocol', ''))
        done = subprocess.run([backend], input=body, env=env,
                              stdout=subprocess.PIPE, check=False)
        head, _, answer = done.stdout.partition(b'\r\n\r\n')
        fields = dict(line.split(': ', 1)
                      for line in head.decode().split('\r\n') if line)
        self.send_response(int(fields.pop('Status', '200').split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
with open(out + '/port.new', 'w') as f:
    f.write(str(server.server_port))
os.rename(out + '/port.new', out + '/port')
server.serve_forever()
