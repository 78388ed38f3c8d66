"""What Python's feedparser reads of each document: {"name.format": [{id, url, title, published}]} on standard output.

It reads no JSON Feed.
"""

import calendar
import json
import pathlib
import sys

import feedparser

# Titles as they were written: cleaning them is not what is compared.
feedparser.SANITIZE_HTML = False

read = {}
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    if path.suffix not in (".rss", ".atom"):
        continue
    document = feedparser.parse(path.read_bytes())
    if document.bozo:
        sys.exit(f"{path.name}: {document.bozo_exception}")
    read[path.name] = [{"id": one.id, "url": one.link, "title": one.title,
                        "published": calendar.timegm(one.published_parsed)} for one in document.entries]
print(json.dumps(read))
