"""The commands of ./dev."""

import argparse
import os
import subprocess
import sys

from . import bench, demo, long, testing
from .build import PROGRAMS, build
from .errors import DevError
from .process import say
from .settings import REPOSITORY, SERVICES, Settings, default_dev_dir
from .stack import Stack

DESCRIPTION = """Kimberlite on one machine. All state lives under .dev (moved by KIMBERLITE_DEV_DIR), the build under build
(KIMBERLITE_BUILD_DIR). Ports: KIMBERLITE_PORT_OFFSET moves all, KIMBERLITE_EDGE_PORT and its like move one."""


def main():
    parser = argparse.ArgumentParser(prog="./dev", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name, help_text, function, *, options=()):
        sub = commands.add_parser(name, help=help_text, description=help_text)
        for flags, settings in options:
            sub.add_argument(*flags, **settings)
        sub.set_defaults(function=function)

    kafka = (["--kafka"], {"action": "store_true", "help": "use real Apache Kafka instead of the embedded bus"})
    no_build = (["--no-build"], {"action": "store_true", "help": "use the programs as they are"})
    publishes = (["--publishes"], {"type": int, "default": 200, "metavar": "N", "help": "publications to measure (200)"})
    both = (["--both"], {"action": "store_true", "help": "measure on a second stack with the other bus, too"})
    command("up", "build, start everything and load the demo newsroom; harmless when it runs", up, options=[kafka, no_build])
    command("down", "stop everything that ./dev up started", down)
    command("status", "what runs, where, and why not; fails when something does not", status)
    command("logs", "the last lines of the logs", logs, options=[
        (["service"], {"nargs": "?", "help": "one of " + ", ".join([*SERVICES, "postgres", "redis", "kafka", "wire"])}),
        (["-f", "--follow"], {"action": "store_true", "help": "go on as they grow"}),
    ])
    command("test", "build and run every test on real servers", test, options=[
        (["arguments"], {"nargs": argparse.REMAINDER, "metavar": "…", "help": "for ctest, e.g. -R content -V"}),
    ])
    command("check", "layout of the sources, unit and contract tests",
            check, options=[
        (["--pages"], {"action": "store_true", "help": "instead, every kind of page in a browser; about ten minutes"}),
        (["--long"], {"action": "store_true", "help": "instead, every fuzzer, and cleaned HTML read by another parser"}),
        (["--seconds"], {"type": int, "default": long.DEFAULT_SECONDS, "help": "with --long: for each fuzzer"}),
    ])
    command("demo", "tell the way of one story as it happens, then measure publications",
            lambda arguments: demo.run(arguments, with_story=True), options=[kafka, publishes, both, no_build])
    command("bench", "the measures of the demo alone, or with a NAME of one part. " + bench.names(), measure, options=[
        (["name"], {"nargs": "?", "metavar": "NAME", "help": "one of " + ", ".join([*bench.PROGRAMS, *bench.ON_A_STACK])}),
        (["--data"], {"metavar": "DIR", "help": "texts to measure on"}),
        (["--size"], {"metavar": "ARTICLES", "type": int, "help": "of content-reads; 100000 unless given"}),
        kafka, publishes, both, no_build,
    ])
    command("images", "build the container images", images)
    command("help", "this text", lambda _: parser.print_help())

    # argparse's REMAINDER does not take an option as its first word.
    words = sys.argv[1:]
    if words[:1] == ["test"] and words[1:2] not in (["--help"], ["-h"]):
        arguments = argparse.Namespace(function=test, arguments=words[1:])
    else:
        arguments = parser.parse_args(words)
    try:
        return arguments.function(arguments) or 0
    except DevError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def up(arguments):
    stack = Stack(Settings.for_up("kafka" if arguments.kafka else "postgres"))
    if not arguments.no_build:
        build(stack.settings.build_dir, PROGRAMS)
    with stack.lock():
        stack.up()
    edge = stack.settings.edge_url
    print(f"""
  {edge}/            choose a language
  {edge}/en/         the demo in English; also ru, sah, fr, ar, zh
  {edge}/en/rss.xml  its feed
  {stack.wire.url}/            the demo's news wire

  {stack.settings.binary('kimberlitectl')} --help     speaks to the services; ./dev demo shows how a story travels
  ./dev status · ./dev logs -f · ./dev down""")


def running_stack():
    settings = Settings.saved_in(default_dev_dir())
    if settings is None:
        raise DevError(f"nothing was started here yet ({default_dev_dir()}): ./dev up")
    return Stack(settings)


def down(_):
    if Settings.saved_in(default_dev_dir()) is None:
        say("dev", "nothing was started here")
        return
    stack = running_stack()
    with stack.lock():
        stack.down()
    say("dev", "all stopped; ./dev up goes on from here")


def status(_):
    stack = running_stack()
    rows = stack.status()
    for name, pid, where, why in rows:
        print(f"{name:<10} {pid or '-':<8} {where:<40} {why or 'ready'}")
    if any(why for *_, why in rows):
        kafka = " --kafka" if stack.settings.bus == "kafka" else ""
        print(f"\n./dev up{kafka} starts what is missing; ./dev logs NAME tells why it went")
        return 1


def logs(arguments):
    stack = running_stack()
    daemons = [part.daemon for part in stack.parts()]
    files = [daemon.log_file for daemon in daemons if arguments.service in (None, daemon.name)]
    if not files:
        raise DevError(f"there is no part named {arguments.service}")
    files = [str(file) for file in files if file.exists()]
    if not files:
        raise DevError("nothing was logged yet")
    sys.stdout.flush()
    os.execvp("tail", ["tail", *(["-F"] if arguments.follow else []), "-n", "50", *files])


def images(_):
    return subprocess.run([REPOSITORY / "deploy/docker/build_images.sh"]).returncode


def check(arguments):
    if arguments.long:
        return long.check(arguments.seconds)
    return testing.check_pages() if arguments.pages else testing.check()


def measure(arguments):
    if arguments.name:
        return bench.run(arguments.name, arguments.data, arguments.size)
    return demo.run(arguments, with_story=False)


def test(arguments):
    return testing.run_tests(arguments.arguments)


if __name__ == "__main__":
    sys.exit(main())
