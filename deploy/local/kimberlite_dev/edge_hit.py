"""./dev bench edge-hit: processor time per kept page, side by side with nginx, Varnish and a bare loop, in one run."""

import contextlib
import json
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile

from . import edge_servers as servers
from .errors import DevError
from .process import say
from .stack import NEWSROOM

ROUNDS, SECONDS, CONNECTIONS = 7, 2, 16
PAGE_BYTES = 10_240
FRAME_BYTES = 2_600  # of a lite page, without the story's words
HEAD_END = b"\r\n\r\n"
# name: at most this times the other's processor time per request
AIMS = {"nginx static": 0.9, "nginx proxy_cache": 0.55, "varnish": 0.4, "bare loop": 1.4}
P99_MS = 2.0


def run(stack):
    """Returns 0 when the aims are reached."""
    with tempfile.TemporaryDirectory(prefix="kimberlite-bench-") as name, contextlib.ExitStack() as exits:
        directory = pathlib.Path(name)
        edge_process, edge_port = exits.enter_context(servers.edge(stack, directory))
        path = make_page(stack, edge_port)
        results = {}
        for coding in ("identity", "br"):
            results[coding] = compare(stack, exits, directory, edge_process, edge_port, path, coding)
        rate = 0.5 * saturation(edge_port, path)
        _, bare_port = exits.enter_context(servers.bare(stack, directory, fetch(edge_port, path, "br")))
        p99 = fixed_rate(stack, directory, {"kimberlite": edge_port, "bare loop": bare_port}, path, rate)
    return report(results, rate, p99)


