"""Checks of rendered Kubernetes documents. Each takes all the documents of one rendering and returns complaints."""

import kubernetes_validate

import contract
from kustomize import pod_specs

# The oldest release that knows preStop.sleep without a feature gate of its own, and the newest with a schema.
RELEASES = ("1.30", kubernetes_validate.latest_version())

# What cannot be hardened, with the reason.
MAY_WRITE_ROOT = {"kafka": "its image writes its settings below /opt/kafka when it starts"}


def schema(documents):
    complaints = []
    for document in documents:
        for release in RELEASES:
            try:
                kubernetes_validate.validate(document, release, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = ".".join(str(part) for part in error.path)
                complaints.append(f"{_name(document)} for Kubernetes {release}: {where}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                complaints.append(f"{_name(document)}: {error.message}")
    return complaints


def hardening(documents):
    """The "restricted" pod security standard, and more."""
    complaints = []
    for document, spec in pod_specs(documents):
        where = _name(document)
        pod = spec.get("securityContext", {})
        expect = {
            "runAsNonRoot": pod.get("runAsNonRoot") is True,
            "a numeric runAsUser that is not root": isinstance(pod.get("runAsUser"), int) and pod["runAsUser"] > 0,
            "seccompProfile RuntimeDefault": pod.get("seccompProfile") == {"type": "RuntimeDefault"},
            "automountServiceAccountToken: false": spec.get("automountServiceAccountToken") is False,
            "enableServiceLinks: false": spec.get("enableServiceLinks") is False,
            "nothing of the host": not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
                                   and not any("hostPath" in volume for volume in spec.get("volumes", [])),
        }
        for container in spec.get("initContainers", []) + spec["containers"]:
            security = container.get("securityContext", {})
            name = container["name"]
            resources = container.get("resources", {})
            expect |= {
                f"{name}: allowPrivilegeEscalation: false": security.get("allowPrivilegeEscalation") is False,
                f"{name}: capabilities dropped": security.get("capabilities") == {"drop": ["ALL"]},
                f"{name}: not privileged": not security.get("privileged"),
                f"{name}: no runAsUser, runAsNonRoot of its own": not {"runAsUser", "runAsNonRoot"} & set(security),
                f"{name}: readOnlyRootFilesystem": security.get("readOnlyRootFilesystem") is True or name in MAY_WRITE_ROOT,
                f"{name}: requests of cpu and memory": {"cpu", "memory"} <= set(resources.get("requests", {})),
                f"{name}: a limit of memory": "memory" in resources.get("limits", {}),
                f"{name}: a readinessProbe": "readinessProbe" in container or document["kind"] == "Job"
                                             or container in spec.get("initContainers", []),
            }
            complaints += contract.check_image(f"{where}/{name}", container["image"])
        complaints += [f"{where}: expected {what}" for what, holds in expect.items() if not holds]
    return complaints


def services(documents):
    """The five services: programs, ports, probes, settings, migrations, how they stop, who reaches them."""
    complaints = []
    deployments = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Deployment"}
    config_maps = {d["metadata"]["name"]: d["data"] for d in documents if d["kind"] == "ConfigMap"}
    for service in contract.SERVICES:
        if service not in deployments:
            complaints.append(f"no Deployment {service}")
            continue
        spec = deployments[service]["spec"]["template"]["spec"]
        container = spec["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        expected = {"grpc": contract.GRPC_PORTS[service], "ops": contract.OPS_PORTS[service]}
        if service == "rendering":
            expected["edge"] = contract.EDGE_PORT
        if ports != expected:
            complaints.append(f"{service}: ports {ports}, not {expected}")
        annotation = deployments[service]["spec"]["template"]["metadata"].get("annotations", {}).get("prometheus.io/port")
        if annotation != str(contract.OPS_PORTS[service]):
            complaints.append(f"{service}: prometheus.io/port is {annotation}")
        if container.get("command") != [f"kimberlite-{service}"]:
            complaints.append(f"{service}: command {container.get('command')}")
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            if container.get(probe, {}).get("httpGet") != {"path": path, "port": "ops"}:
                complaints.append(f"{service}: {probe} does not ask {path} on the port ops")
        pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pause < 1:
            complaints.append(f"{service}: no preStop pause")
        if spec.get("terminationGracePeriodSeconds", 30) < contract.STOP_SECONDS + pause:
            complaints.append(f"{service}: terminationGracePeriodSeconds leaves less than {contract.STOP_SECONDS} s to stop")
        migrations = [c for c in spec.get("initContainers", []) if c.get("command") == [f"kimberlite-{service}", "migrate"]]
        if (service in contract.WITH_SCHEMA) != (len(migrations) == 1):
            complaints.append(f"{service}: {len(migrations)} init containers that migrate")
        for each in [container] + migrations:
            if each["image"] != container["image"]:
                complaints.append(f"{service}: migrates with {each['image']}, runs {container['image']}")
            complaints += _settings(service, each, spec, config_maps)
    return complaints


def _settings(service, container, spec, config_maps):
    complaints = []
    shared = {}
    for source in container.get("envFrom", []):
        name = source["configMapRef"]["name"]
        if name not in config_maps:
            complaints.append(f"{service}: no ConfigMap {name}")
        shared |= config_maps.get(name, {})
    own = {entry["name"]: entry["value"] for entry in container.get("env", [])}
    complaints += contract.check_settings(service, contract.image_environment() | shared | own, own)
    mounted = _mounted_files(container, spec)
    for name, value in (shared | own).items():
        if name.endswith("_FILE") and value not in mounted:
            complaints.append(f"{service}: {name} is {value}, which is not mounted")
    return complaints


def _mounted_files(container, spec):
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    files = set()
    for mount in container.get("volumeMounts", []):
        for item in _secret_items(volumes[mount["name"]]):
            files.add(mount["mountPath"] + "/" + item["path"])
    return files


def _secret_items(volume):
    sources = [source["secret"] for source in volume.get("projected", {}).get("sources", [])]
    if "secret" in volume:
        sources.append(volume["secret"])
    for source in sources:
        yield from source["items"]


def references(documents):
    """Secrets are named, never there; selectors, ports and targets find something."""
    complaints = []
    pods = []
    for document, spec in pod_specs(documents):
        template = document["spec"]["template"]
        ports = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
        pods.append((template["metadata"]["labels"], ports))
        # A Job's selector is made by the cluster.
        if document["kind"] != "Job" and not _selects(document["spec"]["selector"], template["metadata"]["labels"]):
            complaints.append(f"{_name(document)}: does not select its own pods")
        for volume in spec.get("volumes", []):
            for item in _secret_items(volume):
                if item["key"] not in contract.secret_files():
                    complaints.append(f"{_name(document)}: make_secrets.sh makes no {item['key']}")
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "Secret":
            complaints.append(f"{_name(document)}: a secret in the repository")
        elif document["kind"] == "Service":
            found = [ports for labels, ports in pods if _selects({"matchLabels": spec["selector"]}, labels)]
            for port in spec["ports"]:
                if not any(port["targetPort"] in ports for ports in found):
                    complaints.append(f"{_name(document)}: no pod has the port {port['targetPort']}")
            if spec.get("type", "ClusterIP") != "ClusterIP":
                complaints.append(f"{_name(document)}: open to the outside of the cluster")
        elif document["kind"] == "PodDisruptionBudget":
            if not any(_selects(spec["selector"], labels) for labels, _ in pods):
                complaints.append(f"{_name(document)}: selects no pods")
        elif document["kind"] == "HorizontalPodAutoscaler":
            target = spec["scaleTargetRef"]
            scaled = [d for d in documents if (d["kind"], d["metadata"]["name"]) == (target["kind"], target["name"])]
            if len(scaled) != 1:
                complaints.append(f"{_name(document)}: scales nothing")
            elif "replicas" in scaled[0]["spec"]:
                complaints.append(f"{_name(document)}: replicas of {target['name']} are set too, and fight it")
        elif document["kind"] == "Ingress":
            for rule in spec["rules"]:
                for path in rule["http"]["paths"]:
                    backend = path["backend"]["service"]
                    if (backend["name"], backend["port"].get("name")) != ("edge", "http"):
                        complaints.append(f"{_name(document)}: leads to {backend['name']}: only the edge is public")
    if not any(d["kind"] == "PodDisruptionBudget" and d["metadata"]["name"] == "rendering" for d in documents):
        complaints.append("no PodDisruptionBudget for the edge")
    return complaints


def isolation(documents):
    """Which ports the network policies open, and to whom: only the edge is reachable from outside."""
    complaints = []
    policies = [d for d in documents if d["kind"] == "NetworkPolicy"]
    if not any(p["spec"]["podSelector"] == {} and set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"}
               and not p["spec"].get("ingress") and not p["spec"].get("egress") for p in policies):
        complaints.append("no policy that denies everything at first")
    for document, spec in pod_specs(documents):
        labels = document["spec"]["template"]["metadata"]["labels"]
        applying = [p for p in policies if _selects(p["spec"]["podSelector"], labels)]
        for port in [port for container in spec["containers"] for port in container.get("ports", [])]:
            where = f"{document['metadata']['name']}:{port['name']}"
            peers = [peer for p in applying for rule in p["spec"].get("ingress", [])
                     if _opens(rule, port) for peer in rule.get("from", [{}])]
            if not peers:
                complaints.append(f"{where}: nobody may reach it")
            for peer in peers:
                if port["name"] == "edge":
                    continue
                inside = "podSelector" in peer and "namespaceSelector" not in peer and peer["podSelector"]
                monitoring = port["name"] == "ops" and peer == {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
                if not inside and not monitoring:
                    complaints.append(f"{where}: open to {peer or 'everyone'}")
    return complaints


def _opens(rule, port):
    if "ports" not in rule:
        return True
    for opened in rule["ports"]:
        if opened.get("port") == port["name"]:
            return True
        if isinstance(opened.get("port"), int) and \
                opened["port"] <= port["containerPort"] <= opened.get("endPort", opened["port"]):
            return True
    return False


def _selects(selector, labels):
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        if expression["operator"] != "In":
            raise ValueError(f"operator {expression['operator']} is not known to this check")
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True


def _name(document):
    return f"{document['kind']}/{document['metadata']['name']}"


RULES = (hardening, services, references, isolation)
