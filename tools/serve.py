"""Serve the built site on this machine only, until Ctrl-C."""

import argparse
import functools
import http.server
import sys
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def start(port, site=SITE):
    """A server for the site, not yet running; port 0 takes any free one."""
    return Server(("127.0.0.1", port), functools.partial(Quiet, directory=str(site)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not (SITE / "index.html").exists():
        print("There is no site yet: run `make book` first.", file=sys.stderr)
        return 1
    try:
        server = start(port)
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
