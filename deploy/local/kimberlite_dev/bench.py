"""./dev bench NAME: measures of one part by its own program, some on data that is not part of the tree."""

import contextlib
import os
import pathlib
import subprocess

from . import edge_hit, edge_load, feed_load, testing
from .build import PROGRAMS as SERVICES
from .build import build
from .errors import DevError
from .settings import REPOSITORY, Settings, default_build_dir, default_dev_dir
from .stack import Stack

# NAME: (what it measures, targets to build, command with {bin}, {data}, {repository}, {dev} and, of a server of its own, {postgres})
PROGRAMS = {
    "neardup": ("near-duplicates found among real articles, and different ones taken for them", ["neardup_bench"],
                ["{bin}/neardup_bench", "{data}"]),
    "ingest-parse": ("a feed of 1 MB parsed, and taken through the whole of ingest, beside libxml2 alone",
                     ["ingest_parse_bench"], ["{bin}/ingest_parse_bench"]),
    "ingest": ("items from the first poll until their events are on the bus, with a PostgreSQL that keeps what it says",
               ["ingest_bench"], ["env", "KIMBERLITE_TEST_POSTGRES_URL={postgres}", "{bin}/ingest_bench"]),
    "ingest-polling": ("a week of 1,000 feeds in virtual time: waits and requests, beside hourly polls",
                       ["ingest_polling_bench"], ["{bin}/ingest_polling_bench"]),
    "feed": ("a feed of 50 entries written and checked, in each format", ["feed_bench"], ["{bin}/feed_bench"]),
    "tagging": ("tags suggested for articles that editors tagged, learnt from earlier ones", ["kimberlite-tagging"],
                ["python3", "{repository}/tests/bench/tagging_measure.py", "{bin}/kimberlite-tagging", "{data}"]),
    "template": ("the theme's time for a list of 33 cards, and for a story", ["template_bench"],
                 ["{bin}/template_bench", "{repository}/services/rendering/theme"]),
    "content-writes": ("updates of articles with their event, beside pgbench with the same rows",
                       ["content_write_bench"], ["env", "KIMBERLITE_TEST_POSTGRES_URL={postgres}", "{bin}/content_write_bench"]),
    "langid": ("the language of sentences, headlines and articles, by a model trained without them", ["langid_train"],
               ["{repository}/libs/langid/train/measure.sh", "{bin}", "{data}", "{dev}/langid"]),
}

# Of content-reads, unless --size says another; the aims are stated for 1,000,000.
CONTENT_ARTICLES = 100_000


def content_reads(stack, size=None):
    """On the stack's PostgreSQL, in a database of the measure's own."""
    environment = {**os.environ, "KIMBERLITE_TEST_POSTGRES_URL": stack.postgres.url}
    return subprocess.run([default_build_dir() / "bin/content_reads_bench", str(size or CONTENT_ARTICLES)], env=environment).returncode


# NAME: (what it measures, further targets to build, function of a running stack)
ON_A_STACK = {
    "content-reads": ("cards of 30 articles in one call, search by how much it finds, and import, by --size", ["content_reads_bench"],
                      content_reads),
    "edge-hit": ("processor time of a kept page, beside nginx, Varnish and a bare loop", ["bare_epoll", "http_load"], edge_hit.run),
    "edge-miss": ("the time to a page that is not kept, by kind", [], edge_load.miss),
    "edge-cold": ("a new replica and an emptied Redis under 2,000 requests a second: no errors, each page made once", ["http_load"],
                  edge_load.cold),
    "feed-polls": ("the bytes of a day of polls by a well-behaved reader of a feed", [], feed_load.polls),
    "feed-fanout": ("from acknowledgement until every feed of every language shows a story", [], feed_load.fanout),
    "sse": ("the memory of 10,000 idle readers of the live stream", [], feed_load.sse),
    "publish-under-load": ("from acknowledgement to readers while 2,000 others a second read", ["http_load"], edge_load.publish),
}


def names():
    return "; ".join(f"{name}: {what}" for name, (what, *_) in {**PROGRAMS, **ON_A_STACK}.items())


def run(name, data, size=None):
    """Returns the exit code of the measure: 0 when its aims are reached."""
    if name in ON_A_STACK:
        return run_on_a_stack(name, size)
    if name not in PROGRAMS:
        raise DevError(f"there is no measure named {name}; known: {', '.join([*PROGRAMS, *ON_A_STACK])}")
    _, targets, command = PROGRAMS[name]
    needs_data = "{data}" in command
    if needs_data and (data is None or not pathlib.Path(data).is_dir()):
        raise DevError(f"{name} is measured on data: ./dev bench {name} --data DIR")
    build_dir = default_build_dir()
    build(build_dir, targets)
    with contextlib.ExitStack() as cleanup:
        return run_program(command, data, build_dir, cleanup)


def run_program(command, data, build_dir, cleanup):
    places = {"bin": build_dir / "bin", "data": data, "repository": REPOSITORY, "dev": default_dev_dir()}
    if any("{postgres}" in word for word in command):
        places["postgres"] = testing.start_postgres(cleanup, durable=True).url
    words = [word.format(**places) for word in command]
    return subprocess.run(words).returncode


def run_on_a_stack(name, size=None):
    _, targets, function = ON_A_STACK[name]
    build(default_build_dir(), [*SERVICES, *targets])
    stack = Stack(Settings.saved_in(default_dev_dir()) or Settings.for_up("postgres"))
    with stack.lock():
        stack.up()
    return function(stack, size) if function is content_reads else function(stack)
