// Anchored pages of lists on a real PostgreSQL.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <thread>

#include "services/content/adapters/pg_list_pages.h"
#include "services/content/tests/harness.h"

namespace kimberlite::content {

std::span<const pg::Migration> Migrations();

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kList[] = "en/concept/7";

// What a reader of a page sees, and what it names as its bounds.
struct Seen {
  std::vector<std::string> sort_keys;
  int newer = 0, older = 0;
  std::string low, high, newer_high;
  bool operator==(const Seen&) const = default;
};

class ListPagesTest : public ContentRpcTest {
 protected:
  // Lists need an article to show; every entry here is of this one.
  void SetUp() override {
    ContentRpcTest::SetUp();
    LoadSite();
    v1::CreateArticleRequest story = Story();
    story.set_publish(false);
    article_id_ = Create(story).article_id();
  }

  static std::string Key(std::int64_t number) { return SortKey(Time(std::chrono::microseconds(number)), 1); }

  // As a write does it: entries, then bounds, in one transaction. Answers the bounds.
  std::vector<std::string> Insert(const std::vector<std::string>& sort_keys) {
    std::vector<ListPlace> places;
    for (const std::string& sort_key : sort_keys) places.push_back({kList, sort_key, "en"});
    const auto sealed = database_.pool().Write([&](pg::Transaction& transaction) -> Result<std::vector<ListPlace>> {
      KIMBERLITE_RETURN_IF_ERROR(
          transaction.Query("INSERT INTO content.list_entries SELECT $1, key, $2, 'en' FROM unnest($3::text[]) AS key",
                            pg::Params(kList, article_id_, sort_keys)));
      return SealPages(transaction, places);
    });
    EXPECT_TRUE(sealed) << sealed.error().ToString();
    std::vector<std::string> bounds;
    for (const ListPlace& place : *sealed) bounds.push_back(place.sort_key);
    return bounds;
  }
  void Remove(const std::string& sort_key) {
    const auto removed = database_.pool().Write([&](pg::Transaction& transaction) {
      return transaction.Query("DELETE FROM content.list_entries WHERE list_key = $1 AND sort_key = $2",
                               pg::Params(kList, sort_key));
    });
    ASSERT_TRUE(removed) << removed.error().ToString();
    ASSERT_EQ(removed->affected(), 1);
  }
  Seen Read(int page_number) {
    const auto page = database_.pool().Read(
        [&](pg::Transaction& transaction) { return ReadAnchoredPage(transaction, kList, page_number, false); });
    EXPECT_TRUE(page) << page.error().ToString();
    if (!page) return {};
    EXPECT_FALSE(page->list.more);
    Seen seen{{}, page->newer, page->older, page->low, page->high, page->newer_high};
    for (const Card& card : page->list.cards) seen.sort_keys.push_back(card.sort_key);
    return seen;
  }
  // Every page from the open one (0) to the oldest, by number, as their neighbours lead.
  std::map<int, Seen> Walk() {
    std::map<int, Seen> pages;
    int from = 0;
    for (int number = 0;;) {
      const Seen page = Read(number);
      EXPECT_EQ(page.newer, from);
      EXPECT_TRUE(pages.emplace(number, page).second) << "page " << number << " comes twice";
      if (page.older == 0 || pages.size() > 1000) return pages;
      from = number;
      number = page.older;
    }
  }

