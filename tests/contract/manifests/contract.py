"""What compose, k8s/ and the image must agree with: the programs, their ports, their settings and their secrets."""

import functools
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]

GRPC_PORTS = {"ingest": 50051, "content": 50052, "tagging": 50053, "rendering": 50054, "feed": 50055}
OPS_PORTS = {"ingest": 9101, "content": 9102, "tagging": 9103, "rendering": 9104, "feed": 9105}
EDGE_PORT = 8080
SERVICES = tuple(GRPC_PORTS)
# With the Kafka bus only these have a schema of their own to migrate.
WITH_SCHEMA = ("ingest", "content", "tagging")

# A service ends within 10 s of SIGTERM; whoever stops it must wait longer than that.
STOP_SECONDS = 15


@functools.cache
def settings(service):
    """{variable: required} of a service, as its own --help tells."""
    program = pathlib.Path(os.environ["KIMBERLITE_BIN_DIR"]) / f"kimberlite-{service}"
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
    found = re.findall(r"^\s+(KIMBERLITE_[A-Z_]+)\n\s+(.*)$", text, re.MULTILINE)
    assert found, f"{program} --help names no settings"
    return {name: help_text.rstrip().endswith("Required.") for name, help_text in found}


def check_settings(service, variables, own=()):
    """Complaints about the variables of one container, {name: value}, those of the image's included.

    One block of settings serves all services, so a container may also get what only another one knows; what is
    written for this service alone (`own`) it must know itself.
    """
    known = settings(service)
    anybody = {name for other in SERVICES for name in settings(other)} | {f"KIMBERLITE_{s.upper()}_TARGET" for s in SERVICES}
    complaints = []
    for name in variables:
        bare = name if name in anybody else name.removesuffix("_FILE")
        if bare not in (known if name in own else anybody):
            complaints.append(f"{service}: {name} is not in kimberlite-{service} --help")
        if name != bare and bare in variables:
            complaints.append(f"{service}: {bare} and {name} are both set")
    for name, required in known.items():
        if required and name not in variables and name + "_FILE" not in variables:
            complaints.append(f"{service}: {name} is required and not set")
    for target in SERVICES:
        name = f"KIMBERLITE_{target.upper()}_TARGET"
        if name in variables and variables[name] != f"{target}:{GRPC_PORTS[target]}":
            complaints.append(f"{service}: {name} is {variables[name]}")
    return complaints


@functools.cache
def image_environment():
    """What the image itself sets."""
    text = (ROOT / "deploy/docker/Dockerfile").read_text()
    runtime = text[text.rindex("\nFROM "):]
    return dict(re.findall(r"(KIMBERLITE_[A-Z_]+)=(\S+)", runtime[runtime.index("\nENV "):]))


@functools.cache
def secret_files():
    """The names of the secrets that deploy/docker/make_secrets.sh makes."""
    with tempfile.TemporaryDirectory() as directory:
        target = pathlib.Path(directory) / "secrets"
        subprocess.run([ROOT / "deploy/docker/make_secrets.sh", target], check=True, capture_output=True)
        return {path.name for path in target.iterdir()}


def check_image(where, image):
    """Complaints about an image's name: it must say which version."""
    name, separator, tag = image.rpartition(":")
    if not separator or "/" in tag or tag in ("", "latest"):
        return [f"{where}: image {image} has no pinned tag"]
    if name.rpartition("/")[2] == "kimberlite" and tag != version():
        return [f"{where}: image {image}, but CMakeLists.txt says {version()}"]
    return []


@functools.cache
def version():
    return re.search(r"^project\(kimberlite VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
