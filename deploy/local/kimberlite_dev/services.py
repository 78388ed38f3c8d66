"""The five services, as daemons of this machine."""

import os
import secrets
import subprocess

from .errors import DevError
from .process import Daemon, http_problem
from .settings import REPOSITORY, SERVICES, write_private

# Those that own a schema; each prepares the embedded bus's as well.
MIGRATED = ("content", "tagging", "ingest")

# Who may be what (roles of proto/kimberlite/rpc/v1/access.proto). A service's token is all that services need of each other.
BEARERS = {"dev-service": "service", "dev-editor": "editor", "dev-operator": "service,editor,operator"}


def token_file(settings, bearer):
    return settings.dev_dir / f"token.{bearer}"


def ensure_tokens(settings):
    """Generates the tokens of a new stack: one file for servers, one per bearer for clients."""
    tokens = settings.dev_dir / "tokens"
    if tokens.exists():
        return
    lines = []
    for bearer, roles in BEARERS.items():
        token = secrets.token_urlsafe(32)
        write_private(token_file(settings, bearer), token + "\n")
        lines.append(f"{bearer} {roles} {token}\n")
    write_private(tokens, "".join(lines))


def client_environment(settings, bearer):
    """What a caller of the services needs."""
    targets = {f"KIMBERLITE_{name.upper()}_TARGET": f"127.0.0.1:{settings.ports[name + '_grpc']}" for name in SERVICES}
    return {"KIMBERLITE_RPC_TOKEN_FILE": str(token_file(settings, bearer)), **targets}


def service_environment(settings, name, postgres_url, redis_url, kafka_brokers):
    environment = {
        **client_environment(settings, "dev-service"),
        "KIMBERLITE_POSTGRES_URL": postgres_url,
        "KIMBERLITE_BUS": settings.bus,
        "KIMBERLITE_KAFKA_BROKERS": kafka_brokers,
        "KIMBERLITE_RPC_TOKENS_FILE": str(settings.dev_dir / "tokens"),
        "KIMBERLITE_GRPC_PORT": str(settings.ports[name + "_grpc"]),
        "KIMBERLITE_OPS_PORT": str(settings.ports[name + "_ops"]),
    }
    if name == "rendering":
        environment |= {
            "KIMBERLITE_REDIS_URL": redis_url,
            "KIMBERLITE_EDGE_PORT": str(settings.ports["edge"]),
            "KIMBERLITE_THEME_DIR": str(REPOSITORY / "services/rendering/theme"),
        }
    if name == "content":
        environment["KIMBERLITE_CONTENT_BLOB_DIR"] = str(settings.dev_dir / "blobs")
    if name == "ingest":
        # Private addresses are refused unless named: the demo's wire is one.
        environment["KIMBERLITE_INGEST_ALLOWED_HOSTS"] = f"127.0.0.1:{settings.ports['wire']}"
    return environment


class Service:
    def __init__(self, settings, name, environment):
        self.name = name
        self.environment = environment
        self.ops_url = f"http://127.0.0.1:{settings.ports[name + '_ops']}"
        binary = settings.binary(f"kimberlite-{name}")
        ports = [settings.ports[name + "_grpc"], settings.ports[name + "_ops"]]
        ports += [settings.ports["edge"]] if name == "rendering" else []
        files = (settings.run_dir / f"{name}.pid", settings.log_dir / f"{name}.log")
        self.daemon = Daemon(name, [binary], *files, environment, ports)

    def migrate(self):
        result = subprocess.run(
            [str(self.daemon.argv[0]), "migrate"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **self.environment},
        )
        if result.returncode != 0:
            raise DevError(f"kimberlite-{self.name} migrate failed:\n{result.stdout.strip()}")

    def why_not_ready(self):
        """Empty when it is ready."""
        return http_problem(f"{self.ops_url}/readyz")
