"""Serve the built site on this machine only, until Ctrl-C, as a host on the web would.

Texts are compressed, an address with a version (site.css?v=...) may be kept for good and anything else is asked
for again, and what is not there gets the page 404.html.
"""

import argparse
import contextlib
import functools
import gzip
import http.server
import sys
import threading
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

BUILT = Path(__file__).parents[1] / "_build"
MADE_BY = {"html": "make book", "site": "make site"}  # folder -> command
TEXTS = ("text/", "application/javascript", "application/json", "application/wasm", "image/svg+xml")


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A browser that closes while a connection waits for its next request is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@functools.lru_cache(maxsize=256)
def compressed(path, changed):
    return gzip.compress(Path(path).read_bytes(), 6)


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection serves many requests

    def log_message(self, *args):
        pass

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        kind = self.guess_type(str(file))
        wanted = "gzip" in self.headers.get("Accept-Encoding", "")
        if wanted and file.is_file() and kind.startswith(TEXTS) and not self.headers.get("If-Modified-Since"):
            self.answer(HTTPStatus.OK, kind, file, encoding="gzip")
        else:
            super().do_GET()

    def answer(self, status, kind, file, encoding=None):
        state = file.stat()
        body = compressed(str(file), state.st_mtime_ns) if encoding else file.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        if status == HTTPStatus.OK:
            self.send_header("Last-Modified", self.date_time_string(state.st_mtime))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code, message=None, explain=None):
        lost = Path(self.directory, "404.html")
        if code == HTTPStatus.NOT_FOUND and lost.is_file():
            self.answer(code, "text/html; charset=utf-8", lost)
        else:
            super().send_error(code, message, explain)

    def send_response(self, code, message=None):
        self.sent = code
        super().send_response(code, message)

    def end_headers(self):
        keep = self.sent == HTTPStatus.OK and urlsplit(self.path).query.startswith("v=")
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if keep else "no-cache")
        self.send_header("Vary", "Accept-Encoding")
        super().end_headers()


def start(port, site=BUILT / "html"):
    """A server for the site, not yet running; port 0 takes any free one."""
    return Server(("127.0.0.1", port), functools.partial(Handler, directory=str(site)))


@contextlib.contextmanager
def running(site=BUILT / "html"):
    """The address of a site that is served as long as this lasts."""
    server = start(0, site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--site", choices=MADE_BY, default="html", help="site: with Python in the browser")
    options = parser.parse_args()
    port, site = options.port, BUILT / options.site
    if not (site / "index.html").exists():
        print(f"There is no site yet: run `{MADE_BY[options.site]}` first.", file=sys.stderr)
        return 1
    try:
        server = start(port, site)
    except OSError:
        print(f"Port {port} is taken: choose another one, say `make serve PORT={port + 1}`.", file=sys.stderr)
        return 1
    print(f"The book is at http://127.0.0.1:{port}/  (stop with Ctrl-C)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
