"""./dev bench feed-polls, feed-fanout and sse: what well-behaved readers of feeds cost in a day, how soon a publication is
in every feed, and what 10,000 waiting readers of the live stream take."""

import concurrent.futures
import http.client
import resource
import socket
import time

from .edge_load import quantile
from .errors import DevError

POLLS = 48  # each half an hour
PUBLISHED_AT = (3, 11, 17, 24, 30, 38)  # polls before which a story was published
LEAST_SAVED = 0.90
FANOUT_P99_MS = 150
READERS = 10_000
READERS_MIB = 300


def publish(stack, number, languages=("en",)):
    translations = [{"language_code": language, "headline": f"{language} {number} {time.time_ns()}",
                     "body_html": f"<p>{'Муус суол аһылынна. ' * 40}{number}</p>"} for language in languages]
    return stack.call("content/CreateArticle", {"section_id": "economy", "translations": translations,
                                                "publish": True})["article"]


def feeds(stack, languages):
    found = []
    for language in languages:
        for feed in stack.call("feed/ListFeeds", {"language_code": language})["feeds"]:
            scope = feed["rss_path"].rsplit("/", 1)[0]
            found += [f"{scope}/{name}" for name in ("rss.xml", "atom.xml", "feed.json")]
    return found


def polls(stack):
    """A day of one reader of one feed, with validators and compression, beside one that takes the whole each time."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.settings.ports["edge"], timeout=20)

    def get(headers):
        connection.request("GET", "/en/rss.xml", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 20
        return answer, head + len(body)

    polite = whole = 0
    tag = modified = None
    for number in range(POLLS):
        if number in PUBLISHED_AT:
            article = publish(stack, number)
            stack.call("rendering/WaitVisible", {"article_id": article["article_id"], "sequence": article["sequence"]})
        headers = {"Accept-Encoding": "br, gzip"}
        if tag:
            headers |= {"If-None-Match": tag, "If-Modified-Since": modified}
        answer, size = get(headers)
        tag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        polite += size
        whole += get({})[1]
    saved = 1 - polite / whole
    print(f"\n{POLLS} polls, {len(PUBLISHED_AT)} publications: {polite:,} bytes with validators and compression,"
          f" {whole:,} without: {saved:.1%} saved (at least {LEAST_SAVED:.0%})")
    return 0 if saved >= LEAST_SAVED else 1


def fanout(stack):
    """From acknowledgement until every feed of every language that holds the story shows it, each asked for by a reader."""
    site = stack.call("content/GetSite", {})["site"]
    languages = [one["language_code"] for one in site["languages"]]
    port = stack.settings.ports["edge"]
    wanted = [f"/{language}{scope}/{name}" for language in languages for scope in ("", "/economy")
              for name in ("rss.xml", "atom.xml", "feed.json")]
    every = feeds(stack, languages)
    shown, answered = [], []

    def get(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path)
        return connection.getresponse().read()

    def until_it_shows(path, headline, acknowledged):
        """When the first GET that shows it began, and when that was answered: ms after the acknowledgement."""
        while True:
            began = time.perf_counter()
            if headline.encode() in get(path):
                return (began - acknowledged) * 1e3, (time.perf_counter() - acknowledged) * 1e3

    with concurrent.futures.ThreadPoolExecutor(len(wanted)) as pool:
        list(pool.map(get, every))  # all of them are kept
        for number in range(60):
            article = publish(stack, number, languages)
            acknowledged = time.perf_counter()
            headlines = {one["language_code"]: one["headline"] for one in article["translations"]}
            pairs = list(pool.map(lambda path: until_it_shows(path, headlines[path.split("/")[1]], acknowledged), wanted))
            shown.append(max(one for one, _ in pairs))
            answered.append(max(two for _, two in pairs))
    print(f"\n{len(every)} feeds kept in {len(languages)} languages; a story into {len(wanted)} of them, 60 publications, every feed"
          f" asked for at once. A GET that began so long after the acknowledgement shows it, in the last of them: p50"
          f" {quantile(shown, .5):.1f} ms, p99 {quantile(shown, .99):.1f} ms (at most p99 {FANOUT_P99_MS}); the last was answered"
          f" p50 {quantile(answered, .5):.1f} ms, p99 {quantile(answered, .99):.1f} ms")
    return 0 if quantile(shown, .99) <= FANOUT_P99_MS else 1


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def sse(stack):
    """The edge's memory before and with so many idle readers of /en/live; then all of them hear one publication."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, READERS + 1000), hard))
    pid = next(int(row[1]) for row in stack.status() if row[0] == "rendering")
    port = stack.settings.ports["edge"]
    before = resident_mib(pid)
    readers = []
    for _ in range(READERS):
        reader = socket.create_connection(("127.0.0.1", port), timeout=30)
        reader.sendall(b"GET /en/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        readers.append(reader)
    heard = [b""] * READERS
    for number, reader in enumerate(readers):
        while b"retry: 2000\n\n" not in heard[number]:
            got = reader.recv(4096)
            if not got:
                raise DevError(f"reader {number} was turned away: {heard[number][:200]!r}")
            heard[number] += got
    idle = resident_mib(pid)
    publish(stack, 0)
    began = time.perf_counter()
    for reader in readers:
        got = b""
        while b"event: added" not in got:
            got += reader.recv(4096)
    took = (time.perf_counter() - began) * 1e3
    for reader in readers:
        reader.close()
    print(f"\n{READERS:,} idle readers of the live stream: the edge has {idle:.0f} MiB, {before:.0f} without them"
          f" (at most {READERS_MIB} more); all had heard of a publication {took:.0f} ms after it was acknowledged")
    return 0 if idle - before <= READERS_MIB else 1
