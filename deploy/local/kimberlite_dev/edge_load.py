"""./dev bench edge-miss, edge-cold and publish-under-load: what readers wait for when nothing is kept, when everything is
lost at once, and how soon they see a publication while many others read."""

import contextlib
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

from . import edge_servers as servers
from .errors import DevError
from .process import say, wait_until

RATE = 2_000
MISS_P50_MS, MISS_P99_MS = 5, 15
PUBLISH_P50_MS, PUBLISH_P99_MS = 50, 150
MISS = "Kimberlite; fwd=miss; stored"
ROUNDS = 15


def pages(stack, languages=("en", "ru", "sah", "fr", "ar", "zh")):
    """Paths of every kind of page of the demo's newsroom, by kind."""
    found = {"chooser": ["/"], "home": [], "section": [], "article": [], "lite": [], "tag": [], "source": [], "feed": []}
    slugs = {section["section_id"]: section for section in stack.call("content/GetSite", {})["site"]["sections"]}
    for language in languages:
        home = f"/{language}/"
        found["home"].append(home)
        found["feed"] += [home + "rss.xml", home + "atom.xml"]
        links = links_of(stack, home)
        for link in links:
            parts = link.strip("/").split("/")
            if not link.startswith(home) or link == home or len(parts) < 2:
                continue
            if len(parts) == 2 and parts[1] in slugs:
                found["section"].append(link)
            elif len(parts) == 3 and parts[2].split("-")[0].isdigit():
                found["article"].append(link)
                found["lite"].append(link + "/lite")
        for article in found["article"][-2:]:
            for link in links_of(stack, article):
                if f"/{language}/tag/" in link:
                    found["tag"].append(link)
                elif f"/{language}/source/" in link:
                    found["source"].append(link)
    return {kind: sorted(set(paths)) for kind, paths in found.items() if paths}


def links_of(stack, path):
    with urllib.request.urlopen(stack.settings.edge_url + path, timeout=20) as answer:
        return sorted(set(re.findall(r'href="(/[^"#?]*)"', answer.read().decode())))


def miss(stack):
    """Pages asked for one after another, each for the first time since the cache was emptied."""
    kinds = pages(stack)
    times = {kind: [] for kind in kinds}
    connection = http.client.HTTPConnection("127.0.0.1", stack.settings.ports["edge"], timeout=20)
    for round_number in range(ROUNDS + 1):
        stack.call("rendering/PurgePage", {})
        for kind, paths in kinds.items():
            for path in paths[round_number % 2::2] if len(paths) > 12 else paths:
                began = time.perf_counter()
                connection.request("GET", path, headers={"Accept-Encoding": "br"})
                answer = connection.getresponse()
                answer.read()
                took = (time.perf_counter() - began) * 1e3
                if answer.status != 200 or answer.headers["Cache-Status"] != MISS:
                    raise DevError(f"{path} was no miss: {answer.status} {answer.headers['Cache-Status']}")
                if round_number:  # the first warms up connections
                    times[kind].append(took)
    everything = sorted(took for list_of in times.values() for took in list_of)
    print(f"\n{'a miss, ms':<12} {'count':>6} {'p50':>8} {'p99':>8} {'max':>8}   (at most p50 {MISS_P50_MS}, p99 {MISS_P99_MS})")
    for kind, values in [*times.items(), ("all", everything)]:
        print(f"{kind:<12} {len(values):>6} {quantile(values, .5):>8.2f} {quantile(values, .99):>8.2f} {max(values):>8.2f}")
    return 0 if quantile(everything, .5) <= MISS_P50_MS and quantile(everything, .99) <= MISS_P99_MS else 1


def quantile(values, q):
    return sorted(values)[int(q * (len(values) - 1))]


