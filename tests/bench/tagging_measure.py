"""./dev bench tagging --data DIR: what `kimberlite-tagging suggest` reaches on articles that editors tagged.

    tagging_measure.py PROGRAM DATA [--only NAME]
"""

import argparse
import gzip
import json
import math
import pathlib
import resource
import subprocess
import sys
import tempfile
import unicodedata

# The best of the baselines on the same split, and the aim.
AIMS = {
    "micro-F1": (0.569, 0.58),
    "F1@10": (0.544, 0.555),
    "nDCG@10": (0.729, 0.74),
    "recall at precision .90": (0.102, 0.18),
    "recall at precision .80": (0.237, 0.35),
    "calibration error": (None, 0.02),
}
FEW = {0: (0.362, 0.40), 100: (0.327, 0.49), 300: (0.396, 0.52), 1000: (0.469, 0.55)}


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def key(tag):
    return unicodedata.normalize("NFKC", tag).casefold().replace("ё", "е").strip(" ,.;")


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def suggest(program, articles, directory, *, training=None, vocabulary=None):
    """The suggestions for each article, and the CPU seconds that it took."""
    asked = [{**{k: row.get(k) for k in ("language", "title", "summary", "content")}, "id": i} for i, row in enumerate(articles)]
    command = [program, "suggest", write(directory / "asked.jsonl", asked)]
    if training:
        command += ["--train", write(directory / "training.jsonl", training)]
    if vocabulary:
        command += ["--vocabulary", write(directory / "vocabulary.jsonl", vocabulary)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    answers = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return [json.loads(line)["suggestions"] for line in answers.splitlines()], seconds


def micro_f1(answers, wanted):
    hits = chosen = 0
    for suggestions, tags in zip(answers, wanted):
        names = {key(s["concept"]) for s in suggestions if s["chosen"]}
        chosen += len(names)
        hits += len(names & tags)
    return 2 * hits / max(1, chosen + sum(map(len, wanted)))


def at_ten(answers, wanted):
    hits = given = 0
    gains = []
    for suggestions, tags in zip(answers, wanted):
        names = [key(s["concept"]) for s in suggestions[:10]]
        hits += len(set(names) & tags)
        given += len(names)
        best = sum(1 / math.log2(i + 2) for i in range(min(10, len(tags))))
        gains.append(sum(1 / math.log2(i + 2) for i, name in enumerate(names) if name in tags) / best if best else 0)
    return 2 * hits / max(1, given + sum(map(len, wanted))), sum(gains) / len(gains)


def pairs(answers, wanted):
    """Scores and whether they were right, best first; of equal scores the wrong ones first."""
    return sorted(((s["score"], key(s["concept"]) in tags) for suggestions, tags in zip(answers, wanted) for s in suggestions),
                  key=lambda pair: (-pair[0], pair[1]))


def recall_at(precision, scored, total):
    hits = best = 0
    for i, (_, right) in enumerate(scored, 1):
        hits += right
        if hits / i >= precision:
            best = hits
    return best / total


def calibration_error(scored):
    bins = {}
    for score, right in scored:
        bins.setdefault(min(9, int(score * 10)), []).append((score, right))
    return sum(abs(sum(s for s, _ in b) - sum(r for _, r in b)) for b in bins.values()) / len(scored)


def row(what, value, baseline, aim, at_most=False):
    reached = value <= aim if at_most else value >= aim
    shown = "" if baseline is None else f"{baseline:.3f}"
    print(f"  {what:<42} {value:>7.3f}   baseline {shown:<6} aim {'≤' if at_most else '≥'} {aim:<6} {'' if reached else 'missed'}",
          flush=True)
    return reached


def russian(program, data, directory):
    training, asked = read(data / "tags-ru/train.jsonl.gz"), read(data / "tags-ru/dev.jsonl.gz")
    wanted = [{key(tag) for tag in article["tags"]} for article in asked]
    total = sum(map(len, wanted))
    print("Russian news, editors' tags")
    answers, seconds = suggest(program, asked, directory, training=training)
    scored = pairs(answers, wanted)
    f1_at_10, gain = at_ten(answers, wanted)
    values = {
        "micro-F1": micro_f1(answers, wanted),
        "F1@10": f1_at_10,
        "nDCG@10": gain,
        "recall at precision .90": recall_at(0.9, scored, total),
        "recall at precision .80": recall_at(0.8, scored, total),
        "calibration error": calibration_error(scored),
    }
    reached = [row(what, value, *AIMS[what], at_most=what.startswith("calibration")) for what, value in values.items()]
    print(f"  {len(training)} learnt from, {len(asked)} asked: {seconds:.0f} s of CPU")
    names = sorted({tag.strip() for article in training for tag in article["tags"]})
    vocabulary = [{"concept": name, "label": name, "language": "ru"} for name in names]
    for count, (baseline, aim) in FEW.items():
        answers, seconds = suggest(program, asked, directory, vocabulary=vocabulary, training=training[len(training) - count:])
        what = f"micro-F1, names known, latest {count} articles"
        reached.append(row(what, micro_f1(answers, wanted), baseline, aim))
    return all(reached)


def english_topics(program, data, directory):
    articles = [a for a in read(data / "tags-en/train.jsonl.gz") if a.get("topics")]
    for article in articles:
        article |= {"language": "en", "tags": article["topics"]}
    cut = len(articles) * 4 // 5
    print("English news, topics, learnt from the first four fifths")
    wanted = [set(map(key, a["topics"])) for a in articles[cut:]]
    answers, seconds = suggest(program, articles[cut:], directory, training=articles[:cut])
    reached = row("micro-F1", micro_f1(answers, wanted), 0.873, 0.88)
    print(f"  {seconds:.0f} s of CPU")
    return reached


PARTS = {"russian": russian, "english-topics": english_topics}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        results = [part(arguments.program, arguments.data, pathlib.Path(directory))
                   for name, part in PARTS.items() if arguments.only in (None, name)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
