"""What the end-to-end tests share: one stack, and short ways to write and to read."""

import json
import unittest
import uuid

from kimberlite_dev.process import wait_until
from kimberlite_dev.reader import Reader
from kimberlite_dev.stack import NEWSROOM

stack = None  # set by run.py before the tests are loaded

# Seconds within which what is said to happen "soon" must have happened, also on a busy machine.
SOON = 20


class Case(unittest.TestCase):
    def setUp(self):
        self.stack = stack
        self.reader = Reader(stack.settings.edge_url)

    def wait_for(self, condition, what, timeout=SOON):
        """Waits until condition() is true and returns its value."""
        value = wait_until(condition, timeout, interval=0.01)
        self.assertTrue(value, f"{timeout} s were not enough: {what}")
        return value

    def create(self, headline, *, language="en", section="economy", body="<p>Words.</p>", key=None, publish=True):
        """Creates an article as an editor; the Article, or raises DevError."""
        request = {
            "idempotency_key": key or f"e2e:{uuid.uuid4()}",
            "section_id": section,
            "translations": [{"language_code": language, "headline": headline, "body_html": body}],
            "publish": publish,
        }
        return self.stack.call("content/CreateArticle", request, bearer="dev-editor")["article"]

    def article(self, article_id):
        return self.stack.call("content/GetArticle", {"article_id": article_id})["article"]

    def list_headlines(self, list_key):
        """Every headline of one of content's lists, newest first."""
        headlines, token = [], ""
        while True:
            answer = self.stack.call("content/ListArticles", {"list_key": list_key, "page_size": 200, "page_token": token})
            headlines += [card["headline"] for card in answer.get("articles", [])]
            token = answer.get("next_page_token", "")
            if not token:
                return headlines

    def assert_shown(self, path, *words):
        """Waits until the page shows every word."""
        absent = []

        def complete():
            answer = self.reader.get(path)
            text = answer.page().text if answer.status == 200 else f"status {answer.status}"
            absent[:] = [word for word in words if word not in text]
            return not absent

        if not wait_until(complete, SOON, interval=0.01):
            self.fail(f"{path} does not show {absent}")


def wait_until_wire_is_filed():
    """Waits until everything that the wires offered at the start is an article, so that lists stand still."""

    def filed():
        items = stack.call("ingest/ListItems", {"page_size": 100}).get("items", [])
        cards = []
        for language in {item["language_code"] for item in items}:
            cards += stack.call("content/ListArticles", {"list_key": language, "page_size": 200}).get("articles", [])
        headlines = {card["headline"] for card in cards}
        return len({item["source_id"] for item in items}) == 3 and all(item["headline"] in headlines for item in items)

    if not wait_until(filed, SOON, interval=0.05):
        raise AssertionError(f"{SOON} s were not enough: the wires' first items are filed")


def page_path(article, language="en"):
    """Where readers find a translation. The demo's section slugs equal the section's id in every language."""
    translation = translation_of(article, language)
    return f"/{language}/{article['section_id']}/{article['article_id']}-{translation['slug']}"


def translation_of(article, language):
    return next(item for item in article["translations"] if item["language_code"] == language)


def newsroom_lines(name):
    """The demo newsroom's records, e.g. of "articles.jsonl"."""
    return [json.loads(line) for line in (NEWSROOM / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def newsroom_site():
    return json.loads((NEWSROOM / "site.json").read_text(encoding="utf-8"))
