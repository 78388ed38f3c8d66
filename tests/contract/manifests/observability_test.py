"""Prometheus' settings and rules against compose and against the metrics that the programs have."""

import re
import shutil
import subprocess
import unittest

import yaml

import contract

DIRECTORY = contract.ROOT / "deploy/observability"
RULES = [rule for group in yaml.safe_load((DIRECTORY / "rules.yml").read_text())["groups"] for rule in group["rules"]]


def metrics_in_the_sources():
    """Names in quotes in our C++ files, tests left out."""
    found = set()
    for top in ("libs", "services"):
        for path in (contract.ROOT / top).rglob("*.cpp"):
            if "tests" not in path.parts:
                found |= set(re.findall(r'"(kimberlite_[a-z0-9_]+)"', path.read_text()))
    return found


class Observability(unittest.TestCase):
    def test_each_service_is_scraped_on_its_operations_port(self):
        jobs = yaml.safe_load((DIRECTORY / "prometheus.yml").read_text())["scrape_configs"]
        targets = {target: entry["labels"]["service"] for entry in jobs[0]["static_configs"] for target in entry["targets"]}
        self.assertEqual(targets, {f"{service}:{port}": service for service, port in contract.OPS_PORTS.items()})

    def test_rules_use_metrics_that_exist(self):
        used = {name for rule in RULES for name in re.findall(r"\bkimberlite_[a-z0-9_]+", rule["expr"])}
        self.assertTrue(used)
        self.assertEqual(used - metrics_in_the_sources(), set())

    def test_alerts_say_who_is_woken_and_why(self):
        for rule in RULES:
            with self.subTest(alert=rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                self.assertTrue(rule["annotations"]["summary"])

    @unittest.skipUnless(shutil.which("promtool"), "no promtool here")
    def test_promtool_takes_them(self):
        subprocess.run(["promtool", "check", "config", DIRECTORY / "prometheus.yml"], check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main()
