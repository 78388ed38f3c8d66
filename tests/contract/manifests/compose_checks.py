"""Checks of docker-compose.yml, its anchors and merges resolved."""

import json

import compose_spec
import yaml

import contract


def load(text):
    return yaml.safe_load(text)


def specification(compose):
    """The file as the Compose specification reads it: no key or value that it does not know."""
    try:
        spec = compose_spec.PyCompose.from_json(json.dumps(compose))
        spec.validate()
    except ValueError as error:
        return [str(error)]
    return []


def hardening(compose):
    complaints = []
    published = {}
    for name, service in compose["services"].items():
        complaints += contract.check_image(name, service["image"])
        ours = service["image"].startswith("kimberlite:")
        user = str(service.get("user", "" if not ours else "from the image"))
        expect = {
            "cap_drop: [ALL]": service.get("cap_drop") == ["ALL"] and "cap_add" not in service,
            "no-new-privileges": service.get("security_opt") == ["no-new-privileges:true"],
            "a user that is not root": (ours and user == "from the image") or
                                       (user.partition(":")[0].isdigit() and not user.startswith("0")),
            "read_only": service.get("read_only") is True or not ours,
            "not privileged": not service.get("privileged"),
            "no host network": "network_mode" not in service,
            f"stop_grace_period of at least {contract.STOP_SECONDS}s": not ours or _seconds(service) >= contract.STOP_SECONDS,
            "pull_policy: never": not ours or service.get("pull_policy") == "never",
        }
        complaints += [f"{name}: expected {what}" for what, holds in expect.items() if not holds]
        for port in service.get("ports", []):
            published[port] = (name, tuple(service.get("profiles", [])))
    expected = {f"127.0.0.1:{contract.EDGE_PORT}:{contract.EDGE_PORT}": ("rendering", ()),
                "127.0.0.1:9090:9090": ("prometheus", ("observability",))}
    if published != expected:
        complaints.append(f"published ports {published}")
    for name in contract.SERVICES + ("postgres", "redis", "kafka"):
        networks = set(compose["services"].get(name, {}).get("networks", []))
        if networks != ({"inside", "outside"} if name in ("ingest", "rendering") else {"inside"}):
            complaints.append(f"{name}: networks {networks}")
    if compose["networks"]["inside"] != {"internal": True}:
        complaints.append("the network inside has a way out")
    return complaints


def _seconds(service):
    return int(service.get("stop_grace_period", "10s").removesuffix("s"))


def services(compose):
    complaints = []
    for service in contract.SERVICES:
        entry = compose["services"].get(service)
        if not entry:
            complaints.append(f"no service {service}")
            continue
        if entry.get("command") != [f"kimberlite-{service}"]:
            complaints.append(f"{service}: command {entry.get('command')}")
        health = entry.get("healthcheck", {}).get("test", [])[-1:]
        if health != [f"http://127.0.0.1:{contract.OPS_PORTS[service]}/readyz"]:
            complaints.append(f"{service}: health is asked at {health}")
        complaints += _settings(service, service, entry)
        if entry["environment"].get("KIMBERLITE_BUS") == "kafka" and \
                entry.get("depends_on", {}).get("kafka") != {"condition": "service_healthy"}:
            complaints.append(f"{service}: does not wait for kafka")
        if service in contract.WITH_SCHEMA:
            once = compose["services"].get(f"migrate-{service}", {})
            if once.get("command") != [f"kimberlite-{service}", "migrate"]:
                complaints.append(f"{service}: nothing migrates its schema")
            else:
                complaints += _settings(service, f"migrate-{service}", once)
            if entry["depends_on"].get(f"migrate-{service}") != {"condition": "service_completed_successfully"}:
                complaints.append(f"{service}: does not wait for its migrations")
            if once.get("depends_on", {}).get("postgres") != {"condition": "service_healthy"}:
                complaints.append(f"migrate-{service}: does not wait for postgres")
    for name in ("postgres", "redis", "kafka"):
        if "test" not in compose["services"].get(name, {}).get("healthcheck", {}):
            complaints.append(f"{name}: no healthcheck")
    return complaints


def _settings(service, name, entry):
    environment = entry["environment"]
    complaints = contract.check_settings(service, contract.image_environment() | environment)
    for variable, value in environment.items():
        if variable.endswith("_FILE") and value.removeprefix("/run/secrets/") not in entry["secrets"]:
            complaints.append(f"{name}: {variable} is {value}, which it is not given")
    return complaints


def secrets(compose):
    """What is used is defined, what is defined is used, and make_secrets.sh makes it."""
    complaints = []
    used = {secret for service in compose["services"].values() for secret in service.get("secrets", [])}
    if used != set(compose["secrets"]):
        complaints.append(f"secrets used but not defined, or the other way round: {used ^ set(compose['secrets'])}")
    for name, secret in compose["secrets"].items():
        if secret != {"file": f".dev/compose/{name}"}:
            complaints.append(f"secret {name} is {secret}")
        if name not in contract.secret_files():
            complaints.append(f"make_secrets.sh makes no {name}")
    for name, service in compose["services"].items():
        for variable in service.get("environment", {}):
            if "PASSWORD" in variable.removesuffix("_FILE") and not variable.endswith("_FILE"):
                complaints.append(f"{name}: {variable} stands in the file")
    return complaints


RULES = (specification, hardening, services, secrets)
