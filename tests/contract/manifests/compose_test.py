"""docker-compose.yml against the specification and against the programs it starts."""

import subprocess
import unittest

import compose_checks
import contract

FILE = contract.ROOT / "docker-compose.yml"


def complaints_of(compose):
    return [complaint for check in compose_checks.RULES for complaint in check(compose)]


def docker_compose():
    try:
        return subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class Compose(unittest.TestCase):
    maxDiff = None

    def test_the_file_keeps_the_rules(self):
        self.assertEqual(complaints_of(compose_checks.load(FILE.read_text())), [])

    @unittest.skipUnless(docker_compose(), "no docker compose here")
    def test_docker_compose_takes_the_file(self):
        subprocess.run(["docker", "compose", "--file", FILE, "--profile", "*", "config", "--quiet"], check=True)


class Checks(unittest.TestCase):
    """Each check sees the fault that it is there for."""

    @classmethod
    def setUpClass(cls):
        cls.compose = compose_checks.load(FILE.read_text())

    def complains(self, expected, change):
        compose = _apart(self.compose)
        change(compose["services"], compose)
        self.assertIn(expected, "\n".join(complaints_of(compose)))

    def test_specification(self):
        self.complains("heltcheck", lambda s, _: s["feed"].update(heltcheck={}))
        self.complains("not defined", lambda s, _: s["feed"]["networks"].append("elsewhere"))

    def test_hardening(self):
        self.complains("feed: image", lambda s, _: s["feed"].update(image="kimberlite:latest"))
        self.complains("feed: image", lambda s, _: s["feed"].update(image="kimberlite:9.9.9"))
        self.complains("redis: image", lambda s, _: s["redis"].update(image="redis"))
        self.complains("feed: expected cap_drop", lambda s, _: s["feed"].pop("cap_drop"))
        self.complains("feed: expected no-new-privileges", lambda s, _: s["feed"].pop("security_opt"))
        self.complains("feed: expected a user", lambda s, _: s["feed"].update(user="0"))
        self.complains("redis: expected a user", lambda s, _: s["redis"].pop("user"))
        self.complains("feed: expected read_only", lambda s, _: s["feed"].update(read_only=False))
        self.complains("feed: expected stop_grace_period", lambda s, _: s["feed"].pop("stop_grace_period"))
        self.complains("feed: expected pull_policy", lambda s, _: s["feed"].pop("pull_policy"))
        self.complains("published ports", lambda s, _: s["content"].update(ports=["127.0.0.1:50052:50052"]))
        self.complains("published ports", lambda s, _: s["rendering"].update(ports=["8080:8080"]))
        self.complains("content: networks", lambda s, _: s["content"]["networks"].append("outside"))
        self.complains("way out", lambda _, compose: compose["networks"].update(inside={}))

    def test_services(self):
        self.complains("no service feed", lambda s, _: s.pop("feed"))
        self.complains("feed: command", lambda s, _: s["feed"].pop("command"))
        self.complains("feed: health", lambda s, _: s["feed"].pop("healthcheck"))
        self.complains("KIMBERLITE_TYPO", lambda s, _: s["feed"]["environment"].update(KIMBERLITE_TYPO="1"))
        self.complains("KIMBERLITE_RPC_TOKENS_FILE is required", lambda s, _:
                       s["feed"]["environment"].pop("KIMBERLITE_RPC_TOKENS_FILE"))
        self.complains("KIMBERLITE_FEED_TARGET is", lambda s, _:
                       s["rendering"]["environment"].update(KIMBERLITE_FEED_TARGET="feed:1"))
        self.complains("which it is not given", lambda s, _: s["content"]["secrets"].remove("content_postgres_url"))
        self.complains("migrate-content: KIMBERLITE_POSTGRES_URL_FILE", lambda s, _:
                       s["migrate-content"]["secrets"].remove("content_postgres_url"))
        self.complains("wait for kafka", lambda s, _: s["feed"]["depends_on"].pop("kafka"))
        self.complains("wait for its migrations", lambda s, _: s["content"]["depends_on"].pop("migrate-content"))
        self.complains("wait for postgres", lambda s, _: s["migrate-content"].pop("depends_on"))
        self.complains("nothing migrates", lambda s, _: s["migrate-content"].pop("command"))
        self.complains("kafka: no healthcheck", lambda s, _: s["kafka"].pop("healthcheck"))

    def test_secrets(self):
        self.complains("the other way round", lambda _, compose: compose["secrets"].update(x={"file": ".dev/compose/x"}))
        self.complains("makes no x", lambda _, compose: compose["secrets"].update(x={"file": ".dev/compose/x"}))
        self.complains("secret rpc_tokens is", lambda _, compose: compose["secrets"].update(rpc_tokens={"file": "tokens"}))
        self.complains("stands in the file", lambda s, _: s["postgres"]["environment"].update(POSTGRES_PASSWORD="x"))


def _apart(value):
    """A copy in which nothing is shared any more, as anchors made it: a change touches one service alone."""
    if isinstance(value, dict):
        return {key: _apart(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_apart(each) for each in value]
    return value


if __name__ == "__main__":
    unittest.main()
