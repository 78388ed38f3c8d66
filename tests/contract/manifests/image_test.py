"""The recipe of the image against the tree that it builds. Building it is for ./dev images."""

import re
import unittest

import contract

DIRECTORY = contract.ROOT / "deploy/docker"
TEXT = (DIRECTORY / "Dockerfile").read_text()
BUILD, RUNTIME = ("FROM " + stage for stage in re.split(r"^FROM ", TEXT, flags=re.MULTILINE)[1:])

# On a developer's machine only.
NOT_IN_THE_IMAGE = {"ccache": "makes a second build quick"}


class Image(unittest.TestCase):
    def test_bases_are_named_with_a_version(self):
        bases = re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)
        self.assertEqual(bases, ["debian:trixie-slim"] * 2)
        self.assertIn("suite=trixie\n", (DIRECTORY / "build_images.sh").read_text())

    def test_the_user_is_a_number_and_not_root(self):
        users = re.findall(r"^USER (.*)$", RUNTIME, re.MULTILINE)
        self.assertEqual(users, ["10001:10001"])

    def test_every_program_is_in_it(self):
        for program in [f"kimberlite-{service}" for service in contract.SERVICES] + ["kimberlitectl"]:
            with self.subTest(program=program):
                self.assertRegex(BUILD, rf"\b{program}\b")
                self.assertIn(f"/src/build/bin/{program} ", RUNTIME)
                self.assertIn(program, (DIRECTORY / "build_images.sh").read_text())

    def test_what_is_copied_is_there_and_not_ignored(self):
        ignore = (DIRECTORY / "Dockerfile.dockerignore").read_text().splitlines()
        copied = []
        for arguments in re.findall(r"^COPY (?!--from)(.*)$", TEXT, re.MULTILINE):
            copied += arguments.split()[:-1]
        self.assertTrue(copied)
        for path in copied:
            with self.subTest(path=path):
                self.assertTrue((contract.ROOT / path).exists())
                self.assertTrue(any(path == line[1:] or path.startswith(line[1:] + "/") for line in ignore if line[:1] == "!"))

    def test_it_is_built_from_the_packages_of_a_developer(self):
        command = BUILD[BUILD.index("--no-install-recommends"):BUILD.index("&& rm")]
        installed = set(command.split()) - {"--no-install-recommends", "\\"}
        entries = [line.split()[:2] for line in (contract.ROOT / "deploy/local/packages.txt").read_text().splitlines() if line]
        wanted = [set(names.split("|")) for group, names in entries if group == "build" and names not in NOT_IN_THE_IMAGE]
        self.assertEqual([names for names in wanted if not names & installed], [], "not installed in the image")
        self.assertEqual(installed - set().union(*wanted), set(), "installed for nothing")

    def test_containers_listen_on_all_addresses(self):
        environment = contract.image_environment()
        for name in ("EDGE", "GRPC", "OPS"):
            self.assertEqual(environment[f"KIMBERLITE_{name}_ADDRESS"], "0.0.0.0")

    def test_the_theme_is_where_the_environment_says(self):
        self.assertIn("COPY services/rendering/theme " + contract.image_environment()["KIMBERLITE_THEME_DIR"], RUNTIME)

    def test_the_image_says_what_it_is(self):
        for label in ("title", "description", "version", "revision", "base.name"):
            self.assertIn(f"org.opencontainers.image.{label}=", RUNTIME)
        self.assertIn(f"ARG VERSION={contract.version()}\n", RUNTIME)


if __name__ == "__main__":
    unittest.main()
