"""./dev test and ./dev check: private servers for the tests, then ctest."""

import contextlib
import os
import shutil
import subprocess
import sys

from . import kafka, postgres, redis
from .build import PROGRAMS, build
from .errors import DevError
from .process import say
from .settings import REPOSITORY, Settings, default_build_dir, default_dev_dir, ports_from_environment

# Apart from every stack's, so that tests run beside one. Moved by KIMBERLITE_PORT_OFFSET as well.
PORT_DISTANCE = 100


def run_tests(arguments):
    """Builds everything, runs ctest with real servers, stops them. Returns ctest's exit code."""
    build_dir = default_build_dir()
    build(build_dir)
    with contextlib.ExitStack() as cleanup:
        environment = start_servers(cleanup)
        code = ctest(build_dir, arguments, environment)
    return code


def start_servers(cleanup):
    """Fresh PostgreSQL, Redis and Kafka below .dev/test, to be stopped by `cleanup`. Returns the tests' environment."""
    directory = default_dev_dir() / "test"
    ports = {name: port + PORT_DISTANCE for name, port in ports_from_environment().items()}
    settings = Settings(directory, default_build_dir(), "kafka", ports)
    settings.make_directories()
    parts = (settings.run_dir, settings.log_dir)
    servers = [
        # Its data need not survive a power cut; the tests of durability (e2e) start servers of their own.
        postgres.Postgres(directory / "postgres", *parts, durable=False),
        redis.Redis(directory / "redis", *parts),
        kafka.Kafka(directory / "kafka", *parts, ports["kafka"], ports["kafka_controller"]),
    ]
    for server in servers:
        server.stop()  # left by a run that was killed
        shutil.rmtree(server.directory, ignore_errors=True)
    variables = {
        "postgres": ("KIMBERLITE_TEST_POSTGRES_URL", servers[0].url),
        "redis": ("KIMBERLITE_TEST_REDIS_URL", servers[1].url),
        "kafka": ("KIMBERLITE_TEST_KAFKA_BROKERS", servers[2].brokers),
    }
    environment = {}
    for server in servers:
        name = server.daemon.name
        cleanup.callback(server.stop)
        try:
            server.start()
        except kafka.Unavailable as error:
            if os.environ.get("CI") == "true":
                raise DevError(f"CI=true, and Kafka is missing: {error}") from error
            shout("KAFKA IS MISSING: the tests that need it are SKIPPED", str(error))
            continue
        variable, url = variables[name]
        environment[variable] = url
        say(name, f"for the tests: {url}")
    return environment


def start_postgres(cleanup, durable):
    """A fresh PostgreSQL below .dev/test alone, to be stopped by `cleanup`."""
    directory = default_dev_dir() / "test"
    settings = Settings(directory, default_build_dir(), "postgres", ports_from_environment())
    settings.make_directories()
    server = postgres.Postgres(directory / "postgres", settings.run_dir, settings.log_dir, durable=durable)
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)
    cleanup.callback(server.stop)
    server.start()
    return server


def shout(headline, text):
    line = "*" * 100
    print(f"{line}\n* {headline}\n{line}\n{text}\n{line}", flush=True)


def ctest(build_dir, arguments, environment):
    jobs = f"-j{os.cpu_count()}"
    command = ["ctest", "--test-dir", str(build_dir), "--output-on-failure", "--no-tests=error", jobs, *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KIMBERLITE_TEST_")}
    return subprocess.run(command, env={**inherited, **environment}).returncode


def check():
    """Before a commit: layout of the sources, then the tests that need no server."""
    code = check_format()
    build_dir = default_build_dir()
    build(build_dir)
    return ctest(build_dir, ["--label-regex", "^(unit|contract)$"], {}) or code


def check_pages():
    """Every kind of page in every language, in a real browser, with Lighthouse's performance: about ten minutes."""
    build_dir = default_build_dir()
    build(build_dir, PROGRAMS)
    command = [sys.executable, "-B", REPOSITORY / "tests/pages/run.py", "--full"]
    return subprocess.run(command, env={**os.environ, "KIMBERLITE_BUILD_DIR": str(build_dir)}).returncode


def check_format():
    """Names every C++ source that clang-format would lay out differently."""
    formatter = shutil.which("clang-format-19") or shutil.which("clang-format")
    if not formatter:
        raise DevError("clang-format is not installed")
    sources = [
        str(path) for folder in ("libs", "services", "tools", "tests") for suffix in ("*.h", "*.cpp")
        for path in sorted((REPOSITORY / folder).rglob(suffix))
    ]
    result = subprocess.run([formatter, "--dry-run", "--Werror", *sources], stderr=subprocess.PIPE, text=True)
    if result.returncode:
        print(result.stderr, end="")
    say("format", f"{'differs' if result.returncode else 'as it should be'} ({len(sources)} files)")
    return result.returncode