def make_page(stack, port):
    """The path of a page of about PAGE_BYTES: the lite form of a story of the newsroom's words."""
    paragraphs = []
    for line in (NEWSROOM / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        for translation in json.loads(line).get("translations", []):
            if translation["language_code"] == "en":
                paragraphs += re.findall(r"<p>.*?</p>", translation["body_html"], re.DOTALL)
    body = ""
    for paragraph in paragraphs:
        if len((body + paragraph).encode()) < PAGE_BYTES - FRAME_BYTES:
            body += paragraph
    article = stack.call("content/CreateArticle", {
        "idempotency_key": f"bench:edge-hit:{len(body)}", "section_id": "economy", "publish": True,
        "translations": [{"language_code": "en", "headline": "A page to be measured", "body_html": body}],
    }, bearer="dev-editor")["article"]
    stack.call("rendering/WaitVisible", {"article_id": article["article_id"], "sequence": article["sequence"]})
    path = f"/en/economy/{article['article_id']}-{article['translations'][0]['slug']}/lite"
    answer = fetch(port, path, "identity")
    say("bench", f"{path}: {len(answer.split(HEAD_END, 1)[1])} bytes")
    return path


def fetch(port, path, coding):
    """The whole answer, head included, as a hit."""
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n\r\n".encode())
            answer = b""
            while HEAD_END not in answer:
                answer += connection.recv(65536)
            head, body = answer.split(HEAD_END, 1)
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            while len(body) < length:
                body += connection.recv(65536)
    if b"Cache-Status: Kimberlite; hit" not in head:
        raise DevError(f"{path} is not kept:\n{head.decode()}")
    return head + HEAD_END + body


def compare(stack, exits, directory, edge_process, edge_port, path, coding):
    """Median microseconds of processor time per request, by server."""
    answer = fetch(edge_port, path, coding)
    body = answer.split(HEAD_END, 1)[1]
    files = directory / f"files-{coding}"
    files.mkdir()
    (files / "page.html").write_bytes(body)
    encoding = "add_header Content-Encoding br;" if coding == "br" else ""
    bare_process, bare_port = exits.enter_context(servers.bare(stack, directory, answer))
    static = exits.enter_context(servers.nginx(
        directory, f"static-{coding}", http="open_file_cache max=100 inactive=1h; open_file_cache_valid 1h;",
        server=f"root {files}; {encoding}"))
    proxy = exits.enter_context(servers.nginx(
        directory, f"proxy-{coding}", http="proxy_cache_path {dir}/cache keys_zone=pages:1m; open_file_cache max=100 inactive=1h;",
        server=f"location / {{{{ proxy_pass http://127.0.0.1:{bare_port}; proxy_cache pages; proxy_cache_valid 200 1h; "
               "proxy_ignore_headers Cache-Control Vary; }}"))
    varnish = exits.enter_context(servers.varnish(directory, f"varnish-{coding}", bare_port))
    contestants = {
        "kimberlite": (edge_process, edge_port, path),
        "bare loop": (bare_process, bare_port, path),
        "nginx static": (*static, "/page.html"),
        "nginx proxy_cache": (*proxy, path),
        "varnish": (*varnish, path),
    }
    times = {name: [] for name in contestants}
    for round_number in range(ROUNDS + 1):
        for name, (process, port, target) in contestants.items():
            before = servers.cpu_seconds(process.pid)
            requests = wrk(port, target, coding, SECONDS if round_number else 0.5)
            used = servers.cpu_seconds(process.pid) - before
            if round_number:  # the first warms up
                times[name].append(used / requests * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def wrk(port, path, coding, seconds):
    """Requests that were answered."""
    # wrk takes whole seconds alone.
    result = subprocess.run(
        [servers.program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s",
         "-H", f"Accept-Encoding: {coding}", f"http://127.0.0.1:{port}{path}"],
        stdout=subprocess.PIPE, text=True, check=True, preexec_fn=servers.pin(servers.CLIENT_CPU),
    ).stdout
    if "Non-2xx" in result or "Socket errors" in result:
        raise DevError(f"not all was answered:\n{result}")
    return next(int(line.split()[0]) for line in result.splitlines() if " requests in " in line)


def saturation(port, path):
    """Requests a second that the edge answers on its core when more are always waiting."""
    return statistics.median(wrk(port, path, "br", 2) / 2 for _ in range(3))


def fixed_rate(stack, directory, ports, path, rate):
    """By server the median over rounds of the 99th percentile of latency at this rate. What the bare loop needs is the
    machine's own."""
    paths = directory / "paths"
    paths.write_text(path + "\n")
    rounds = {name: [] for name in ports}
    for _ in range(ROUNDS):
        for name, port in ports.items():
            output = subprocess.run(
                [stack.settings.binary("http_load"), "--port", str(port), "--paths", paths, "--rate", str(int(rate)),
                 "--connections", "64", "--seconds", "2", "--header", "Accept-Encoding: br"],
                stdout=subprocess.PIPE, check=True, preexec_fn=servers.pin(servers.CLIENT_CPU),
            ).stdout
            result = json.loads(output)
            if result["broken"] or set(result["statuses"]) != {"200"}:
                raise DevError(f"not all was answered: {result}")
            rounds[name].append(result["p99_ms"])
    return {name: statistics.median(values) for name, values in rounds.items()}


def report(results, rate, p99):
    reached = p99["kimberlite"] <= P99_MS
    print(f"\n{'processor time per request, µs':<32}" + "".join(f"{coding:>10} {'ratio':>6}" for coding in results))
    for name in ("kimberlite", *AIMS):
        cells = ""
        for times in results.values():
            ratio = times["kimberlite"] / times[name]
            cells += f"{times[name]:>10.1f} {ratio:>6.2f}"
            reached = reached and ratio <= AIMS.get(name, 1)
        aim = f"   at most {AIMS[name]}" if name in AIMS else ""
        print(f"{name:<32}{cells}{aim}")
    print(f"p99 of a hit at half of saturation ({rate:.0f}/s): {p99['kimberlite']:.2f} ms (at most {P99_MS}); "
          f"of the bare loop at the same rate: {p99['bare loop']:.2f} ms")
    return 0 if reached else 1
