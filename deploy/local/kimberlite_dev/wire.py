"""The demo's news wire: a small HTTP server on loopback that serves a directory as publishers' servers do.

Run as `python3 -m kimberlite_dev.wire DIRECTORY PORT`. Answers carry ETag and Last-Modified; conditional requests get 304.
"""

import email.utils
import hashlib
import http.server
import pathlib
import shutil
import sys
import urllib.parse

from .process import Daemon, http_problem
from .settings import REPOSITORY

ORIGINAL = REPOSITORY / "deploy/local/wire"
# Without a charset: the documents say themselves what they are written in.
CONTENT_TYPES = {
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".xml": "application/xml",
    ".json": "application/feed+json",
    ".html": "text/html",
    ".svg": "image/svg+xml",
}


class Wire:
    def __init__(self, settings):
        self.directory = settings.dev_dir / "wire"
        self.port = settings.ports["wire"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.daemon = Daemon(
            "wire",
            [sys.executable, "-B", "-m", "kimberlite_dev.wire", self.directory, self.port],
            settings.run_dir / "wire.pid",
            settings.log_dir / "wire.log",
            {"PYTHONPATH": str(REPOSITORY / "deploy/local")},
            ports=(self.port,),
        )

    def start(self):
        self.directory.mkdir(exist_ok=True)
        for original in ORIGINAL.iterdir():
            # A document that the demo has written to is kept as it is.
            if not (self.directory / original.name).exists():
                shutil.copy(original, self.directory)
        self.daemon.start()
        self.daemon.wait_ready(self.why_not_ready, 10)

    def why_not_ready(self):
        """Empty when it answers."""
        return http_problem(self.url)

    def stop(self):
        return self.daemon.stop()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = None  # set by main

    def do_GET(self):
        self._answer(with_body=True)

    def do_HEAD(self):
        self._answer(with_body=False)

    def _answer(self, with_body):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).lstrip("/")
        file = (self.directory / path).resolve()
        if file == self.directory:
            names = sorted(entry.name for entry in self.directory.iterdir() if not entry.name.startswith("."))
            listing = "".join(f"{name}\n" for name in names).encode()
            self._send(200, listing, {"Content-Type": "text/plain; charset=utf-8"}, with_body)
        elif self.directory not in file.parents or not file.is_file():
            self._send(404, b"not found\n", {"Content-Type": "text/plain"}, with_body)
        else:
            self._send_file(file, with_body)

    def _send_file(self, file, with_body):
        body = file.read_bytes()
        modified = int(file.stat().st_mtime)
        headers = {
            "Content-Type": CONTENT_TYPES.get(file.suffix, "application/octet-stream"),
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            "Last-Modified": email.utils.formatdate(modified, usegmt=True),
            "Cache-Control": "max-age=0",
        }
        if self._is_known(headers["ETag"], modified):
            del headers["Content-Type"]
            self._send(304, None, headers, with_body=False)
        else:
            self._send(200, body, headers, with_body)

    def _is_known(self, etag, modified):
        """RFC 9110, 13.2.2: a date counts only when no ETag was sent."""
        if "If-None-Match" in self.headers:
            tags = [tag.strip().removeprefix("W/") for tag in self.headers["If-None-Match"].split(",")]
            return etag in tags or tags == ["*"]
        try:
            since = email.utils.parsedate_to_datetime(self.headers["If-Modified-Since"]).timestamp()
        except (TypeError, ValueError):  # absent or not a date
            return False
        return modified <= since

    def _send(self, status, body, headers, with_body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def main():
    Handler.directory = pathlib.Path(sys.argv[1]).resolve()
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
