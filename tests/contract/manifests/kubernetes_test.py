"""k8s/ as a cluster would get it."""

import copy
import shutil
import subprocess
import unittest

import yaml

import contract
import kubernetes_checks
import kustomize

K8S = contract.ROOT / "k8s"
OVERLAYS = sorted(path.parent for path in K8S.glob("overlays/*/kustomization.yaml"))


def complaints_of(documents):
    return [complaint for check in kubernetes_checks.RULES for complaint in check(documents)]


class Manifests(unittest.TestCase):
    maxDiff = None

    def test_every_rendering_keeps_the_rules(self):
        self.assertTrue(OVERLAYS)
        for directory in [K8S / "base", *OVERLAYS]:
            with self.subTest(directory=directory.name):
                self.assertEqual(complaints_of(kustomize.render(directory)), [])

    def test_every_object_fits_the_schema_of_its_release(self):
        for directory in OVERLAYS:
            with self.subTest(directory=directory.name):
                self.assertEqual(kubernetes_checks.schema(kustomize.render(directory)), [])

    def test_every_overlay_says_where_it_goes(self):
        for directory in OVERLAYS:
            with self.subTest(overlay=directory.name):
                documents = kustomize.render(directory)
                namespaces = [d for d in documents if d["kind"] == "Namespace"]
                self.assertEqual(len(namespaces), 1)
                labels = namespaces[0]["metadata"]["labels"]
                self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")
                for document in documents:
                    if document["kind"] != "Namespace":
                        self.assertEqual(document["metadata"]["namespace"], namespaces[0]["metadata"]["name"])

    def test_every_file_is_used(self):
        used = set()
        for path in K8S.rglob("kustomization.yaml"):
            used.add(path)
            kustomization = yaml.safe_load(path.read_text())
            names = kustomization.get("resources", []) + [p["path"] for p in kustomization.get("patches", []) if "path" in p]
            for generator in kustomization.get("configMapGenerator", []):
                names += generator.get("envs", [])
            used |= {path.parent / name for name in names}
        files = {path for path in K8S.rglob("*") if path.is_file() and path.suffix != ".md"}
        self.assertEqual(files - used, set())

    @unittest.skipUnless(shutil.which("kustomize"), "no kustomize here to compare the renderer with")
    def test_the_renderer_renders_as_kustomize_does(self):
        for directory in [K8S / "base", *OVERLAYS]:
            with self.subTest(directory=directory.name):
                text = subprocess.run(["kustomize", "build", directory], check=True, capture_output=True).stdout
                by_name = lambda document: (document["kind"], document["metadata"]["name"])
                theirs = sorted(filter(None, yaml.safe_load_all(text)), key=by_name)
                self.assertEqual(sorted(kustomize.render(directory), key=by_name), theirs)


