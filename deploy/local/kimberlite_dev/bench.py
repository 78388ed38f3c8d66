"""./dev bench NAME: measures of one part by its own program, some on data that is not part of the tree."""

import pathlib
import subprocess

from .build import build
from .errors import DevError
from .settings import REPOSITORY, default_build_dir, default_dev_dir

# NAME: (what it measures, targets to build, command with {bin}, {data}, {repository}, {dev})
PROGRAMS = {
    "neardup": ("near-duplicates found among real articles, and different ones taken for them", ["neardup_bench"],
                ["{bin}/neardup_bench", "{data}"]),
    "ingest-parse": ("a feed of 1 MB parsed, and taken through the whole of ingest, beside libxml2 alone",
                     ["ingest_parse_bench"], ["{bin}/ingest_parse_bench"]),
    "langid": ("the language of sentences, headlines and articles, by a model trained without them", ["langid_train"],
               ["{repository}/libs/langid/train/measure.sh", "{bin}", "{data}", "{dev}/langid"]),
}


def names():
    return "; ".join(f"{name}: {what}" for name, (what, *_) in PROGRAMS.items())


def run(name, data):
    """Returns the exit code of the measure: 0 when its aims are reached."""
    if name not in PROGRAMS:
        raise DevError(f"there is no measure named {name}; known: {', '.join(PROGRAMS)}")
    _, targets, command = PROGRAMS[name]
    needs_data = "{data}" in command
    if needs_data and (data is None or not pathlib.Path(data).is_dir()):
        raise DevError(f"{name} is measured on data: ./dev bench {name} --data DIR")
    build_dir = default_build_dir()
    build(build_dir, targets)
    places = {"bin": build_dir / "bin", "data": data, "repository": REPOSITORY, "dev": default_dev_dir()}
    words = [word.format(**places) for word in command]
    return subprocess.run(words).returncode
