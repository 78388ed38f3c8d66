#include "tools/kimberlitectl/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tools/kimberlitectl/bench.h"
#include "tools/kimberlitectl/catalog.h"
#include "tools/kimberlitectl/describe.h"

namespace kimberlite::ctl {
namespace {

using google::protobuf::MethodDescriptor;
using ::testing::HasSubstr;

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const ServiceEntry& service : Services()) {
    for (int i = 0; i < service.descriptor->method_count(); ++i) methods.push_back(service.descriptor->method(i));
  }
  return methods;
}

TEST(Verbs, ReachEveryRpcOnce) {
  std::multiset<std::string> reached, existing;
  for (const Verb& verb : Verbs()) reached.insert(verb.method);
  for (const MethodDescriptor* method : AllMethods()) existing.insert(ShortName(*method));
  EXPECT_EQ(reached, existing);
}

TEST(Verbs, EachHasANounThatIsExplained) {
  std::set<std::string> nouns, used, names;
  for (const Noun& noun : Nouns()) nouns.insert(noun.name);
  for (const Verb& verb : Verbs()) {
    used.insert(verb.noun);
    EXPECT_TRUE(names.insert(verb.noun + " " + verb.verb).second) << verb.noun << " " << verb.verb << " stands twice";
  }
  EXPECT_EQ(nouns, used);
}

TEST(Verbs, NoFlagStandsTwiceAndEachIsExplained) {
  const Comments comments;
  for (const Verb& verb : Verbs()) {
    const MethodDescriptor* method = *FindMethod(verb.method);
    std::set<std::string> names = {"json", "output", "timeout", "help", "wait-visible", "save", "all"};
    for (const Flag& flag : FlagsOf(*method->input_type(), verb.shape, comments)) {
      EXPECT_TRUE(names.insert(flag.name).second) << verb.method << " --" << flag.name;
      for (const std::string& alias : flag.aliases)
        EXPECT_TRUE(names.insert(alias).second) << verb.method << " --" << alias;
      EXPECT_FALSE(flag.type.empty()) << verb.method << " --" << flag.name;
    }
    for (const Positional& positional : verb.positionals)
      EXPECT_FALSE(PathOf(*method->input_type(), positional.path).empty());
    for (const std::string& column : verb.columns) {
      const auto* row = method->output_type()->field(0)->message_type();
      // An answer whose rows do not stand first.
      for (int i = 1; !row && i < method->output_type()->field_count(); ++i)
        row = method->output_type()->field(i)->message_type();
      ASSERT_NE(row, nullptr) << verb.method;
      bool found = row->FindFieldByName(column) != nullptr;
      for (int i = 0; i < row->field_count(); ++i) {
        const auto* nested = row->field(i)->message_type();
        found = found || (nested && nested->FindFieldByName(column));
      }
      EXPECT_TRUE(found) << verb.method << " has no column " << column;
    }
    if (!verb.document.empty()) {
      EXPECT_FALSE(PathOf(*method->output_type(), verb.document).empty());
    }
  }
}

TEST(Catalog, FindsAMethodByAnyOfItsNames) {
  for (const MethodDescriptor* method : AllMethods()) {
    const std::string service = method->service()->full_name();
    EXPECT_EQ(*FindMethod(ShortName(*method)), method);
    EXPECT_EQ(*FindMethod(service + "/" + method->name()), method);
    EXPECT_EQ(*FindMethod(service + "." + method->name()), method);
  }
  EXPECT_EQ((*FindMethod("GetArticle"))->full_name(), "kimberlite.content.v1.ContentService.GetArticle");
}

TEST(Catalog, SaysWhatThereIsInstead) {
  EXPECT_THAT(FindMethod("PutSource").error().message(), HasSubstr("ingest/PutSource or content/PutSource"));
  EXPECT_THAT(FindMethod("feed/Nope").error().message(), HasSubstr("it has GetFeed, StreamUpdates, ListFeeds"));
  EXPECT_THAT(FindMethod("nope/GetFeed").error().message(), HasSubstr("kimberlitectl methods"));
}

TEST(Catalog, EveryRpcHasRolesAndAComment) {
  const Comments comments;
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_FALSE(RolesOf(*method).empty()) << method->full_name();
    EXPECT_FALSE(comments.Of(*method).empty()) << method->full_name();
  }
}

TEST(Describe, TellsWhatTheProtosSay) {
  const Comments comments;
  const auto text = Describe("content/CreateArticle", comments);
  ASSERT_TRUE(text) << text.error().ToString();
  EXPECT_THAT(*text, HasSubstr("Files a new article"));
  EXPECT_THAT(*text, HasSubstr("roles: editor\n"));
  EXPECT_THAT(*text, HasSubstr("command: kimberlitectl article create\n"));
  EXPECT_THAT(*text, HasSubstr("  translations: repeated NewTranslation\n"));
  EXPECT_THAT(*text, HasSubstr("  alt: map<string, string>\n"));
  EXPECT_THAT(*text, HasSubstr("1 to 300 characters."));
  EXPECT_THAT(*text, HasSubstr("TRANSLATION_STATE_WITHDRAWN"));
  EXPECT_THAT(*Describe("feed.FeedDescription", comments), HasSubstr("rss_path: string"));
  EXPECT_THAT(*Describe("ConceptKind", comments), HasSubstr("CONCEPT_KIND_EVENT"));
}

TEST(Describe, AsksWhichWhenTwoHaveTheName) {
  EXPECT_THAT(Describe("PutSourceRequest", Comments()).error().message(),
              HasSubstr("kimberlite.ingest.v1.PutSourceRequest"));
  EXPECT_THAT(*Describe("ingest.PutSourceRequest", Comments()), HasSubstr("FeedSource"));
  EXPECT_FALSE(Describe("Nope", Comments()));
}

TEST(FirstSentence, EndsAtTheFirstFullStop) {
  EXPECT_EQ(FirstSentence("One. Two."), "One");
  EXPECT_EQ(FirstSentence("RSS 2.0 and more."), "RSS 2.0 and more");
  EXPECT_EQ(FirstSentence(""), "");
}

TEST(Percentile, IsTheNearestRank) {
  std::vector<double> measures;
  for (int i = 200; i >= 1; --i) measures.push_back(i);
  EXPECT_EQ(Percentile(measures, 50), 100);
  EXPECT_EQ(Percentile(measures, 99), 198);
  EXPECT_EQ(Percentile(measures, 100), 200);
  EXPECT_EQ(Percentile({7}, 50), 7);
  EXPECT_EQ(Percentile({}, 50), 0);
}

}  // namespace
}  // namespace kimberlite::ctl
