"""./dev check --long: what takes too long for every commit. Every fuzzer searches for a while, and what the cleaner of
foreign HTML lets through and what our feeds say is read again by other parsers; after a hundred thousand random edits no
page is stale."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from . import testing
from .build import build
from .errors import DevError
from .process import say
from .settings import REPOSITORY, default_build_dir

DEFAULT_SECONDS = 120  # for each fuzzer


def check(seconds=DEFAULT_SECONDS):
    build_dir = default_build_dir()
    failed = [name for name in fuzzers() if not fuzz(name, build_dir, seconds)]
    build(build_dir, ["kimberlite-ingest"])
    command = [sys.executable, "-B", REPOSITORY / "tests/reparse/run.py", "--count", "100000"]
    environment = {**os.environ, "KIMBERLITE_BUILD_DIR": str(build_dir), "CI": "true"}
    if subprocess.run(command, env=environment).returncode != 0:
        failed.append("reparse")
    build(build_dir, ["feed_write_samples"])
    if subprocess.run([sys.executable, "-B", REPOSITORY / "tests/feeds/run.py"], env=environment).returncode != 0:
        failed.append("feeds")
    if not fresh(build_dir):
        failed.append("freshness")
    say("long", f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def fresh(build_dir, edits=100_000):
    """Whether no cached page was ever stale after a hundred thousand random edits, on servers of its own."""
    build(build_dir, ["freshness_test"])
    environment = {"KIMBERLITE_FRESHNESS_EDITS": str(edits), "KIMBERLITE_FRESHNESS_BATCH": "1000",
                   "KIMBERLITE_FRESHNESS_ARTICLES": "60", "KIMBERLITE_FRESHNESS_SINGLE": "300"}
    with contextlib.ExitStack() as cleanup:
        servers = testing.start_servers(cleanup)
        command = [build_dir / "tests/freshness_test"]
        return subprocess.run(command, env={**os.environ, **servers, **environment}).returncode == 0


def fuzzers():
    text = (REPOSITORY / "tests/fuzz/CMakeLists.txt").read_text(encoding="utf-8")
    return re.findall(r"^kimberlite_fuzz\((\w+)", text, re.MULTILINE)


def fuzz(name, build_dir, seconds):
    """Whether nothing was found. What is found stays below <build>-fuzz/findings, what is new in <build>-fuzz/corpus."""
    fuzz_dir = fuzz_build(build_dir)
    build(fuzz_dir, [name])
    findings, corpus = fuzz_dir / "findings", fuzz_dir / "corpus" / name
    for directory in (findings, corpus):
        directory.mkdir(parents=True, exist_ok=True)
    say("fuzz", f"{name}: {seconds} s")
    command = [fuzz_dir / "fuzz" / name, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               f"-artifact_prefix={findings}/{name}-", corpus, REPOSITORY / "tests/fuzz/corpus" / name]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    runs = re.search(r"Done (\d+) runs", result.stdout)
    if result.returncode != 0:
        print("\n".join(result.stdout.splitlines()[-60:]))
    say("fuzz", f"{name}: {'found something' if result.returncode else 'nothing found'}"
                f" in {runs[1] if runs else 'less than all'} runs")
    return result.returncode == 0


def fuzz_build(build_dir):
    """A build of its own: all code is instrumented."""
    if not shutil.which("clang++-19"):
        raise DevError("the fuzzers need clang++-19")
    fuzz_dir = pathlib.Path(f"{build_dir}-fuzz")
    if not (fuzz_dir / "build.ninja").exists():
        say("build", f"configuring {fuzz_dir}")
        subprocess.run(["cmake", "-S", REPOSITORY, "-B", fuzz_dir, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19",
                        "-DCMAKE_C_COMPILER=clang-19", "-DKIMBERLITE_FUZZ=ON",
                        "-DKIMBERLITE_SANITIZE=fuzzer-no-link,address,undefined"], check=True, stdout=subprocess.DEVNULL)
    return fuzz_dir