  std::int64_t article_id_ = 0;
};

TEST_F(ListPagesTest, AFullPageIsSealedAndAPublicationTouchesTheHeadAlone) {
  for (int i = 1; i < 40; ++i) EXPECT_THAT(Insert({Key(i)}), IsEmpty());
  EXPECT_THAT(Read(0).sort_keys, SizeIs(39));
  EXPECT_THAT(Insert({Key(40)}), ElementsAre(Key(30)));
  const Seen first = Read(1);
  EXPECT_THAT(first.sort_keys, SizeIs(30));
  EXPECT_EQ(first.low, "");
  EXPECT_EQ(first.high, Key(30));
  EXPECT_EQ(first.newer_high, "");
  EXPECT_THAT(Read(0).sort_keys, SizeIs(10));
  EXPECT_GT(Read(0).low, Key(30));
  EXPECT_LE(Read(0).low, Key(31));
  for (int i = 41; i < 70; ++i) EXPECT_THAT(Insert({Key(i)}), IsEmpty());
  EXPECT_EQ(Read(1), first);
  EXPECT_THAT(Insert({Key(70)}), ElementsAre(Key(60)));
  EXPECT_EQ(Read(1).newer, 2);
  EXPECT_EQ(Read(1).newer_high, Key(60));
  EXPECT_EQ(Read(2).low, Read(0).low.empty() ? "" : Key(30).substr(0, 27) + "2");
}

TEST_F(ListPagesTest, ARemovalLeavesTheNumbersAndTheOtherPagesAsTheyAre) {
  for (int i = 1; i <= 70; ++i) Insert({Key(i)});
  const Seen second = Read(2);
  for (int i = 1; i <= 30; ++i) Remove(Key(i));
  EXPECT_EQ(Read(2), second);
  EXPECT_THAT(Read(1).sort_keys, IsEmpty());  // its address was public and still answers
}

TEST_F(ListPagesTest, TheOpenPageShowsTheNewestTenWhateverWasRemoved) {
  for (int i = 1; i <= 40; ++i) Insert({Key(i)});
  for (int i = 38; i <= 40; ++i) Remove(Key(i));
  const Seen open = Read(0);
  EXPECT_THAT(open.sort_keys, SizeIs(10));
  EXPECT_EQ(open.sort_keys.back(), Key(28));
  EXPECT_EQ(open.low, Key(28));
  for (int i = 3; i <= 37; ++i) Remove(Key(i));
  EXPECT_THAT(Read(0).sort_keys, ElementsAre(Key(2), Key(1)));
  EXPECT_EQ(Read(0).low, "");
}

TEST_F(ListPagesTest, APageThatDoublesIsDividedAndKeepsItsNumberOnTheNewerPart) {
  for (int i = 1; i <= 70; ++i) Insert({Key(100 * i)});
  const Seen second = Read(2);
  for (int i = 1; i < 30; ++i) EXPECT_THAT(Insert({Key(i)}), IsEmpty());
  EXPECT_THAT(Insert({Key(30)}), ElementsAre(Key(30)));
  EXPECT_THAT(Read(1).sort_keys, SizeIs(30));
  EXPECT_THAT(Read(3).sort_keys, SizeIs(30));
  EXPECT_EQ(Read(3).high, Key(30));
  EXPECT_EQ(Read(3).newer, 1);
  EXPECT_EQ(Read(1).older, 3);
  EXPECT_EQ(Read(2), second);
}

// However lists are written, what a page says of its bounds tells which writes leave it as it is.
TEST_F(ListPagesTest, OnlyWhatFallsBetweenItsBoundsChangesAPage) {
  std::mt19937 random(20261124);
  std::vector<std::string> there;
  std::map<int, Seen> before = Walk();
  int touched = 0, publications = 0;
  for (int step = 0; step < 400; ++step) {
    std::vector<std::string> bounds;
    std::string place;
    const int what = there.empty() ? 0 : static_cast<int>(random() % 10);
    if (what < 8) {
      // Mostly news, sometimes many at once, now and then something old.
      const std::int64_t time = what < 6 ? 1'000'000 + step * 1000 : static_cast<std::int64_t>(random() % 1'000'000);
      place = Key(time);
      bounds = Insert({place});
      there.push_back(place);
    } else {
      const std::size_t index = random() % there.size();
      place = there[index];
      there.erase(there.begin() + static_cast<std::ptrdiff_t>(index));
      Remove(place);
    }
    const std::map<int, Seen> after = Walk();
    std::set<std::string> shown;
    for (const auto& [number, page] : after) {
      shown.insert(page.sort_keys.begin(), page.sort_keys.end());
      EXPECT_LT(page.sort_keys.size(), number == 0 ? 40u : 60u);
    }
    EXPECT_EQ(shown, std::set<std::string>(there.begin(), there.end()));
    int changed = 0;
    for (const auto& [number, page] : before) {
      ASSERT_TRUE(after.contains(number));
      if (after.at(number) == page) continue;
      ++changed;
      const bool by_place = page.low <= place && (page.high.empty() || place <= page.high);
      const bool by_bound = std::ranges::any_of(bounds, [&](const std::string& bound) {
        return page.low <= bound && (number == 0 || page.newer_high.empty() || bound <= page.newer_high);
      });
      EXPECT_TRUE(by_place || by_bound) << "step " << step << ", page " << number;
    }
    if (what < 6) touched = std::max(touched, changed), ++publications;
    before = after;
  }
  EXPECT_LE(touched, 2);
  EXPECT_GT(publications, 100);
}

TEST_F(ListPagesTest, WritersAtOnceNeitherWaitNorLeaveAnythingOut) {
  constexpr int kWriters = 6, kEach = 60;
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < kEach; ++i) Insert({Key(1 + i * kWriters + writer)});
    });
  }
  writers.clear();
  Insert({Key(1'000'000)});
  std::vector<std::string> all;
  for (const auto& [number, page] : Walk()) {
    all.insert(all.end(), page.sort_keys.begin(), page.sort_keys.end());
    EXPECT_LT(page.sort_keys.size(), number == 0 ? 40u : 60u + kWriters);
  }
  EXPECT_THAT(all, SizeIs(kWriters * kEach + 1));
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST_F(ListPagesTest, ASecondWriterDoesNotWaitForTheOneWhoSeals) {
  for (int i = 1; i <= 39; ++i) Insert({Key(i)});
  const auto done = database_.pool().Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("INSERT INTO content.list_entries VALUES ($1, $2, $3, 'en')",
                                                 pg::Params(kList, Key(40), article_id_)));
    KIMBERLITE_ASSIGN_OR_RETURN(const auto sealed, SealPages(transaction, {{kList, Key(40), "en"}}));
    EXPECT_THAT(sealed, SizeIs(1));
    // While this one is still open.
    EXPECT_THAT(Insert({Key(41), Key(42)}), IsEmpty());
    return {};
  });
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_THAT(Read(0).sort_keys, SizeIs(12));
}

