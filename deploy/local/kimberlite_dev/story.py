"""The way of one story, from the wire to the readers and back out: told by ./dev demo, held by the e2e tests.

Every step waits until what it names has happened, and fails with a sentence when it does not happen in time.
"""

import datetime
import html
import time
import urllib.parse
import uuid

from .errors import DevError
from .process import wait_until
from .reader import Reader

FEED = "river-bulletin.atom"
SOURCE = "river-bulletin"
SOURCE_NAME = "River Bulletin"
LANGUAGE = "en"
SECTION = "economy"
SECTION_NAME = "Economy"
# Concept keys of the demo newsroom that the item below is about, and their English labels.
CONCEPTS = {"alrosa": "ALROSA", "diamond": "diamond", "belgium": "Belgium"}
SITE_NAME = "Lena Lantern"
TAGLINE = "Current affairs from the biggest region"
TIME_ZONE = datetime.timezone(datetime.timedelta(hours=9))  # Asia/Yakutsk, the site's zone
BODY = """<p>ALROSA will let cameras look at its stones before people do. A line of six machines in the sorting house
weighs, turns and photographs each diamond, and puts aside one in forty for a second opinion.</p>
<p>The first parcel sorted this way goes to Belgium, where buyers have asked for pictures from every side.</p>
<blockquote><p>The machine never blinks, and it never boasts either.</p></blockquote>"""
LATEST = 20  # seconds until a step is taken to have failed


class Story:
    """One item's life on one stack. `tell(milliseconds, sentence)` is called as each thing happens."""

    def __init__(self, stack, tell):
        self.stack = stack
        self.tell = tell
        self.reader = Reader(stack.settings.edge_url)
        # Different in each run, so that the demo can be given again on the same stack.
        self.mark = uuid.uuid4().hex[:8]
        self.headline = f"ALROSA sends Belgium a first diamond parcel sorted by camera, lot {self.mark}"
        self.new_headline = f"Camera picks each diamond of ALROSA’s parcel for Belgium, lot {self.mark}"
        self.article = None
        self.path = None
        self._wire = _WireItem(stack.wire.directory / FEED)

    def run(self):
        try:
            self.appears_on_the_wire()
            self.is_filed_and_tagged()
            self.is_shown()
            self.is_corrected()
            self.is_withdrawn()
        finally:
            self._wire.take_back()

    def appears_on_the_wire(self):
        self._began = time.monotonic()
        self._wire.add(self.mark, self.headline, BODY)
        self._say(f"a new item stands on the wire: “{self.headline}”")

    def is_filed_and_tagged(self):
        def taken():
            answer = self.stack.call("ingest/ListItems", {"source_id": SOURCE, "page_size": 10})
            return any(item["headline"] == self.headline for item in answer.get("items", []))

        self._wait(taken, "ingest takes the item")
        self._say("ingest has fetched, read and taken it")

        def filed():
            answer = self.stack.call("content/ListArticles", {"list_key": f"{LANGUAGE}/section/{SECTION}", "page_size": 10})
            return next((card for card in answer.get("articles", []) if card["headline"] == self.headline), None)

        card = self._wait(filed, f"content files it in {SECTION_NAME}")
        article_id = card["article_id"]
        self.path = f"/{LANGUAGE}/{SECTION}/{article_id}-{card['slug']}"
        self._say(f"content has filed it as article {article_id} and published it in {SECTION_NAME}")

        def tagged():
            self.article = self.stack.call("content/GetArticle", {"article_id": article_id})["article"]
            return len(self.article.get("tags", [])) >= len(CONCEPTS)

        self._wait(tagged, "tagging finds its concepts")
        ids = [tag["concept_id"] for tag in self.article["tags"]]
        found = self.stack.call("tagging/BatchGetConcepts", {"concept_ids": ids})["concepts"]
        labels = {concept["concept_id"]: _label(concept) for concept in found}
        self.tags = [labels[concept_id] for concept_id in ids]  # in the order of the page
        _expect({tag["text"] for tag in self.tags} == set(CONCEPTS.values()), f"unexpected tags {self.tags}")
        self._say("tagging has found what it is about: " + ", ".join(tag["text"] for tag in self.tags))

    def is_shown(self):
        """The page with every word that a reader must find on it, and every list and feed."""
        tagged = "Tagged under " + ", ".join(tag["text"] for tag in self.tags)
        published = datetime.datetime.now(TIME_ZONE)
        words = [
            self.headline,
            f"Published in {SECTION_NAME}",
            "sorting house weighs, turns and photographs each diamond",
            "The machine never blinks, and it never boasts either.",
            f"Source: {SOURCE_NAME}",
            tagged,
            SITE_NAME,
            TAGLINE,
            str(published.year),
        ]
        site = self.stack.call("content/GetSite", {})["site"]

        def missing():
            answer = self.reader.get(self.path)
            if answer.status != 200:
                return [f"status {answer.status}"]
            page = answer.page()
            absent = [word for word in words if word not in page.text]
            links = [(f"/{LANGUAGE}/tag/{tag['slug']}/", tag["text"]) for tag in self.tags]
            links += [(f"/{LANGUAGE}/{SECTION}/", SECTION_NAME), (f"/{LANGUAGE}/rss.xml", "RSS"), (f"/{LANGUAGE}/", SITE_NAME)]
            # The switcher lists every language. The wire tells this story in one: of the others it says so.
            absent += [f"language “{language['native_name']}”" for language in site["languages"]
                       if language["native_name"] not in page.text]
            absent += [f"link {path} “{text}”" for path, text in links if not page.has_link(path, text)]
            for account in site["social_accounts"]:
                if not any(link.href == account["url"] and account["label"] in link.text for link in page.links):
                    absent.append(f"link {account['url']} “{account['label']}”")
            if not any(_day(value) == published.date() for value in page.times):
                absent.append(f"the date {published.date()}")
            return absent

        absent = []

        def complete():
            absent[:] = missing()
            return not absent

        wait_until(complete, LATEST, interval=0.005)
        _expect(not absent, f"{self.path} lacks: {'; '.join(absent)}")
        self._say(f"readers see it at {self.stack.settings.edge_url}{self.path}")
        for word in (*words[:2], *words[4:8]):
            self._say(f"    it says “{word}”")
        self._show_everywhere(self.headline)

    def is_corrected(self):
        version = self.article["translations"][0]["version"]
        arguments = ("--language", LANGUAGE, "--expected-version", version, "--headline", self.new_headline)
        began = time.monotonic()
        self.stack.control("article", "update", self.article["article_id"], *arguments, "-o", "json", bearer="dev-editor")
        self._say(f"an editor changed the headline ({_ms(began)} for the command): “{self.new_headline}”")
        self._show_everywhere(self.new_headline, not_any_more=self.headline)

    def is_withdrawn(self):
        began = time.monotonic()
        reason = ("--reason", "end of the demonstration")
        self.stack.control("article", "withdraw", self.article["article_id"], *reason, bearer="dev-editor")
        self._say(f"an editor withdrew it ({_ms(began)} for the command)")
        self._wait(lambda: self.reader.get(self.path).status == 410, f"{self.path} answers 410")
        self._say("its page answers 410 Gone")
        for path, headlines in self._places():
            self._wait(lambda: not any(self.new_headline in text for text in headlines(self.reader.get(path))), f"{path} forgets it")
            self._say(f"gone from {path}")

    def _places(self):
        """Every list and feed that shows the story, each with a function from its answer to the headlines in it."""
        lists = [f"/{LANGUAGE}/", f"/{LANGUAGE}/{SECTION}/"] + [f"/{LANGUAGE}/tag/{tag['slug']}/" for tag in self.tags]
        feeds = [f"{folder}{name}" for folder in lists[:2] for name in ("rss.xml", "atom.xml", "feed.json")]
        return [(path, self._list_headlines) for path in lists] + [(path, lambda answer: answer.feed_titles()) for path in feeds]

    def _list_headlines(self, answer):
        _expect(answer.status == 200, f"a list answers {answer.status}")
        return [link.text for link in answer.page().links if urllib.parse.urlsplit(link.href).path == self.path]

    def _show_everywhere(self, headline, not_any_more=None):
        def shown(texts):
            texts = [text for text in texts if text]
            return any(headline in text for text in texts) and not any(not_any_more and not_any_more in text for text in texts)

        if not_any_more:
            self._wait(lambda: headline in self.reader.get(self.path).page().text, f"{self.path} shows the new headline")
            _expect(not_any_more not in self.reader.get(self.path).page().text, f"{self.path} still shows the old headline")
            self._say(f"on {self.path}")
        for path, headlines in self._places():
            self._wait(lambda: shown(headlines(self.reader.get(path))), f"{path} shows “{headline}”")
            self._say(f"in {path}")

    def _wait(self, condition, what):
        value = wait_until(condition, LATEST, interval=0.005)
        _expect(value, f"{LATEST} s were not enough: {what}")
        return value

    def _say(self, sentence):
        self.tell((time.monotonic() - self._began) * 1000, sentence)


