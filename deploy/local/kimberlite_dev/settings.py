"""Where a stack keeps its files and which ports it uses."""

import dataclasses
import hashlib
import json
import os
import pathlib
import tempfile

from .errors import DevError

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SERVICES = ("ingest", "content", "tagging", "rendering", "feed")
BUSES = ("postgres", "kafka")

# Each is moved by KIMBERLITE_PORT_OFFSET, or set by KIMBERLITE_<NAME>_PORT (e.g. KIMBERLITE_CONTENT_GRPC_PORT).
DEFAULT_PORTS = {
    "edge": 8080,
    "wire": 8090,
    "kafka": 19092,
    "kafka_controller": 19093,
    **{f"{service}_grpc": 50051 + index for index, service in enumerate(SERVICES)},
    **{f"{service}_ops": 9101 + index for index, service in enumerate(SERVICES)},
}

# A socket's whole path must fit into 107 bytes; the longest name below the run directory is "pg/.s.PGSQL.5432".
LONGEST_RUN_PATH = 90


def default_build_dir():
    return pathlib.Path(os.environ.get("KIMBERLITE_BUILD_DIR", REPOSITORY / "build")).absolute()


def default_dev_dir():
    return pathlib.Path(os.environ.get("KIMBERLITE_DEV_DIR", REPOSITORY / ".dev")).absolute()


def ports_from_environment(environment=os.environ):
    def number(name, default):
        text = environment.get(name, "")
        if not text:
            return default
        if not text.lstrip("-").isdigit():
            raise DevError(f"{name}={text}: must be a whole number")
        return int(text)

    offset = number("KIMBERLITE_PORT_OFFSET", 0)
    ports = {name: number(f"KIMBERLITE_{name.upper()}_PORT", port + offset) for name, port in DEFAULT_PORTS.items()}
    for name, port in ports.items():
        if not 0 < port < 65536:
            raise DevError(f"port {port} of {name} is outside 1 to 65535")
    if len(set(ports.values())) < len(ports):
        raise DevError("two parts of the stack were given the same port")
    return ports


@dataclasses.dataclass(frozen=True)
class Settings:
    """One stack. Two stacks with different directories and ports run side by side."""

    dev_dir: pathlib.Path
    build_dir: pathlib.Path
    bus: str
    ports: dict

    @classmethod
    def for_up(cls, bus):
        """From the environment: what `./dev up` starts."""
        return cls(default_dev_dir(), default_build_dir(), bus, ports_from_environment())

    @classmethod
    def saved_in(cls, dev_dir):
        """What the last `up` in this directory started; None when there was none."""
        file = dev_dir / "stack.json"
        if not file.exists():
            return None
        saved = json.loads(file.read_text())
        return cls(dev_dir, default_build_dir(), saved["bus"], saved["ports"])

    def save(self):
        write_private(self.dev_dir / "stack.json", json.dumps({"bus": self.bus, "ports": self.ports}, indent=1) + "\n")

    @property
    def run_dir(self):
        """Holds sockets and pid files. Below dev_dir unless sockets' paths would be too long there."""
        run_dir = self.dev_dir / "run"
        if len(os.fsencode(run_dir)) <= LONGEST_RUN_PATH:
            return run_dir
        digest = hashlib.sha256(os.fsencode(self.dev_dir)).hexdigest()[:12]
        return pathlib.Path(tempfile.gettempdir()) / f"kimberlite-{os.getuid()}-{digest}"

    @property
    def log_dir(self):
        return self.dev_dir / "log"

    @property
    def edge_url(self):
        """Where this machine reaches the edge."""
        return f"http://127.0.0.1:{self.ports['edge']}"

    @property
    def public_url(self):
        """What readers' links begin with; differs from edge_url behind a tunnel or a proxy."""
        return os.environ.get("KIMBERLITE_PUBLIC_URL", self.edge_url).rstrip("/")

    def binary(self, name):
        return self.build_dir / "bin" / name

    def make_directories(self):
        # Others may pass but not look: PostgreSQL may have to run as a user of its own. What is secret is 0600 or 0700.
        for directory, mode in ((self.dev_dir, 0o711), (self.run_dir, 0o711), (self.log_dir, 0o700)):
            directory.mkdir(mode=mode, parents=True, exist_ok=True)
            if directory.stat().st_uid != os.getuid():
                raise DevError(f"{directory} belongs to another user")


def write_private(path, text):
    """Replaces a file in one step, readable by its owner only."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)