TEST_F(ListPagesTest, ListsOfBeforeArePagedByTheMigration) {
  std::vector<std::string> keys;
  for (int i = 1; i <= 100; ++i) keys.push_back(Key(i));
  Insert(keys);
  const auto pages = Walk();
  ASSERT_EQ(pages.size(), 4u);
  const auto migration =
      std::ranges::find(Migrations(), std::string_view("0003_anchor_lists.sql"), &pg::Migration::name);
  ASSERT_NE(migration, Migrations().end());
  const auto again = database_.pool().Write([&](pg::Transaction& transaction) -> Result<void> {
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("DELETE FROM content.list_pages"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query("SET LOCAL search_path = content"));
    KIMBERLITE_RETURN_IF_ERROR(transaction.Query(migration->sql.substr(migration->sql.find("INSERT INTO"))));
    return {};
  });
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(Walk(), pages);
}

TEST_F(ListPagesTest, TheEventOfAPublicationNamesTheBoundAndTheRpcTheNeighbours) {
  for (int i = 0; i < 40; ++i) Create(Story());
  const auto events = database_.Events();
  for (const auto& event : events) {
    EXPECT_EQ(event.sealed_size() > 0, &event == &events.back());
  }
  // Home, section, source and two concepts in two languages.
  ASSERT_EQ(events.back().sealed_size(), 13);

  v1::ListArticlesRequest request;
  request.set_list_key("sah/source/river-post");
  const auto head = Call<v1::ListArticlesResponse>(request);
  ASSERT_TRUE(head) << head.error().ToString();
  EXPECT_EQ(head->page_number(), 1);
  request.set_open_page(true);
  const auto open = Call<v1::ListArticlesResponse>(request);
  ASSERT_TRUE(open) << open.error().ToString();
  EXPECT_EQ(open->articles_size(), 10);
  EXPECT_EQ(open->older_page_number(), 1);
  request.set_open_page(false);
  request.set_page_number(1);
  const auto sealed = Call<v1::ListArticlesResponse>(request);
  ASSERT_TRUE(sealed) << sealed.error().ToString();
  EXPECT_EQ(sealed->articles_size(), 30);
  EXPECT_EQ(sealed->high_sort_key(), sealed->articles(0).sort_key());
  const auto bound = std::ranges::find(events.back().sealed(), "sah/source/river-post", &v1::ListPlace::list_key);
  ASSERT_NE(bound, events.back().sealed().end());
  EXPECT_EQ(bound->sort_key(), sealed->high_sort_key());
  request.set_page_number(2);
  EXPECT_EQ(Call<v1::ListArticlesResponse>(request).error().code(), Code::kNotFound);
  request.set_page_number(-1);
  EXPECT_EQ(Call<v1::ListArticlesResponse>(request).error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace kimberlite::content