def _expect(condition, otherwise):
    if not condition:
        raise DevError(f"the story does not go on: {otherwise}")


def _ms(began):
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


def _label(concept):
    return next(label for label in concept["labels"] if label["language_code"] == LANGUAGE)


def _day(value):
    """The day in the site's zone that a datetime attribute names; None when it names none."""
    try:
        return datetime.datetime.fromisoformat(value).astimezone(TIME_ZONE).date()
    except ValueError:
        return None


class _WireItem:
    """An entry put into an Atom feed of the demo's wire and taken out again."""

    def __init__(self, feed):
        self.feed = feed
        self.entry = ""

    def add(self, mark, headline, body):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        entry = f"""<entry>
    <id>tag:{SOURCE}.example,2026:{mark}</id>
    <title>{html.escape(headline)}</title>
    <link rel="alternate" href="https://{SOURCE}.example/{mark}"/>
    <published>{now}</published>
    <updated>{now}</updated>
    <category term="{SECTION_NAME}"/>
    <content type="html">{html.escape(body)}</content>
  </entry>
  """
        text = self.feed.read_text(encoding="utf-8")
        before, found, after = text.partition("<entry")
        _expect(found, f"{self.feed} has no entries")
        self._write(before + entry + found + after)
        self.entry = entry

    def take_back(self):
        if self.entry:
            self._write(self.feed.read_text(encoding="utf-8").replace(self.entry, ""))

    def _write(self, text):
        # In one step, so that a poll sees the old feed or the new one.
        new = self.feed.with_name("." + self.feed.name)
        new.write_text(text, encoding="utf-8")
        new.replace(self.feed)
