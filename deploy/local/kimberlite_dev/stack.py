"""One stack: PostgreSQL, Redis, Kafka where asked for, five services, the demo's wire and newsroom."""

import contextlib
import fcntl
import json
import os
import shlex
import subprocess
import time
import urllib.request

from . import services
from .errors import DevError
from .kafka import Kafka
from .postgres import Postgres
from .process import say
from .redis import Redis
from .settings import REPOSITORY, SERVICES, Settings, write_private
from .wire import Wire

NEWSROOM = REPOSITORY / "deploy/local/newsroom"


class Stack:
    def __init__(self, settings):
        self.settings = settings
        directories = (settings.run_dir, settings.log_dir)
        self.postgres = Postgres(settings.dev_dir / "postgres", *directories)
        self.redis = Redis(settings.dev_dir / "redis", *directories)
        self.kafka = Kafka(
            settings.dev_dir / "kafka", *directories, settings.ports["kafka"], settings.ports["kafka_controller"]
        )
        self.wire = Wire(settings)
        self.services = {
            name: services.Service(
                settings, name,
                services.service_environment(settings, name, self.postgres.url, self.redis.url, self.kafka.brokers),
            )
            for name in SERVICES
        }

    @contextlib.contextmanager
    def lock(self):
        """One ./dev at a time changes a stack."""
        self.settings.make_directories()
        with (self.settings.dev_dir / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("dev", "waiting for another ./dev that works on this stack")
                fcntl.flock(file, fcntl.LOCK_EX)
            # Daemons must not inherit it; Python closes descriptors in children, so they do not.
            yield

    def up(self):
        """Starts what does not run or runs from something older. Safe to call at any time."""
        services.ensure_tokens(self.settings)
        outdated = [service for service in self.services.values() if not service.daemon.is_current()]
        for service in outdated:
            if service.daemon.pid():
                say(service.name, "is stopped to be started anew: its program or settings changed")
                service.daemon.stop()
        self._timed("postgres", self.postgres.start)
        self._timed("redis", self.redis.start)
        self._choose_bus()
        if outdated:
            self._timed("migrate", lambda: [self.services[name].migrate() for name in services.MIGRATED])
        self._timed("services", self.start_services)
        self._timed("wire", self.wire.start)
        self._write_environment()
        self._load_newsroom()
        self._first_page()

    def start_services(self):
        for service in self.services.values():
            service.daemon.start()
        for service in self.services.values():
            service.daemon.wait_ready(service.why_not_ready, 30)

    def stop_services(self):
        for service in self.services.values():
            if not service.daemon.stop():
                say(service.name, f"did not stop within {service.daemon.stop_timeout} s of SIGTERM and was killed")

    def down(self):
        self.stop_services()
        for part in (self.wire, self.kafka, self.redis, self.postgres):
            if not part.stop():
                say(part.daemon.name, "did not stop when asked and was killed")

    def kill(self):
        """What a power cut does."""
        for part in self.parts():
            part.daemon.kill()

    def parts(self):
        """Everything that should run, in the order of its start."""
        broker = [self.kafka] if self.settings.bus == "kafka" else []
        return [self.postgres, self.redis, *broker, *self.services.values(), self.wire]

    def status(self):
        """Rows of (name, pid or None, where, why it is not ready or empty)."""
        ports = self.settings.ports
        places = {"postgres": self.postgres.socket_dir, "redis": self.redis.socket}
        places |= {"kafka": ports["kafka"], "wire": ports["wire"]}
        for name in SERVICES:
            places[name] = f"grpc {ports[name + '_grpc']}, ops {ports[name + '_ops']}"
        places["rendering"] += f", edge {ports['edge']}"
        rows = []
        for part in self.parts():
            pid = part.daemon.pid()
            why = part.why_not_ready() if pid else "does not run"
            rows.append((part.daemon.name, pid, str(places[part.daemon.name]), why))
        return rows

    def control(self, *arguments, bearer="dev-operator", token=None, check=True, stdin=None):
        """Runs kimberlitectl against this stack, as one of services.BEARERS, with a token of the caller's, or as nobody."""
        environment = services.client_environment(self.settings, bearer)
        if token is not None or bearer is None:
            del environment["KIMBERLITE_RPC_TOKEN_FILE"]
        if token is not None:
            environment["KIMBERLITE_RPC_TOKEN"] = token
        result = subprocess.run(
            [str(self.settings.binary("kimberlitectl")), *map(str, arguments)],
            input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, **environment},
            cwd="/",  # where no .dev/env fills in what is left out on purpose
        )
        if check and result.returncode != 0:
            raise DevError(f"kimberlitectl {shlex.join(map(str, arguments))[:200]}: {result.stderr.strip()}")
        return result

    def call(self, method, request, **options):
        """One RPC by its short name, e.g. "content/GetArticle", with a dict; its answer as a dict."""
        return json.loads(self.control("call", method, json.dumps(request), **options).stdout)

    def _timed(self, subject, action):
        began = time.monotonic()
        action()
        say(subject, f"ready ({time.monotonic() - began:.1f} s)")

    def _choose_bus(self):
        """Starts the broker asked for, and stops the other one. See "Two drivers, one stack" in deploy/local/README.md."""
        previous = Settings.saved_in(self.settings.dev_dir)
        if previous and previous.bus != self.settings.bus:
            # Pages in the cache may wait for an invalidation that stands in the other bus.
            say("redis", f"emptied: the bus changes from {previous.bus} to {self.settings.bus}")
            self.redis.empty()
        if self.settings.bus == "kafka":
            self._timed("kafka", self.kafka.start)
        else:
            self.kafka.stop()
        self.settings.save()

    def _write_environment(self):
        values = {
            **services.client_environment(self.settings, "dev-operator"),
            "KIMBERLITE_POSTGRES_URL": self.postgres.url,
            "KIMBERLITE_REDIS_URL": self.redis.url,
            "KIMBERLITE_BUS": self.settings.bus,
            "KIMBERLITE_KAFKA_BROKERS": self.kafka.brokers,
            "KIMBERLITE_EDGE_PORT": str(self.settings.ports["edge"]),
        }
        write_private(self.settings.dev_dir / "env", "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()))

    def _load_newsroom(self):
        # Beside the data that it was loaded into. Loading is idempotent, but only as long as the services keep the
        # keys of what was written; so a newsroom that editors have worked on for weeks is not loaded again.
        mark = self.postgres.directory / "newsroom-loaded"
        wanted = {"public_url": self.settings.public_url, "wire_port": self.settings.ports["wire"]}
        if mark.exists():
            loaded = json.loads(mark.read_text())
            if loaded != wanted:
                say("newsroom", f"was loaded for {loaded['public_url']} and wire port {loaded['wire_port']}: links and "
                    "polls still use these; ./dev down and removing .dev/postgres gives a new one")
            return
        options = ("--public-url", wanted["public_url"], "--wire-port", wanted["wire_port"])
        self._timed("newsroom", lambda: self.control("newsroom", "load", NEWSROOM, *options))
        write_private(mark, json.dumps(wanted) + "\n")

    def _first_page(self):
        with urllib.request.urlopen(self.settings.edge_url + "/", timeout=10) as answer:
            answer.read()
