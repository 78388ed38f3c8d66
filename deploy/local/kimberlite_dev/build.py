"""Configures and builds, and says little where little happens."""

import os
import re
import shutil
import subprocess
import sys
import time

from .errors import DevError
from .process import say
from .settings import REPOSITORY, SERVICES

PROGRAMS = [f"kimberlite-{name}" for name in SERVICES] + ["kimberlitectl"]


def build(build_dir, targets=()):
    """Builds the targets, or everything."""
    for program in ("cmake", "ninja"):
        if not shutil.which(program):
            raise DevError(f"{program} is not installed")
    began = time.monotonic()
    if not (build_dir / "build.ninja").exists():
        say("build", f"configuring {build_dir}")
        _run(["cmake", "-S", REPOSITORY, "-B", build_dir, "-G", "Ninja"])
    steps = _run(["ninja", "-C", build_dir, *targets])
    say("build", f"{steps} steps in {time.monotonic() - began:.0f} s" if steps else "nothing to do")


def _run(command):
    """Runs with its own output on a terminal, else with a line of progress every ten seconds. Returns the steps done."""
    command = list(map(str, command))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env={**os.environ, "NINJA_STATUS": "[%f/%t] "}) as process:
        done, shown, kept = 0, time.monotonic(), []
        for line in process.stdout:
            progress = re.match(r"\[(\d+)/(\d+)\] ", line)
            if not progress:
                kept.append(line)
                # Warnings and errors are shown as they come; what cmake finds, only when it fails.
                if command[0] == "ninja" and not line.startswith("ninja: "):
                    print(("\r\033[K" if sys.stdout.isatty() else "") + line, end="", flush=True)
                continue
            done = int(progress[1])
            if sys.stdout.isatty():
                print(f"\r\033[Kbuild      {done} of {progress[2]}", end="", flush=True)
            elif time.monotonic() - shown > 10:
                shown = time.monotonic()
                say("build", f"{done} of {progress[2]}")
        if sys.stdout.isatty() and done:
            print("\r\033[K", end="")
    if process.returncode != 0:
        if command[0] != "ninja":
            print("".join(kept), end="")
        raise DevError(f"the build failed: {' '.join(command)}")
    return done
