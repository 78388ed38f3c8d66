"""Reads the site as its readers do: pages by HTTP, their words and links, and what feeds list."""

import dataclasses
import html.parser
import http.client
import json
import urllib.parse
import xml.etree.ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
# All other elements stand on lines of their own, so that words on both sides of one do not run together.
INLINE = set("a abbr b bdi bdo cite code em i mark q small span strong sub sup time u".split())


@dataclasses.dataclass
class Link:
    href: str
    text: str


class Page(html.parser.HTMLParser):
    """Visible text, links and a few attributes of an HTML document."""

    def __init__(self, document):
        super().__init__(convert_charrefs=True)
        self.language = self.direction = ""
        self.links = []
        self.times = []  # datetime attributes
        self.alternates = {}  # language code to URL
        self._words = []
        self._hidden = 0
        self._open_links = []
        self.feed(document)
        self.close()
        self.text = _squeeze("".join(self._words))

    def handle_starttag(self, tag, attributes):
        values = {name: value or "" for name, value in attributes}
        if tag == "html":
            self.language, self.direction = values.get("lang", ""), values.get("dir", "")
        elif tag in ("script", "style", "template"):
            self._hidden += 1
        elif tag == "time":
            self.times.append(values.get("datetime", ""))
        elif tag == "link" and "alternate" in values.get("rel", "").split() and "hreflang" in values:
            self.alternates[values["hreflang"]] = values.get("href", "")
        elif tag == "a":
            self._open_links.append(Link(values.get("href", ""), ""))
        if tag not in INLINE:
            self._words.append("\n")

    def handle_endtag(self, tag):
        if tag in ("script", "style", "template"):
            self._hidden -= 1
        elif tag == "a" and self._open_links:
            link = self._open_links.pop()
            link.text = _squeeze(link.text)
            self.links.append(link)
        if tag not in INLINE:
            self._words.append("\n")

    def handle_data(self, data):
        if self._hidden:
            return
        self._words.append(data)
        for link in self._open_links:
            link.text += data

    def has_link(self, path, text):
        """A link whose URL ends in this path and whose words hold this text."""
        return any(urllib.parse.urlsplit(link.href).path == path and text in link.text for link in self.links)


def _squeeze(text):
    return " ".join(text.split())


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    def page(self):
        return Page(self.text)

    def feed_titles(self):
        """Titles of the entries of an RSS, Atom or JSON feed, in order."""
        kind = self.headers.get_content_type()
        if kind == "application/feed+json":
            return [item["title"] for item in json.loads(self.text)["items"]]
        root = xml.etree.ElementTree.fromstring(self.body)
        if root.tag == f"{ATOM}feed":
            return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]
        if root.tag == "rss":
            return [item.findtext("title") for item in root.iter("item")]
        raise ValueError(f"{kind} document with root element {root.tag} is no feed")


class Reader:
    """A browser's connection to one edge: kept open, so that a GET costs what it costs a reader."""

    def __init__(self, url):
        self._host = urllib.parse.urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=10)

    def get(self, path, headers=None):
        try:
            return self._get(path, headers or {})
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The edge closed an idle connection; a browser opens another and asks again.
            self._connection.close()
            return self._get(path, headers or {})

    def _get(self, path, headers):
        try:
            self._connection.request("GET", path, headers=headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except Exception:
            self._connection.close()
            raise
