"""Whether independent parsers read back of our feeds what was written: Python's feedparser, npm's feedsmith, Go's gofeed.

The documents are the samples of services/feed (feed_write_samples): several scripts, archives, hostile texts. The
parsers come from PyPI, npm and the Go module proxy, in the versions written here, and are kept below <build>/feeds.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FEEDPARSER = "feedparser==6.0.11"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build-dir", type=pathlib.Path, default=pathlib.Path(os.environ.get("KIMBERLITE_BUILD_DIR", "build")))
    build_dir = parser.parse_args().build_dir.resolve()
    work = build_dir / "feeds"
    samples = work / "samples"
    shutil.rmtree(samples, ignore_errors=True)
    samples.mkdir(parents=True)
    subprocess.run([build_dir / "tests" / "feed_write_samples", samples], check=True)
    expected = json.loads((samples / "expected.json").read_text(encoding="utf-8"))
    differences = 0
    for name, read in {"feedparser": feedparser(work, samples), "feedsmith": feedsmith(work, samples),
                       "gofeed": gofeed(work, samples)}.items():
        differences += compare(name, read, expected)
    return 1 if differences else 0


def output(command, **options):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout)


def feedparser(work, samples):
    environment = work / "python"
    if not (environment / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check", FEEDPARSER], check=True)
        (environment / "installed").touch()
    return output([environment / "bin/python", HERE / "read.py", samples])


def feedsmith(work, samples):
    directory = work / "npm"
    directory.mkdir(exist_ok=True)
    for name in ("read.mjs", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, directory / name)
    if not (directory / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, check=True,
                       stdout=subprocess.DEVNULL)
    return output(["node", directory / "read.mjs", samples])


def gofeed(work, samples):
    return output(["go", "run", ".", samples], cwd=HERE / "gofeed",
                  env={**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"})


def plain(text):
    """A title as far as parsers agree on it: white space at its ends and of its kind, and markup, are theirs."""
    return " ".join((text or "").split())


def compare(name, read, expected):
    differences = 0
    for file, entries in sorted(read.items()):
        wanted = expected[file.rsplit(".", 1)[0]]["entries"]
        pairs = [(one, two) for one, two in zip(entries, wanted)]
        wrong = len(entries) != len(wanted)
        for one, two in pairs:
            same = one["id"] == two["id"] and one["url"] == two["url"] and one["published"] == two["published"]
            # What attacks is compared by what it is made of elsewhere; here it only has to come out at all.
            if not same or (not file.startswith("hostile") and plain(one["title"]) != plain(two["title"])):
                wrong = True
                print(f"{name}: {file}: read {one}, written {two}")
        differences += wrong
        print(f"{name:<12}{file:<16}{len(entries)} entries{', NOT as written' if wrong else ''}")
    return differences


if __name__ == "__main__":
    sys.exit(main())
