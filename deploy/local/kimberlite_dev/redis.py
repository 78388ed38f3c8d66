"""A private Redis: a Unix socket, no TCP."""

import shutil
import socket

from .errors import DevError
from .process import Daemon


class Redis:
    def __init__(self, directory, run_dir, log_dir):
        self.directory = directory
        self.socket = run_dir / "redis.sock"
        self.url = f"unix:{self.socket}"
        self.daemon = Daemon("redis", [], run_dir / "redis.pid", log_dir / "redis.log")

    def start(self):
        if self.daemon.pid():
            return
        program = shutil.which("redis-server")
        if not program:
            raise DevError("redis-server is not installed")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.daemon.argv = [
            program,
            *("--port", "0"),
            *("--unixsocket", self.socket),
            *("--unixsocketperm", "700"),
            *("--dir", self.directory),
            # Nothing is kept on disk: a page restored from an old snapshot would have missed the invalidations since.
            *("--save", ""),
            *("--appendonly", "no"),
            # A full cache refuses new pages, which are then rendered on demand. Evicting instead could take the index
            # from entities to pages before the pages, and so leave a stale one behind.
            *("--maxmemory", "256mb"),
            *("--maxmemory-policy", "noeviction"),
        ]
        self.daemon.start()
        self.daemon.wait_ready(self.why_not_ready, 10)

    def command(self, *words):
        """One command; its first reply line, e.g. "+PONG"."""
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(request.encode())
            return connection.makefile("r", newline="\r\n").readline().strip()

    def why_not_ready(self):
        """Empty when it answers."""
        try:
            reply = self.command("PING")
        except OSError as error:
            return str(error)
        return "" if reply == "+PONG" else reply

    def empty(self):
        reply = self.command("FLUSHALL")
        if reply != "+OK":
            raise DevError(f"Redis refused to be emptied: {reply}")

    def stop(self):
        return self.daemon.stop()
