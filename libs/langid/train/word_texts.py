"""Words as they are used, many more than the sentences hold: rows of words drawn by their frequency.

    word_texts.py > words.jsonl          (pip install wordfreq==3.1.1; Apache-2.0, its data CC BY-SA 4.0)

Written as {"lang", "src": "wordfreq", "text"}; languages that the model does not know as "und". Serbian is written in
Cyrillic. The same version gives the same rows.
"""

import json
import random
import re

import wordfreq

KNOWN = {"ru": 8000, "uk": 2000, "bg": 2000, "sh": 1500, "en": 2500, "de": 1200, "fr": 1200, "es": 1200, "ar": 400, "he": 400}
OTHER = {"mk": 500, "it": 400, "pt": 300, "ca": 200, "ro": 400, "nl": 400, "da": 300, "nb": 300, "sv": 400, "is": 200, "fi": 400,
         "hu": 400, "pl": 400, "cs": 400, "sk": 300, "sl": 300, "lt": 300, "lv": 300, "tr": 400, "id": 300, "ms": 200,
         "fil": 200, "fa": 200, "ur": 200}
CODES = {"sh": "sr"}
CYRILLIC = {"ru": "[а-яё-]+", "uk": "[а-щьюяєіїґ'’-]+", "bg": "[а-ъьюя-]+", "mk": "[а-џѓќ]+"}
SERBIAN = {"lj": "љ", "nj": "њ", "dž": "џ", **dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш"))}
LEAST = 2e-7  # of all words
FLATTER = 0.6  # headlines have fewer of the commonest words than speech has


def in_cyrillic(word):
    return re.sub("lj|nj|dž|.", lambda match: SERBIAN.get(match[0], match[0]), word)


def main():
    dice = random.Random(20261124)
    for code, count in {**KNOWN, **OTHER}.items():
        words = wordfreq.get_frequency_dict(code, wordlist="best")
        pattern = re.compile(CYRILLIC.get(code, r"[^\W\d_]+"))
        words = {word: share for word, share in words.items() if share >= LEAST and pattern.fullmatch(word)}
        spelled = sorted(words)
        weights = [words[word] ** FLATTER for word in spelled]
        for _ in range(count):
            row = dice.choices(spelled, weights, k=dice.randint(3, 12))
            if code == "sh":
                row = [in_cyrillic(word) for word in row]
                if any(re.search("[a-z]", word) for word in row):
                    continue
            lang = CODES.get(code, code) if code in KNOWN else "und"
            print(json.dumps({"lang": lang, "src": "wordfreq", "text": " ".join(row)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
