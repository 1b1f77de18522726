"""Serve the built site on this machine only, until Ctrl-C."""

import argparse
import functools
import http.server
import sys
from pathlib import Path

BUILT = Path(__file__).parents[1] / "_build"
MADE_BY = {"html": "make book", "site": "make site"}  # folder -> command


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = sys.platform != "win32"
    daemon_threads = True


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def start(port, site=BUILT / "html"):
    """A server for the site, not yet running; port 0 takes any free one."""
    return Server(("127.0.0.1", port), functools.partial(Quiet, directory=str(site)))


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