@contextlib.contextmanager
def readers(stack, port, paths, rate, seconds):
    """Readers at a fixed rate in the background; yields a function that waits for what came of them."""
    with tempfile.NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("".join(path + "\n" for path in paths))
        file.flush()
        process = subprocess.Popen(
            [str(stack.settings.binary("http_load")), "--port", str(port), "--paths", file.name, "--rate", str(rate),
             "--connections", "256", "--seconds", str(seconds), "--header", "Accept-Encoding: br"],
            stdout=subprocess.PIPE, text=True)

        def result():
            output = process.communicate(timeout=seconds + 60)[0]
            if process.returncode != 0:
                raise DevError("http_load failed")
            return json.loads(output)

        try:
            yield result
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def check(result, most_misses):
    """What readers must not see: an error, or a page made more than once per replica."""
    problems = []
    if result["broken"] or set(result["statuses"]) != {"200"}:
        problems.append(f"not every answer was 200: {result['statuses']}, {result['broken']} broken")
    made = sum(count for status, count in result["cache"].items() if "fwd=" in status and "collapsed" not in status)
    if made > most_misses:
        problems.append(f"{made} pages were made where {most_misses} are enough")
    return made, problems


def cold(stack):
    """A replica that has just started, with an empty Redis; then Redis emptied once more while it serves."""
    paths = [path for paths in pages(stack).values() for path in paths]
    failed = []
    with tempfile.TemporaryDirectory(prefix="kimberlite-bench-") as name:
        # Its cores are its own choice here: nothing is compared.
        with servers.edge(stack, pathlib.Path(name), io_threads=2, cpu=-1) as (process, port):
            wait_until_heard(port)
            for title, prepare, most in (
                ("cold start", lambda: None, len(paths)),
                ("Redis emptied", stack.redis.empty, len(paths)),
            ):
                if title == "cold start":
                    stack.redis.empty()
                with readers(stack, port, paths, RATE, 6) as result:
                    time.sleep(2 if title != "cold start" else 0)  # in the middle of the load
                    prepare()
                    outcome = result()
                made, problems = check(outcome, most)
                print(f"{title:<16} {outcome['requests']} requests at {RATE}/s of {len(paths)} pages: "
                      f"{made} made, p50 {outcome['p50_ms']:.1f} ms, p99 {outcome['p99_ms']:.1f} ms, "
                      f"max {outcome['max_ms']:.0f} ms, {outcome['statuses']}")
                failed += [f"{title}: {problem}" for problem in problems]
            print(f"resident memory: {servers.resident_mib(process.pid):.0f} MiB")
    for problem in failed:
        say("bench", problem)
    return 1 if failed else 0


def wait_until_heard(port):
    """Until the replica has heard the bus: before that it asks content each time."""
    def hit():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=10) as answer:
            return answer.headers["Cache-Status"] == "Kimberlite; hit"

    if not wait_until(hit, 30):
        raise DevError("the new replica does not hear the bus")


def publish(stack, count=200):
    """The time from acknowledgement until readers see a publication, while others read."""
    paths = [path for paths in pages(stack).values() for path in paths]
    port = stack.settings.ports["edge"]
    seconds = max(20, count // 8)
    with readers(stack, port, paths, RATE, seconds) as result:
        output = stack.control("bench", "publish", "--count", count, "--edge", stack.settings.edge_url, "-o", "json").stdout
        done = json.loads(output)
        outcome = result()
    problems = check(outcome, 10**9)[1]
    print(f"\n{outcome['requests']} requests at {RATE}/s meanwhile: p50 {outcome['p50_ms']:.2f} ms, "
          f"p99 {outcome['p99_ms']:.1f} ms, {outcome['statuses']}")
    print(f"acknowledged → visible, ms (at most p50 {PUBLISH_P50_MS}, p99 {PUBLISH_P99_MS})")
    for place, value in done.items():
        if isinstance(value, dict) and "p99_ms" in value:
            print(f"{place:<16} p50 {value['p50_ms']:>7.1f}  p99 {value['p99_ms']:>7.1f}  max {value['max_ms']:>7.1f}")
            if value["p50_ms"] > PUBLISH_P50_MS or value["p99_ms"] > PUBLISH_P99_MS:
                problems.append(f"{place} is seen too late")
    for problem in problems:
        say("bench", problem)
    return 1 if problems else 0
