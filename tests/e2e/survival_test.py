"""What was acknowledged survives, and readers are always served."""

import signal
import threading
import time

import fixture
from kimberlite_dev.errors import DevError
from kimberlite_dev.settings import SERVICES

EXIT_WITHIN = 10  # seconds from SIGTERM to exit


class Publisher(threading.Thread):
    """An editor who publishes one article after another, and tries each again until it is acknowledged."""

    def __init__(self, case, name):
        super().__init__(name=name, daemon=True)  # a test that fails must not keep the run alive
        self.case = case
        self.acknowledged = []  # articles, in order
        self.refusals = 0
        self.given_up = False
        self._stopping = threading.Event()
        self._give_up = 0.0

    def run(self):
        number = 0
        while not self._stopping.is_set():
            number += 1
            headline = f"{self.name} number {number}"
            article = None
            while article is None and not (self._stopping.is_set() and time.monotonic() > self._give_up):
                try:
                    article = self.case.create(headline, key=f"e2e:{self.name}:{number}")
                except DevError:
                    self.refusals += 1
                    time.sleep(0.05)  # between two attempts of a client; the test waits for conditions
            if article:
                self.acknowledged.append(article)
            else:
                self.given_up = True

    def stop(self):
        """Waits for the acknowledgement of what it is at."""
        self._give_up = time.monotonic() + fixture.SOON
        self._stopping.set()
        self.join(2 * fixture.SOON)
        self.case.assertFalse(self.given_up or self.is_alive(), "a publication was not acknowledged after the services came back")


class Survival(fixture.Case):
    def assert_nothing_lost(self, articles):
        """Each is public, listed once, shown on its page and in the section's list."""
        headlines = self.list_headlines("en/section/economy")
        for article in articles:
            headline = fixture.translation_of(article, "en")["headline"]
            self.assertEqual(headlines.count(headline), 1, f"{headline} in content's list")
            self.assert_shown(fixture.page_path(article), headline)
        newest = fixture.translation_of(articles[-1], "en")["headline"]
        self.assert_shown("/en/economy/", newest)
        self.wait_for(lambda: newest in self.reader.get("/en/economy/rss.xml").feed_titles(), "the feed shows the newest")

    def publish_through(self, name, disturb):
        """Publishes while disturb() happens; returns what was acknowledged."""
        publisher = Publisher(self, name)
        publisher.start()
        try:
            self.wait_for(lambda: len(publisher.acknowledged) >= 5, "five publications before the fault")
            disturb()
            acknowledged = len(publisher.acknowledged)
            self.wait_for(lambda: len(publisher.acknowledged) >= acknowledged + 5, "five publications after the fault")
        finally:
            publisher.stop()
        return publisher.acknowledged

    def test_services_killed_in_the_middle_of_publications_lose_nothing(self):
        def kill_and_start_again():
            for service in self.stack.services.values():
                service.daemon.kill()
            self.stack.start_services()

        self.assert_nothing_lost(self.publish_through("Killed services", kill_and_start_again))

    def test_everything_killed_comes_back_with_up_and_nothing_is_lost(self):
        def kill_and_up():
            self.stack.kill()
            self.stack.up()

        articles = self.publish_through("Killed machine", kill_and_up)
        self.assert_nothing_lost(articles)

    def test_a_second_up_changes_nothing(self):
        pids = [part.daemon.pid() for part in self.stack.parts()]
        headlines = self.list_headlines("en")
        began = time.monotonic()
        self.stack.up()
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual([part.daemon.pid() for part in self.stack.parts()], pids)
        self.assertEqual(self.list_headlines("en"), headlines)

    def test_cached_pages_are_served_while_postgresql_is_down(self):
        article = self.create("A page that outlives the database")
        # Else its event may come after the pages were made, and drop them when they cannot be made again.
        self.wait_for(lambda: self.is_visible(article), "the article's event is applied")
        paths = (fixture.page_path(article), "/en/", "/en/economy/", "/en/economy/rss.xml", "/ru/", "/ar/")
        self.assert_shown(paths[0], "outlives the database")
        for path in paths:
            self.wait_for(lambda: self.reader.get(path).status == 200, f"{path} before the fault")
        self.stack.postgres.stop()
        try:
            # The edge notices within seconds that it hears nothing; both before and after readers are served.
            end = time.monotonic() + 4
            while time.monotonic() < end:
                for path in paths:
                    answer = self.reader.get(path)
                    self.assertEqual(answer.status, 200, f"{path} while PostgreSQL is down: {answer.text[:300]}")
                    self.assertIn("Cache-Status", answer.headers)
        finally:
            self.stack.postgres.start()
        headline = "Published after the database came back"
        article = self.wait_for(lambda: self.try_create(headline), "a publication after the fault")
        self.assert_nothing_lost([article])

    def test_pages_are_served_and_fresh_while_redis_is_down(self):
        article = self.create("A page that outlives the cache")
        self.assert_shown(fixture.page_path(article), "outlives the cache")
        self.stack.redis.stop()
        try:
            for path in (fixture.page_path(article), "/en/", "/en/economy/rss.xml", "/sah/", "/zh/culture/"):
                answer = self.reader.get(path)
                self.assertEqual(answer.status, 200, f"{path} while Redis is down: {answer.text[:300]}")
            during = self.create("Published while the cache was down")
            self.assert_shown(fixture.page_path(during), "Published while the cache was down")
            self.assert_shown("/en/economy/", "Published while the cache was down")
        finally:
            self.stack.redis.start()
        # Nothing older comes back with the cache.
        self.assertIn("Published while the cache was down", self.reader.get("/en/economy/").page().text)
        after = self.create("Published after the cache came back")
        self.assert_nothing_lost([during, after])

    def test_a_publication_is_acknowledged_while_kafka_is_down_and_shown_afterwards(self):
        if self.stack.settings.bus != "kafka":
            self.skipTest("the embedded bus has no broker")
        self.stack.kafka.daemon.kill()
        try:
            article = self.create("Acknowledged without a broker")
        finally:
            self.stack.kafka.start()
        self.assert_nothing_lost([article])

    def test_services_stop_within_ten_seconds_of_sigterm_and_say_so(self):
        publisher = Publisher(self, "Graceful stop")
        publisher.start()
        try:
            self.wait_for(lambda: len(publisher.acknowledged) >= 3, "three publications before the stop")
            for name in SERVICES:
                daemon = self.stack.services[name].daemon
                with self.subTest(service=name):
                    began = time.monotonic()
                    daemon.child.send_signal(signal.SIGTERM)
                    self.assertEqual(daemon.child.wait(EXIT_WITHIN), 0, "exit code")
                    self.assertLess(time.monotonic() - began, EXIT_WITHIN)
            self.stack.start_services()
        finally:
            publisher.stop()
        self.assert_nothing_lost(publisher.acknowledged)

    def is_visible(self, article):
        try:
            request = {"article_id": article["article_id"], "sequence": article["sequence"]}
            return self.stack.call("rendering/WaitVisible", request)
        except DevError:
            return None  # not yet

    def try_create(self, headline):
        """The article, or None while the services cannot."""
        try:
            return self.create(headline, key=f"e2e:{headline}")
        except DevError:
            return None
