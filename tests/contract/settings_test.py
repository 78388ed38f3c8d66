"""Every setting of every service is in the README's table, and every setting of the table exists."""

import pathlib
import re
import subprocess
import sys
import unittest

BIN = pathlib.Path(sys.argv.pop())
ROOT = pathlib.Path(sys.argv.pop())
SERVICES = ["ingest", "content", "tagging", "rendering", "feed"]


def settings_of(service):
    shown = subprocess.run([BIN / f"kimberlite-{service}", "--help"], capture_output=True, text=True, check=True)
    return set(re.findall(r"^  (KIMBERLITE_[A-Z_]+)$", shown.stdout, re.MULTILINE))


class Settings(unittest.TestCase):
    def test_each_service_documents_its_settings(self):
        for service in SERVICES:
            with self.subTest(service):
                known = settings_of(service)
                self.assertIn("KIMBERLITE_LOG_LEVEL", known)
                readme = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
                documented = set(re.findall(r"KIMBERLITE_[A-Z_]+[A-Z]", readme))
                common = settings_of("feed")
                self.assertEqual(set(), known - documented - common, "settings that services/%s/README.md lacks" % service)
                self.assertEqual(set(), {s for s in documented if not s.endswith("_FILE")} - known,
                                 "settings that services/%s/README.md names and the service does not have" % service)

    def test_a_bad_setting_is_one_clear_line_and_exit_code_2(self):
        for service in SERVICES:
            with self.subTest(service):
                done = subprocess.run([BIN / f"kimberlite-{service}"], capture_output=True, text=True, env={"KIMBERLITE_GRPC_PORT": "many"})
                self.assertEqual(2, done.returncode)
                self.assertEqual(1, done.stderr.count("\n"), done.stderr)
                self.assertIn("KIMBERLITE_GRPC_PORT: must be a whole number", done.stderr)

    def test_secrets_are_hidden(self):
        for service in SERVICES:
            with self.subTest(service):
                env = {"KIMBERLITE_POSTGRES_URL": "postgres://me:hush@nowhere/x", "KIMBERLITE_RPC_TOKEN": "hush-hush",
                       "KIMBERLITE_RPC_TOKENS_FILE": "/x", "KIMBERLITE_REDIS_URL": "unix:/x", "KIMBERLITE_THEME_DIR": "/x"}
                done = subprocess.run([BIN / f"kimberlite-{service}", "--print-config"], capture_output=True, text=True, env=env)
                self.assertEqual(0, done.returncode, done.stderr)
                self.assertNotIn("hush", done.stdout)


if __name__ == "__main__":
    unittest.main()
