"""Who may include whom: the rules of ARCHITECTURE.md, read off the #include lines."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)

# A client library and the one library of ours that wraps it.
WRAPPED = {
    r"^grpcpp/|^grpc/": {"libs/rpc"},
    r"^libpq-fe\.h": {"libs/pg"},
    r"^librdkafka/": {"libs/bus"},
    r"^hiredis/": {"libs/redis"},
    r"^curl/": {"libs/http"},
    r"^gumbo\.h": {"libs/html"},
    r"^libstemmer\.h": {"libs/i18n"},
    r"^vips/": {"libs/image"},
    r"^unicode/": {"libs/i18n"},
    r"^prometheus/|^spdlog/": {"libs/telemetry"},
    r"^brotli/": {"libs/http"},
    r"^zlib\.h": {"libs/http", "libs/jsonl"},
    r"^openssl/": {"libs/base", "libs/redis"},
    r"^CLI/": {"tools/kimberlitectl"},
}
# Our libraries from the ground up: each may include those before it.
LIBRARIES = ["base", "config", "telemetry", "i18n", "image", "jsonl", "neardup", "langid", "html", "pg", "redis", "http", "rpc", "bus", "runtime", "site", "testing"]
CORE_MAY_INCLUDE = ("libs/base/", "libs/i18n/", "fmt/")


def sources():
    for top in ("libs", "services", "tools"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path.relative_to(ROOT).as_posix(), INCLUDE.findall(path.read_text(encoding="utf-8"))


class Layering(unittest.TestCase):
    def setUp(self):
        self.files = list(sources())
        self.assertGreater(len(self.files), 50, "no sources found: the test would see nothing")

    def check(self, wrong):
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_each_client_library_is_included_by_one_library_alone(self):
        wrong = []
        for path, includes in self.files:
            if "/tests/" in path:
                continue
            for include in includes:
                for pattern, owners in WRAPPED.items():
                    if re.match(pattern, include) and not any(path.startswith(owner + "/") for owner in owners):
                        wrong.append(f"{path} includes <{include}>, which only {' and '.join(sorted(owners))} may")
        self.check(wrong)

    def test_libraries_know_no_service_and_only_those_below_them(self):
        wrong = []
        for path, includes in self.files:
            if not path.startswith("libs/"):
                continue
            library = path.split("/")[1]
            self.assertIn(library, LIBRARIES, f"give libs/{library} its place in LIBRARIES")
            for include in includes:
                if include.startswith(("services/", "tools/")):
                    wrong.append(f"{path} includes {include}")
                match = re.match(r"libs/([^/]+)/", include)
                if match and "/tests/" not in path and LIBRARIES.index(match[1]) > LIBRARIES.index(library):
                    wrong.append(f"{path} includes {include}, which stands above it")
        self.check(wrong)

    def test_services_meet_only_through_protos(self):
        wrong = []
        for path, includes in self.files:
            if not path.startswith("services/"):
                continue
            service = path.split("/")[1]
            wrong += [f"{path} includes {include}" for include in includes
                      if include.startswith("services/") and not include.startswith(f"services/{service}/")]
        self.check(wrong)

    def test_core_knows_no_technology(self):
        wrong = []
        for path, includes in self.files:
            if not re.match(r"services/[^/]+/core/", path):
                continue
            own = "/".join(path.split("/")[:3]) + "/"
            for include in includes:
                standard = "/" not in include and not include.endswith((".pb.h",))
                if not (standard or include.startswith((*CORE_MAY_INCLUDE, own, *self.core_exceptions(path)))):
                    wrong.append(f"{path} includes {include}")
        self.check(wrong)

    @staticmethod
    def core_exceptions(path):
        """Formats that are the very matter of a core: their parsers and writers, and cleaned HTML."""
        service = path.split("/")[1]
        return {
            "feed": ("nlohmann/",),
            "rendering": ("nlohmann/",),
            "ingest": ("nlohmann/", "libs/neardup/", "libs/html/", "libs/langid/"),
            "tagging": ("libs/html/",),
            "content": ("libs/html/",),
        }.get(service, ())

    def test_adapters_do_not_know_the_app(self):
        wrong = []
        for path, includes in self.files:
            if re.match(r"services/[^/]+/(core|adapters)/", path):
                wrong += [f"{path} includes {include}" for include in includes if include.endswith(("/app.h", "/config.h")) and include.startswith("services/")]
        self.check(wrong)


if __name__ == "__main__":
    unittest.main()
