"""Many readers at once: a new edge with nothing kept, and a Redis that loses everything while they read."""

import json
import re
import subprocess
import tempfile

import fixture


class Load(fixture.Case):
    RATE, SECONDS = 200, 4

    @classmethod
    def setUpClass(cls):
        fixture.wait_until_wire_is_filed()

    def test_a_cold_start_and_an_emptied_redis_make_each_page_once_and_no_errors(self):
        paths = self.paths()
        self.assertGreater(len(paths), 40)
        rendering = self.stack.services["rendering"].daemon
        rendering.stop()
        self.stack.redis.empty()
        self.stack.start_services()
        # Before it has heard the bus an edge asks content each time.
        self.wait_for(lambda: self.status_of("/robots.txt") == "Kimberlite; hit", "the edge hears the bus")
        with self.readers(paths) as load:
            cold = self.result(load)
        self.assert_each_made_once(cold, paths)
        with self.readers(paths) as load:
            self.stack.redis.empty()
            emptied = self.result(load)
        self.assert_each_made_once(emptied, paths)

    def assert_each_made_once(self, result, paths):
        self.assertEqual((result["broken"], set(result["statuses"])), (0, {"200"}), result)
        made = sum(count for how, count in result["cache"].items() if "fwd=" in how and "collapsed" not in how)
        self.assertLessEqual(made, len(paths), result)

    def paths(self):
        paths = {"/"}
        for language in ("en", "ru", "ar"):
            home = f"/{language}/"
            links = re.findall(r'href="(/[^"#?]*)"', self.reader.get(home).text)
            paths |= {home, home + "rss.xml", *(link for link in links if link.startswith(home) and link.count("/") == 3)}
        return sorted(path for path in paths if self.reader.get(path).status == 200)

    def status_of(self, path):
        return self.reader.get(path).headers.get("Cache-Status")

    def readers(self, paths):
        self.file = tempfile.NamedTemporaryFile("w", suffix=".paths")
        self.addCleanup(self.file.close)
        self.file.write("".join(path + "\n" for path in paths))
        self.file.flush()
        return subprocess.Popen(
            [str(self.stack.settings.binary("http_load")), "--port", str(self.stack.settings.ports["edge"]),
             "--paths", self.file.name, "--rate", str(self.RATE), "--seconds", str(self.SECONDS),
             "--connections", "64", "--header", "Accept-Encoding: br"],
            stdout=subprocess.PIPE, text=True)

    def result(self, load):
        output = load.communicate(timeout=60)[0]
        self.assertEqual(load.returncode, 0)
        return json.loads(output)
