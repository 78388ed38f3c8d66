"""Renders a kustomization with the few features that k8s/ uses, so that what is checked is what a cluster gets.

kustomize itself is in no package registry that a fresh machine has a client for; where it is installed, the tests
compare this renderer with it. A feature that is not known here is an error, never ignored.
"""

import copy
import hashlib
import json
import pathlib

import yaml

KNOWN = {"apiVersion", "kind", "namespace", "resources", "components", "configMapGenerator", "images", "patches", "replicas"}
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass"}
# Lists that a patch merges by a key of their elements; any other list is replaced.
MERGE_KEYS = {"containers": "name", "initContainers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}


class Unsupported(Exception):
    pass


def render(directory):
    """The documents of the kustomization in `directory`."""
    documents, names = _accumulate(pathlib.Path(directory), [])
    documents = [_finish(document, names) for document in documents]
    seen = set()
    for document in documents:
        identity = _identity(document)
        if identity in seen:
            raise Unsupported(f"{identity} is there twice")
        seen.add(identity)
    return documents


def _accumulate(directory, documents):
    path = directory / "kustomization.yaml"
    kustomization = yaml.safe_load(path.read_text())
    unknown = set(kustomization) - KNOWN
    if unknown:
        raise Unsupported(f"{path}: {sorted(unknown)}")
    for entry in kustomization.get("resources", []):
        target = directory / entry
        if target.is_dir():
            added, _ = _accumulate(target, [])
        else:
            added = [document for document in yaml.safe_load_all(target.read_text()) if document]
        documents.extend(added)
    # A component changes what is there so far.
    for entry in kustomization.get("components", []):
        documents, _ = _accumulate(directory / entry, documents)
    for generator in kustomization.get("configMapGenerator", []):
        _generate(directory, generator, documents)
    for patch in kustomization.get("patches", []):
        _patch(directory, patch, documents)
    for entry in kustomization.get("replicas", []):
        found = [d for d in documents if d["kind"] in ("Deployment", "StatefulSet") and d["metadata"]["name"] == entry["name"]]
        if not found:
            raise Unsupported(f"{path}: replicas of {entry['name']}, which is not there")
        for document in found:
            document["spec"]["replicas"] = entry["count"]
    for image in kustomization.get("images", []):
        _rename_image(image, documents)
    if "namespace" in kustomization:
        for document in documents:
            if document["kind"] == "Namespace":
                document["metadata"]["name"] = kustomization["namespace"]
            elif document["kind"] not in CLUSTER_WIDE:
                document["metadata"]["namespace"] = kustomization["namespace"]
    hashed = {d["metadata"]["name"]: _hashed_name(d) for d in documents if d.get("_generated")}
    return documents, hashed


def _generate(directory, generator, documents):
    data = {}
    for name in generator.get("envs", []):
        for line in (directory / name).read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                key, value = line.split("=", 1)
                data[key] = value
    for literal in generator.get("literals", []):
        key, value = literal.split("=", 1)
        data[key] = value
    unknown = set(generator) - {"name", "envs", "literals", "behavior"}
    if unknown:
        raise Unsupported(f"configMapGenerator: {sorted(unknown)}")
    existing = [d for d in documents if d.get("_generated") and d["metadata"]["name"] == generator["name"]]
    if generator.get("behavior", "create") == "merge":
        if not existing:
            raise Unsupported(f"configMapGenerator merges into {generator['name']}, which is not there")
        existing[0]["data"].update(data)
    elif existing:
        raise Unsupported(f"configMapGenerator creates {generator['name']} again")
    else:
        documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data,
                          "_generated": True})


def _patch(directory, patch, documents):
    unknown = set(patch) - {"path", "patch", "target"}
    if unknown:
        raise Unsupported(f"patches: {sorted(unknown)}")
    text = (directory / patch["path"]).read_text() if "path" in patch else patch["patch"]
    change = yaml.safe_load(text)
    if not isinstance(change, dict):
        raise Unsupported("a JSON patch: write it as a strategic merge")
    if "target" in patch:
        raise Unsupported("a patch with a target: write one that names its object")
    found = [d for d in documents if _identity(d) == _identity(change)]
    if len(found) != 1:
        raise Unsupported(f"a patch for {_identity(change)}, of which there are {len(found)}")
    _merge(found[0], change)


def _merge(target, change):
    for key, value in change.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif isinstance(value, list) and key in MERGE_KEYS:
            by = MERGE_KEYS[key]
            elements = target.setdefault(key, [])
            for element in value:
                same = [e for e in elements if e[by] == element[by]]
                if same:
                    _merge(same[0], element)
                else:
                    elements.append(copy.deepcopy(element))
        else:
            target[key] = copy.deepcopy(value)


def _rename_image(image, documents):
    used = False
    for container in containers(documents):
        name, _, tag = container["image"].rpartition(":")
        if name == image["name"]:
            container["image"] = f"{image.get('newName', name)}:{image.get('newTag', tag)}"
            used = True
    if not used:
        raise Unsupported(f"images: nothing uses {image['name']}")


def _hashed_name(config_map):
    """kustomize's own suffix: ten digits of a digest, without vowels and what looks like one."""
    # The name is not in the digest: kustomize looks it up in the wrong place, and finds "".
    content = {"kind": "ConfigMap", "name": "", "data": config_map["data"]}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return config_map["metadata"]["name"] + "-" + digest.translate(str.maketrans("013ae", "ghkmt"))


def _finish(document, names):
    """Gives generated objects their final names, where they are and where they are used."""
    if document.pop("_generated", False):
        document["metadata"]["name"] = names[document["metadata"]["name"]]
    for container in containers([document]):
        for source in container.get("envFrom", []):
            reference = source.get("configMapRef", {})
            reference["name"] = names.get(reference.get("name"), reference.get("name"))
    return document


def _identity(document):
    return document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]


def pod_specs(documents):
    """(document, pod spec) of everything that runs pods."""
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield document, document["spec"]["template"]["spec"]


def containers(documents):
    for _, spec in pod_specs(documents):
        yield from spec.get("initContainers", [])
        yield from spec["containers"]
