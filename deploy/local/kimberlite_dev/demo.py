"""./dev demo and ./dev bench: a story told as it happens, and the time from acknowledgement to readers."""

import dataclasses
import json

from .build import PROGRAMS, build
from .errors import DevError
from .process import say
from .settings import Settings, default_build_dir, default_dev_dir
from .stack import Stack
from .story import Story

# What DESIGN.md promises for an idle machine of two cores.
P50_MS, P99_MS = 50, 150
SECOND_STACK_PORTS = 1000  # added to the ports of the first


def run(arguments, with_story):
    """Returns 0 when every measure keeps the promise."""
    settings = Settings.saved_in(default_dev_dir())
    wanted = "kafka" if arguments.kafka else settings.bus if settings else "postgres"
    if settings is None or settings.bus != wanted:
        settings = Settings.for_up(wanted)
    if not arguments.no_build:
        build(default_build_dir(), PROGRAMS)
    stack = Stack(settings)
    with stack.lock():
        stack.up()
    if with_story:
        Story(stack, tell).run()
    results = {stack.settings.bus: measure(stack, arguments.publishes)}
    if arguments.both:
        results |= measure_other(stack.settings, arguments.publishes)
    print_table(results)
    return 0 if all(keeps_promise(result) for result in results.values()) else 1


def tell(milliseconds, sentence):
    print(f"{milliseconds:>9.0f} ms  {sentence}", flush=True)


def measure(stack, count):
    """Publishes `count` articles one after another; for each the time from acknowledgement until readers see it."""
    say("bench", f"{count} publications through the {stack.settings.bus} bus")
    arguments = ("bench", "publish", "--count", count, "--edge", stack.settings.edge_url, "-o", "json")
    return json.loads(stack.control(*arguments).stdout)


def measure_other(settings, count):
    """The same on a stack of its own with the other bus, which is stopped afterwards."""
    bus = "postgres" if settings.bus == "kafka" else "kafka"
    other = dataclasses.replace(
        settings,
        dev_dir=settings.dev_dir / f"bench-{bus}",
        bus=bus,
        ports={name: port + SECOND_STACK_PORTS for name, port in settings.ports.items()},
    )
    stack = Stack(other)
    with stack.lock():
        try:
            stack.up()
            return {bus: measure(stack, count)}
        finally:
            stack.down()


def keeps_promise(result):
    return all(place["p50_ms"] <= P50_MS and place["p99_ms"] <= P99_MS for place in places(result).values())


def places(result):
    """Where a publication was looked for, e.g. {"article": {"p50_ms": …}}."""
    found = {name: value for name, value in result.items() if isinstance(value, dict) and "p99_ms" in value}
    if not found:
        raise DevError(f"kimberlitectl bench publish printed no measures: {result}")
    return found


def print_table(results):
    print(f"\nacknowledged → visible, in ms (promised: p50 ≤ {P50_MS}, p99 ≤ {P99_MS})")
    print(f"{'bus':<10} {'where':<16} {'count':>6} {'p50':>8} {'p90':>8} {'p99':>8} {'max':>8}")
    for bus, result in results.items():
        for place, value in places(result).items():
            numbers = " ".join(f"{value.get(key, float('nan')):>8.1f}" for key in ("p50_ms", "p90_ms", "p99_ms", "max_ms"))
            print(f"{bus:<10} {place:<16} {result['count']:>6} {numbers}")
