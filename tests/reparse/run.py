"""Reads what `kimberlite-ingest clean` lets through once more, by another HTML parser: `run.py [--count N]`.

The inputs are hostile constructs (hostile.txt, one a line) and random mixtures of their pieces, always the same for the
same N. parse5 comes from npm by package-lock.json and is kept below <build>/reparse. Exit code 77: skipped, npm is missing.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
BASE = "https://example.org/news/7"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=3000, help="random mixtures")
    parser.add_argument("--build-dir", type=pathlib.Path, default=pathlib.Path(os.environ.get("KIMBERLITE_BUILD_DIR", "build")))
    arguments = parser.parse_args()
    if not shutil.which("npm"):
        print("npm is missing: a package of the group \"pages\"")
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    directory = install(arguments.build_dir / "reparse")
    lines = "".join(json.dumps({"id": number, "html": html, "url": BASE}) + "\n"
                    for number, html in enumerate(inputs(arguments.count)))
    cleaned = subprocess.run([arguments.build_dir / "bin" / "kimberlite-ingest", "clean"], input=lines, text=True,
                             stdout=subprocess.PIPE, check=True).stdout
    return subprocess.run(["node", directory / "check.mjs"], input=cleaned, text=True).returncode


def install(directory):
    """The parser, as package-lock.json says; nothing of it runs a script while it is installed."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("check.mjs", "package.json", "package-lock.json"):
        if not (directory / name).exists() or (directory / name).read_bytes() != (HERE / name).read_bytes():
            shutil.rmtree(directory / "node_modules", ignore_errors=True)
            shutil.copy(HERE / name, directory / name)
    if not (directory / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, check=True,
                       stdout=subprocess.DEVNULL)
    return directory


def inputs(count):
    hostile = [line for line in (HERE / "hostile.txt").read_text(encoding="utf-8").splitlines() if line]
    yield from hostile
    pieces = [piece for line in hostile for piece in re.findall(r"<[^<>]*>?|[^<]+", line)]
    pieces += ["<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<a href=x>", "</a>", "<b>", "</b>", "<li>", "<ul>",
               "</ul>", "<h2>", "</h3>", "<pre>\n", "x", " ", "&lt;", "&amp;", "<ruby>", "<rt>", "<dl>", "<dd>"]
    source = random.Random(20261124)
    for _ in range(count):
        text = "".join(source.choice(pieces) for _ in range(source.randint(2, 12)))
        if source.random() < 0.3:
            at = source.randrange(len(text))
            text = text[:at] + source.choice("<>\"'/=&;-! \n\0`") + text[at + source.randint(0, 2):]
        yield text


if __name__ == "__main__":
    sys.exit(main())
