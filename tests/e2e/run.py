"""Runs the end-to-end tests on a fresh stack: `run.py postgres|kafka [test names…]`.

The stack lives below <build>/e2e/<bus> and has ports of its own; it is stopped at the end and its files are kept for a
look until the next run. Exit code 77: skipped, Kafka is missing.
"""

import os
import pathlib
import shutil
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "deploy/local")]

from kimberlite_dev import process, settings, stack  # noqa: E402 (found through the path above)

import fixture  # noqa: E402

SKIPPED = 77
PORT_DISTANCE = {"postgres": 200, "kafka": 300}


def main():
    bus, names = sys.argv[1], sys.argv[2:]
    in_ci = os.environ.get("CI") == "true"
    if bus == "kafka" and "KIMBERLITE_TEST_KAFKA_BROKERS" not in os.environ and not in_ci:
        print("skipped: no Kafka was started for the tests (KIMBERLITE_TEST_KAFKA_BROKERS is not set)")
        return SKIPPED
    ports = {name: port + PORT_DISTANCE[bus] for name, port in settings.ports_from_environment().items()}
    build_dir = settings.default_build_dir()
    fixture.stack = stack.Stack(settings.Settings(build_dir / "e2e" / bus, build_dir, bus, ports))
    start_from_nothing(fixture.stack)
    try:
        fixture.stack.up()
        loader = unittest.TestLoader()
        suite = loader.loadTestsFromNames(names) if names else loader.discover(str(HERE), pattern="*_test.py")
        result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
        passed = result.wasSuccessful() and result.testsRun > 0
        if not passed:
            show_logs(fixture.stack)
    finally:
        fixture.stack.down()
    return 0 if passed else 1


def start_from_nothing(stack):
    stack.settings.make_directories()
    stack.down()  # what a run that was killed has left
    shutil.rmtree(stack.settings.dev_dir)
    shutil.rmtree(stack.settings.run_dir, ignore_errors=True)
    stack.settings.make_directories()


def show_logs(stack):
    for part in stack.parts():
        print(f"\n--- the end of {part.daemon.log_file}\n{process.last_lines(part.daemon.log_file, 30)}")


if __name__ == "__main__":
    sys.exit(main())
