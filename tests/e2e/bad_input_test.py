"""Bad input gets the right code and a sentence that a person understands, and changes nothing."""

import json

import fixture


class BadInput(fixture.Case):
    @classmethod
    def setUpClass(cls):
        fixture.wait_until_wire_is_filed()
        cls.before = fixture.stack.call("content/ListArticles", {"list_key": "en", "page_size": 200})["articles"]

    def tearDown(self):
        now = self.stack.call("content/ListArticles", {"list_key": "en", "page_size": 200})["articles"]
        self.assertEqual([a["headline"] for a in now], [a["headline"] for a in self.before], "a refused write changed the list")

    def assert_refused(self, result, code, *words):
        """One line, `error: CODE: sentence`, that holds the words; nothing on stdout."""
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr[:2000])
        self.assertTrue(lines[0].startswith(f"error: {code}: "), lines[0][:500])
        for word in words:
            self.assertIn(word, lines[0])

    def create(self, *, headline="A headline", language="en", section="economy", bearer="dev-editor", token=None):
        arguments = ("--section", section, "--language", language, "--headline", headline, "--body-html", "<p>Words.</p>")
        whole = ("article", "create", *arguments, "--publish", "-o", "json")
        return self.stack.control(*whole, bearer=bearer, token=token, check=False)

    def test_empty_headline(self):
        self.assert_refused(self.create(headline=""), "INVALID_ARGUMENT", "headline", "empty")

    def test_headline_of_blanks_and_invisible_characters(self):
        self.assert_refused(self.create(headline=" \u00a0\u3000"), "INVALID_ARGUMENT", "headline")

    def test_headline_with_a_bidi_override(self):
        self.assert_refused(self.create(headline="Сонун \u202e сонун"), "INVALID_ARGUMENT", "headline")

    def test_unknown_section(self):
        self.assert_refused(self.create(section="astrology"), "NOT_FOUND", "astrology")

    def test_malformed_language_tag(self):
        self.assert_refused(self.create(language="e n!"), "INVALID_ARGUMENT", "language_code")

    def test_language_that_the_site_does_not_publish_in(self):
        result = self.create(language="de")
        self.assertRegex(result.stderr, r"^error: (INVALID_ARGUMENT|NOT_FOUND): .*de")

    def test_wrong_version(self):
        card = self.before[0]
        arguments = ("--language", "en", "--expected-version", 999, "--headline", "Never to be seen")
        result = self.stack.control("article", "update", card["article_id"], *arguments, bearer="dev-editor", check=False)
        self.assert_refused(result, "ABORTED", "999")

    def test_article_that_does_not_exist(self):
        result = self.stack.control("article", "withdraw", 999999999, "--reason", "none", bearer="dev-editor", check=False)
        self.assert_refused(result, "NOT_FOUND", "999999999")

    def create_with_body(self, body):
        translation = {"language_code": "en", "headline": "Too much", "body_html": body}
        request = {"section_id": "economy", "translations": [translation], "publish": True}
        # Too large for a command line.
        arguments = ("call", "content/CreateArticle", "-")
        return self.stack.control(*arguments, stdin=json.dumps(request), bearer="dev-editor", check=False)

    def test_body_of_20_mb(self):
        word = "больше "
        body = "<p>" + word * (20_000_000 // len(word.encode())) + "</p>"
        self.assert_refused(self.create_with_body(body), "RESOURCE_EXHAUSTED")

    def test_body_above_its_limit_names_the_field(self):
        self.assert_refused(self.create_with_body("<p>" + "a" * (1 << 20) + "</p>"), "RESOURCE_EXHAUSTED", "body_html")

    def test_no_token(self):
        result = self.create(bearer=None)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("KIMBERLITE_RPC_TOKEN", result.stderr)

    def test_token_that_nobody_knows(self):
        self.assert_refused(self.create(token="a-token-that-nobody-knows"), "UNAUTHENTICATED")

    def test_token_without_the_role(self):
        self.assert_refused(self.create(bearer="dev-service"), "PERMISSION_DENIED", "editor")