class Checks(unittest.TestCase):
    """Each check sees the fault that it is there for."""

    @classmethod
    def setUpClass(cls):
        cls.documents = kustomize.render(K8S / "overlays/trial")

    def complains(self, expected, change):
        documents = copy.deepcopy(self.documents)
        change({(d["kind"], d["metadata"]["name"]): d for d in documents}, documents)
        self.assertIn(expected, "\n".join(complaints_of(documents)))

    def test_schema(self):
        feed = copy.deepcopy(next(d for d in self.documents if d["kind"] == "Service" and d["metadata"]["name"] == "feed"))
        feed["spec"]["sessionAfinity"] = "None"
        self.assertIn("sessionAfinity", "".join(kubernetes_checks.schema([feed])))
        self.assertIn("schema for kind Pot", "".join(kubernetes_checks.schema([feed | {"kind": "Pot"}])))

    def test_hardening(self):
        def pod(change):
            return lambda by, _: change(by["Deployment", "content"]["spec"]["template"]["spec"])

        self.complains("runAsNonRoot", pod(lambda spec: spec["securityContext"].pop("runAsNonRoot")))
        self.complains("not root", pod(lambda spec: spec["securityContext"].update(runAsUser=0)))
        self.complains("seccompProfile", pod(lambda spec: spec["securityContext"].pop("seccompProfile")))
        self.complains("automountServiceAccountToken", pod(lambda spec: spec.pop("automountServiceAccountToken")))
        self.complains("enableServiceLinks", pod(lambda spec: spec.pop("enableServiceLinks")))
        self.complains("of the host", pod(lambda spec: spec.update(hostNetwork=True)))
        self.complains("a limit of memory", pod(lambda spec: spec["containers"][0]["resources"].pop("limits")))
        for key in ("readOnlyRootFilesystem", "allowPrivilegeEscalation", "capabilities"):
            self.complains("content: " + key, pod(lambda spec: spec["containers"][0]["securityContext"].pop(key)))
            self.complains("migrate: " + key, pod(lambda spec: spec["initContainers"][0]["securityContext"].pop(key)))
        self.complains("of its own", pod(lambda spec: spec["containers"][0]["securityContext"].update(runAsUser=0)))
        for image in ("kimberlite", "kimberlite:latest", "registry.example:5000/kimberlite"):
            self.complains("no pinned tag", pod(lambda spec: spec["containers"][0].update(image=image)))
        self.complains("CMakeLists.txt", pod(lambda spec: spec["containers"][0].update(image="kimberlite:9.9.9")))

    def test_services(self):
        def container(change, service="content"):
            return lambda by, _: change(by["Deployment", service]["spec"]["template"]["spec"]["containers"][0])

        self.complains("content: ports", container(lambda c: c["ports"][0].update(containerPort=50051)))
        self.complains("prometheus.io/port", lambda by, _:
                       by["Deployment", "feed"]["spec"]["template"]["metadata"]["annotations"].clear())
        self.complains("no Deployment feed", lambda by, documents: documents.remove(by["Deployment", "feed"]))
        self.complains("command", container(lambda c: c.update(command=["kimberlite-feed"])))
        self.complains("readinessProbe", container(lambda c: c["readinessProbe"]["httpGet"].update(path="/")))
        self.complains("preStop", container(lambda c: c.pop("lifecycle")))
        self.complains("terminationGracePeriodSeconds", lambda by, _:
                       by["Deployment", "feed"]["spec"]["template"]["spec"].update(terminationGracePeriodSeconds=15))
        self.complains("init containers that migrate", lambda by, _:
                       by["Deployment", "content"]["spec"]["template"]["spec"].pop("initContainers"))
        self.complains("migrates with", container(lambda c: c.update(image="kimberlite:0.0.1")))

    def test_settings(self):
        def environment(change, service="content"):
            return lambda by, _: change(by["Deployment", service]["spec"]["template"]["spec"]["containers"][0])

        self.complains("KIMBERLITE_TYPO is not in", environment(
            lambda c: c["env"].append({"name": "KIMBERLITE_TYPO", "value": "1"})))
        self.complains("KIMBERLITE_EDGE_PORT is not in kimberlite-content", environment(
            lambda c: c["env"].append({"name": "KIMBERLITE_EDGE_PORT", "value": "1"})))
        self.complains("KIMBERLITE_POSTGRES_URL and KIMBERLITE_POSTGRES_URL_FILE are both set", environment(
            lambda c: c["env"].append({"name": "KIMBERLITE_POSTGRES_URL", "value": "1"})))
        self.complains("KIMBERLITE_POSTGRES_URL is required", environment(lambda c: c.pop("env")))
        self.complains("is not mounted", environment(lambda c: c["env"][0].update(value="/elsewhere")))
        self.complains("is not mounted", environment(lambda c: c.pop("volumeMounts")))
        self.complains("no ConfigMap", environment(lambda c: c["envFrom"][0]["configMapRef"].update(name="other")))
        settings = next(d for d in self.documents if d["kind"] == "ConfigMap")["metadata"]["name"]
        self.complains("KIMBERLITE_TYPO is not in", lambda by, _:
                       by["ConfigMap", settings]["data"].update(KIMBERLITE_TYPO="1"))
        self.complains("KIMBERLITE_FEED_TARGET is feed:1", lambda by, _:
                       by["ConfigMap", settings]["data"].update(KIMBERLITE_FEED_TARGET="feed:1"))

    def test_references(self):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}
        self.complains("a secret in the repository", lambda _, documents: documents.append(secret))
        self.complains("make_secrets.sh makes no x", lambda by, _:
                       by["Deployment", "feed"]["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"][0]
                       ["secret"]["items"][0].update(key="x"))
        self.complains("no pod has the port", lambda by, _: by["Service", "feed"]["spec"]["ports"][0].update(targetPort="x"))
        self.complains("no pod has the port", lambda by, _:
                       by["Service", "feed"]["spec"]["selector"].update({"app.kubernetes.io/name": "x"}))
        self.complains("outside of the cluster", lambda by, _: by["Service", "feed"]["spec"].update(type="NodePort"))
        self.complains("selects no pods", lambda by, _:
                       by["PodDisruptionBudget", "feed"]["spec"]["selector"]["matchLabels"].update(x="y"))
        self.complains("for the edge", lambda by, documents: documents.remove(by["PodDisruptionBudget", "rendering"]))
        self.complains("its own pods", lambda by, _:
                       by["Deployment", "feed"]["spec"]["selector"]["matchLabels"].update(x="y"))

    def test_isolation(self):
        def policy(name, change):
            return lambda by, _: change(by["NetworkPolicy", name]["spec"])

        self.complains("denies everything", lambda by, documents: documents.remove(by["NetworkPolicy", "default-deny"]))
        self.complains("content:grpc: open to everyone", policy("grpc", lambda spec: spec["ingress"][0].pop("from")))
        self.complains("content:ops: open to everyone", policy("edge", lambda spec: spec.update(
            podSelector={}, ingress=[{}])))
        self.complains("open to {'ipBlock'", policy("grpc", lambda spec: spec["ingress"][0]["from"].append(
            {"ipBlock": {"cidr": "0.0.0.0/0"}})))
        self.complains("open to {'podSelector': {}}", policy("postgres", lambda spec: spec["ingress"][0].update(
            {"from": [{"podSelector": {}}]})))
        self.complains("rendering:edge: nobody", lambda by, documents: documents.remove(by["NetworkPolicy", "edge"]))


class Renderer(unittest.TestCase):
    def test_unknown_features_are_errors(self):
        import pathlib
        import tempfile
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            for text in ("namePrefix: x-", "patches: [{path: p.yaml}]", "resources: [gone.yaml]",
                         "images: [{name: nothing, newTag: '1'}]", "replicas: [{name: nothing, count: 1}]"):
                with self.subTest(text=text):
                    (directory / "kustomization.yaml").write_text(text)
                    (directory / "p.yaml").write_text("{kind: Deployment, metadata: {name: nothing}}")
                    with self.assertRaises((kustomize.Unsupported, FileNotFoundError)):
                        kustomize.render(directory)


if __name__ == "__main__":
    unittest.main()
