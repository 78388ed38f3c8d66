"""Every language is first class: the demo's pages in each of its scripts."""

import fixture

DIRECTIONS = {"en": "ltr", "ru": "ltr", "sah": "ltr", "fr": "ltr", "ar": "rtl", "zh": "ltr"}
# Told in every language of the site.
TRANSLATED_EVERYWHERE = "diamond-cutters-antwerp"


class Languages(fixture.Case):
    @classmethod
    def setUpClass(cls):
        cls.site = fixture.newsroom_site()
        cls.record = next(a for a in fixture.newsroom_lines("articles.jsonl") if a["key"] == TRANSLATED_EVERYWHERE)
        concepts = {concept["key"]: concept for concept in fixture.newsroom_lines("concepts.jsonl")}
        cls.concepts = [concepts[key] for key in cls.record["concept_keys"]]
        headline = fixture.translation_of(cls.record, "en")["headline"]
        list_key = f"en/section/{cls.record['section_id']}"
        cards = fixture.stack.call("content/ListArticles", {"list_key": list_key, "page_size": 200})["articles"]
        article_id = next(card["article_id"] for card in cards if card["headline"] == headline)
        cls.article = fixture.stack.call("content/GetArticle", {"article_id": article_id})["article"]

    def test_home_and_section_speak_the_language(self):
        section = next(s for s in self.site["sections"] if s["section_id"] == self.record["section_id"])
        for language, direction in DIRECTIONS.items():
            with self.subTest(language=language):
                for path in (f"/{language}/", f"/{language}/{section['section_id']}/"):
                    self.assert_shown(path, self.site["names"][language], section["labels"][language],
                                      fixture.translation_of(self.record, language)["headline"])
                    page = self.reader.get(path).page()
                    self.assertEqual(page.language, language)
                    self.assertEqual(page.direction or "ltr", direction)
                self.assert_shown(f"/{language}/", self.site["taglines"][language])

    def test_article_speaks_the_language(self):
        for language, direction in DIRECTIONS.items():
            with self.subTest(language=language):
                path = fixture.page_path(self.article, language)
                self.assert_shown(path, fixture.translation_of(self.record, language)["headline"], self.site["names"][language])
                page = self.reader.get(path).page()
                self.assertEqual((page.language, page.direction or "ltr"), (language, direction))
                for concept in self.concepts:
                    label = label_of(concept, language)
                    self.assertTrue(page.has_link(f"/{language}/tag/{label['slug']}/", label["text"]), f"no link to tag {label}")

    def test_article_names_its_other_languages(self):
        for language in DIRECTIONS:
            with self.subTest(language=language):
                page = self.reader.get(fixture.page_path(self.article, language)).page()
                for other in DIRECTIONS:
                    url = page.alternates.get(other, "")
                    self.assertTrue(url.endswith(fixture.page_path(self.article, other)), f"hreflang {other}: {url!r}")

    def test_tag_page_speaks_the_language(self):
        headlines = {language: fixture.translation_of(self.record, language)["headline"] for language in DIRECTIONS}
        for language in DIRECTIONS:
            with self.subTest(language=language):
                label = label_of(self.concepts[0], language)
                self.assert_shown(f"/{language}/tag/{label['slug']}/", label["text"], headlines[language])

    def test_feeds_carry_the_language(self):
        for language in DIRECTIONS:
            with self.subTest(language=language):
                headline = fixture.translation_of(self.record, language)["headline"]
                for name in ("rss.xml", "atom.xml", "feed.json"):
                    answer = self.reader.get(f"/{language}/{self.record['section_id']}/{name}")
                    self.assertEqual(answer.status, 200)
                    self.assertIn(headline, answer.feed_titles())

    def test_a_new_translation_joins_its_siblings(self):
        headline = "A bridge of ice opens for one night"
        article = self.create(headline, section="society")
        self.assert_shown(fixture.page_path(article), headline)
        which = {"article_id": article["article_id"]}
        in_sakha = {"language_code": "sah", "headline": "Муус муоста биир түүҥҥэ арыллар", "body_html": "<p>Тыллар.</p>"}
        self.stack.call("content/UpdateArticle", {**which, "translations": [in_sakha]}, bearer="dev-editor")
        article = self.stack.call("content/PublishArticle", which, bearer="dev-editor")["article"]
        self.assert_shown(fixture.page_path(article, "sah"), in_sakha["headline"])
        page = fixture.page_path(article)
        self.wait_for(lambda: "sah" in self.reader.get(page).page().alternates, f"{page} links to its Sakha sibling")

    def test_the_chooser_names_every_language_in_itself(self):
        page = self.reader.get("/").page()
        for language in self.site["languages"]:
            self.assertTrue(page.has_link(f"/{language['language_code']}/", language["native_name"]), language)


def label_of(concept, language):
    return next(label for label in concept["labels"] if label["language_code"] == language)
