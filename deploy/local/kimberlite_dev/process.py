"""Daemons with pid files that never mistake another process for theirs."""

import contextlib
import dataclasses
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from .errors import DevError
from .settings import write_private

LARGEST_LOG = 16 << 20


def say(subject, text):
    print(f"{subject:<10} {text}", flush=True)


def wait_until(condition, timeout, interval=0.02):
    """Polls until the condition is true, and returns its value; a false value after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(interval)


def http_problem(url):
    """Empty when a GET is answered with success; else what came instead."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(500).decode(errors='replace').strip()}"
    except (OSError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error))


def _boot_id():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_time(pid):
    """Clock ticks from boot to the start of a process; None when it does not live (or is a zombie)."""
    try:
        # The second field is the program's name in brackets and may hold anything; the rest follows the last bracket.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def last_lines(path, count=20):
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64 * 1024))
        return b"\n".join(file.read().splitlines()[-count:]).decode(errors="replace")


@dataclasses.dataclass
class Daemon:
    """One process in a session of its own, which outlives ./dev."""

    name: str
    argv: list
    pid_file: pathlib.Path
    log_file: pathlib.Path
    environment: dict = dataclasses.field(default_factory=dict)  # added to that of ./dev
    ports: tuple = ()  # on loopback; must be free when it starts
    stop_signal: int = signal.SIGTERM
    stop_timeout: float = 10
    child: subprocess.Popen = None  # only in the process that started it

    def pid(self):
        """The process, if it lives: same pid, same start, same boot."""
        try:
            saved = json.loads(self.pid_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        start_time = _start_time(saved["pid"])
        alive = start_time is not None and (saved["boot_id"], saved["start_time"]) == (_boot_id(), start_time)
        return saved["pid"] if alive else None

    def fingerprint(self):
        """Changes when the program, its arguments or its settings change: then it must be started anew."""
        program = os.stat(self.argv[0])
        settings = {name: value for name, value in os.environ.items() if name.startswith("KIMBERLITE_")}
        facts = [list(map(str, self.argv)), program.st_mtime_ns, program.st_ino, {**settings, **self.environment}]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def is_current(self):
        """Lives, and was started from what a start would now use."""
        return self.pid() is not None and json.loads(self.pid_file.read_text())["fingerprint"] == self.fingerprint()

    def start(self):
        """Starts it unless it lives."""
        if self.pid():
            return
        for port in self.ports:
            self._check_free(port)
        if self.log_file.exists() and self.log_file.stat().st_size > LARGEST_LOG:
            self.log_file.replace(self.log_file.with_name(self.log_file.name + ".1"))
        with self.log_file.open("ab") as log:
            self.child = subprocess.Popen(
                list(map(str, self.argv)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        # A process that is gone already is noticed by whoever waits for it to be ready.
        saved = {
            "pid": self.child.pid,
            "start_time": _start_time(self.child.pid),
            "boot_id": _boot_id(),
            "fingerprint": self.fingerprint(),
        }
        write_private(self.pid_file, json.dumps(saved) + "\n")

    def _check_free(self, port):
        """Otherwise another program on the port would be taken for ours, and answer in its place.

        A process that was killed lets go of its sockets a moment after it counts as dead: when its last thread ends.
        """
        problem = ""

        def free():
            nonlocal problem
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    listener.bind(("127.0.0.1", port))
                except OSError as error:
                    problem = error.strerror.lower()
                    return False
            return True

        if not wait_until(free, 5):
            raise DevError(
                f"{self.name} cannot have port {port}: {problem}. KIMBERLITE_PORT_OFFSET=100 moves all ports of the stack; "
                "`ss -ltnp` tells who has this one"
            )

    def wait_ready(self, why_not_ready, timeout):
        """Waits until why_not_ready() is empty; explains itself when the process dies or the time is over."""
        problem = ""

        def settled():
            nonlocal problem
            problem = why_not_ready() if self.pid() else "it stopped while it was starting"
            return not problem or not self.pid()

        wait_until(settled, timeout)
        if problem:
            raise DevError(f"{self.name} is not ready: {problem}. The end of {self.log_file}:\n{last_lines(self.log_file)}")

    def stop(self):
        """Asks it to stop, and kills it if it does not. True when it stopped as asked (or did not run)."""
        pid = self.pid()
        stopped = True
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.stop_signal)
            stopped = wait_until(lambda: self.pid() is None, self.stop_timeout)
            if not stopped:
                self.kill()
        self.pid_file.unlink(missing_ok=True)
        return stopped

    def kill(self):
        """Kills it at once with its children, as a power cut would."""
        pid = self.pid()
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            if not wait_until(lambda: self.pid() is None, 10):
                raise DevError(f"{self.name} (pid {pid}) cannot be killed")

