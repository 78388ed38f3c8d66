#include "tools/kimberlitectl/app.h"

#include <CLI/CLI.hpp>
#include <deque>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <utility>

#include "libs/base/text.h"
#include "services/rendering/core/theme.h"
#include "tools/kimberlitectl/bench.h"
#include "tools/kimberlitectl/caller.h"
#include "tools/kimberlitectl/catalog.h"
#include "tools/kimberlitectl/command.h"
#include "tools/kimberlitectl/describe.h"
#include "tools/kimberlitectl/import_articles.h"
#include "tools/kimberlitectl/newsroom.h"
#include "tools/kimberlitectl/old_site.h"
#include "tools/kimberlitectl/text.h"
#include "tools/kimberlitectl/transfer.h"

namespace kimberlite::ctl {
namespace {

constexpr int kDone = 0, kFailed = 1, kUsage = 2;
// A new stack's services come up within this.
constexpr std::chrono::seconds kPatience{15};

// A wrong command line or setting: exit code 2.
Result<int> Usage(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

// What CLI11 binds one flag to.
struct BoundFlag {
  Flag flag;
  CLI::Option* option = nullptr;
  std::vector<std::string> values;
  bool on = false;
};

// What CLI11 binds one verb to. Addresses of its members are given away: it stays where it is.
struct BoundVerb {
  const Verb* verb;
  const google::protobuf::MethodDescriptor* method;
  std::deque<BoundFlag> flags;
  std::string json, save;
  bool all = false, wait_visible = false;
};

class App {
 public:
  explicit App(const Surroundings& surroundings) : surroundings_(surroundings) {
    root_.description(
        "kimberlitectl: the command line of Kimberlite\n"
        "Writes and reads stories, concepts, sources and pages through the services' RPCs.");
    root_.name("kimberlitectl");
    root_.require_subcommand(1);
    root_.get_formatter()->column_width(34);
    root_.footer(
        "Examples:\n"
        "  kimberlitectl article create --section economy --language en --headline \"Ice road opens\" --publish\n"
        "  kimberlitectl article update 1001 --language en --headline \"Ice road opens early\" --wait-visible\n"
        "  kimberlitectl article list en/section/economy\n"
        "  kimberlitectl describe content/CreateArticle\n"
        "  kimberlitectl call content/GetArticle '{\"article_id\": 1001}'\n\n"
        "Settings, from the environment, or else from .dev/env of this directory or a parent:\n" +
        SettingsHelp() +
        "\nExit codes: 0 done, 1 a call failed, 2 the command line or a setting is wrong.\n"
        "Every command has its own --help.");
    AddCommon(root_);
    AddNouns();
    AddGeneric();
    AddThemeCheck();
    AddNewsroom();
    AddBench();
    AddTransfer();
  }

  int Run(int argc, const char* const* argv) {
    try {
      root_.parse(argc, argv);
    } catch (const CLI::Success& help) {
      return root_.exit(help, surroundings_.out, surroundings_.err);
    } catch (const CLI::ParseError& error) {
      return Report(Usage(Explain(error)));
    }
    return Report(chosen_());
  }

 private:
  // --output and --timeout are taken before and after the command.
  void AddCommon(CLI::App& app) {
    app.add_option("-o,--output", output_, "json: one document of proto JSON; text: for people")
        ->check(CLI::IsMember({"text", "json"}))
        ->group("Common");
    AddTimeout(app);
  }
  void AddTimeout(CLI::App& app) {
    app.add_option("--timeout", timeout_, "How long one call may take, e.g. 500ms, 10s, 2m; 10s unless given")
        ->type_name("DURATION")
        ->group("Common");
  }

  CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& help,
                       std::function<Result<int>()> run) {
    CLI::App& app = *parent.add_subcommand(name, help);
    app.callback([this, &app, run = std::move(run)] {
      chosen_app_ = &app;
      chosen_ = run;
    });
    return app;
  }

  void AddNouns() {
    for (const Noun& noun : Nouns()) {
      CLI::App* parent = nullptr;
      for (const Verb& verb : Verbs()) {
        if (verb.noun != noun.name) continue;
        if (verb.verb.empty()) {
          AddVerb(root_, verb, verb.noun, noun.help);
          continue;
        }
        if (!parent) {
          parent = root_.add_subcommand(noun.name, noun.help);
          parent->require_subcommand(1);
        }
        AddVerb(*parent, verb, verb.verb, "");
      }
    }
  }

  void AddVerb(CLI::App& parent, const Verb& verb, const std::string& name, std::string help) {
    const auto method = FindMethod(verb.method);
    BoundVerb& bound = verbs_.emplace_back(BoundVerb{&verb, *method});
    const std::string comment = comments_.Of(**method);
    if (help.empty()) help = verb.help.empty() ? FirstSentence(comment) : verb.help;
    CLI::App& app = AddCommand(parent, name, help, [this, &bound] { return RunVerb(bound); });
    for (const Positional& positional : verb.positionals) AddPositional(app, positional, bound);
    for (Flag& flag : FlagsOf(*(*method)->input_type(), verb.shape, comments_)) AddFlag(app, std::move(flag), bound);
    if ((*method)->input_type()->field_count() > 0) {
      app.add_option("--json", bound.json,
                     "The whole request as proto JSON: a file, - for standard input, or the text; flags change it")
          ->type_name("FILE|-|JSON");
    }
    if (verb.extra == Extra::kAllSwitch) app.add_flag("--all", bound.all, "Every one");
    if (verb.wait_visible) {
      app.add_flag("--wait-visible", bound.wait_visible,
                   "Return when every page and feed shows it, and say how long that took");
    }
    if (!verb.document.empty()) {
      app.add_option("--save", bound.save, "Write the document itself to this file")->type_name("FILE");
    }
    AddCommon(app);
    std::string footer = "RPC: " + verb.method + " (roles: " + Join(RolesOf(**method), ", ") +
                         "). All about it: kimberlitectl describe " + verb.method;
    if (!verb.examples.empty())
      footer = "Examples:\n  kimberlitectl " + Join(verb.examples, "\n  kimberlitectl ") + "\n\n" + footer;
    app.footer(footer);
  }

  void AddPositional(CLI::App& app, const Positional& positional, BoundVerb& bound) {
    BoundFlag& target = bound.flags.emplace_back();
    target.flag = {.kind = Flag::Kind::kOne,
                   .name = positional.name,
                   .path = PathOf(*bound.method->input_type(), positional.path),
                   .positional = true};
    const google::protobuf::FieldDescriptor& field = *target.flag.path.back();
    if (field.is_repeated()) target.flag.kind = Flag::Kind::kMany;
    target.option = app.add_option(positional.name, target.values, HelpOf(field, comments_));
    target.option->type_name(positional.required ? "" : "(may be left out)");
    if (!field.is_repeated()) target.option->expected(1)->allow_extra_args(false);
    positional_fields_.insert(&field);
  }

  void AddFlag(CLI::App& app, Flag flag, BoundVerb& bound) {
    std::string names = "--" + flag.name;
    for (const std::string& alias : flag.aliases) names += ",--" + alias;
    BoundFlag& target = bound.flags.emplace_back();
    if (flag.kind == Flag::Kind::kSwitch) {
      target.option = app.add_flag(names, target.on, flag.help);
    } else {
      // One value each time, so that what follows is not taken for another value.
      target.option = app.add_option(names, target.values, flag.help)->type_name(flag.type);
      if (flag.kind == Flag::Kind::kMany || flag.kind == Flag::Kind::kPairs) {
        target.option->allow_extra_args(false);
      } else {
        target.option->expected(1);
      }
    }
    // Works, but need not be shown twice.
    if (positional_fields_.contains(flag.path.back())) target.option->group("");
    target.flag = std::move(flag);
  }

  void AddGeneric() {
    CLI::App& call =
        AddCommand(root_, "call", "Call any RPC with JSON and print its answer as JSON", [this] { return RunCall(); });
    call.add_option("RPC", method_name_, "SERVICE/METHOD, e.g. content/GetArticle")->required()->type_name("");
    call.add_option(
            "JSON", request_json_,
            "The request as proto JSON, or - for standard input; {} unless given. A line each where many are taken")
        ->type_name("");
    call.footer(
        "Examples:\n  kimberlitectl call content/GetArticle '{\"article_id\": 1001}'\n"
        "  kimberlitectl call content/CreateArticle - < story.json\n\n"
        "kimberlitectl methods lists the RPCs, kimberlitectl describe content/CreateArticle explains one.");
    AddCommon(call);

    CLI::App& methods =
        AddCommand(root_, "methods", "List every RPC with its command and who may call it", [this]() -> Result<int> {
          surroundings_.out << (output_ == "json" ? MethodsJson(comments_) : MethodsText(comments_));
          return kDone;
        });
    AddCommon(methods);

    CLI::App& describe =
        AddCommand(root_, "describe", "Explain an RPC, a message or an enum, field by field", [this]() -> Result<int> {
          const auto text = Describe(method_name_, comments_);
          if (!text) return Usage(text.error().message());
          surroundings_.out << *text;
          return kDone;
        });
    describe.add_option("NAME", method_name_, "E.g. content/CreateArticle, Article, tagging.Concept, FeedFormat")
        ->required()
        ->type_name("");
  }

  void AddThemeCheck() {
    CLI::App& check = AddCommand(*root_.get_subcommand("theme"), "check",
                                 "Check a theme offline, as an edge would load it", [this]() -> Result<int> {
                                   const auto theme = rendering::Theme::Load(theme_directory_, "en");
                                   if (!theme) return std::unexpected(theme.error());
                                   surroundings_.out << (*theme)->name() << " " << (*theme)->version() << "\n";
                                   return kDone;
                                 });
    check
        .add_option("DIR", theme_directory_, "A directory with theme.json, style.css, lite.css, templates/, catalogs/")
        ->required()
        ->type_name("");
    check.footer(
        "Prints the theme's name and version, or what is wrong with file and line. Whatever passes can render every "
        "page.");
  }

  void AddNewsroom() {
    CLI::App& newsroom = *root_.add_subcommand("newsroom", "Whole newsrooms kept in a directory");
    newsroom.require_subcommand(1);
    CLI::App& load =
        AddCommand(newsroom, "load", "Load a newsroom: concepts, site, sources, pictures, articles, feeds", [this] {
          return WithCaller(kPatience, [this](Caller& caller) -> Result<void> {
            newsroom_.json = output_ == "json";
            return LoadNewsroom(newsroom_, caller, surroundings_.out);
          });
        });
    load.add_option("DIR", newsroom_.directory,
                    "A directory with site.json, sources.jsonl, concepts.jsonl, articles.jsonl, feeds.jsonl, media/")
        ->required()
        ->type_name("");
    load.add_option("--public-url", newsroom_.public_url,
                    "Scheme and host that readers use, instead of the one in site.json")
        ->type_name("URL");
    load.add_option("--wire-port", newsroom_.wire_port,
                    "Port of the local wire, for {wire_port} in feed URLs; such feeds are left out unless given")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65535));
    AddCommon(load);
    load.footer(
        "Loading again changes nothing: articles carry idempotency keys, everything else has a key of its own.\n"
        "Services that are still being started are waited for, up to 15 s. Needs the roles editor and operator.");
  }

  void AddBench() {
    CLI::App& bench = *root_.add_subcommand("bench", "Measure a running stack");
    bench.require_subcommand(1);
    CLI::App& publish =
        AddCommand(bench, "publish", "Time from acknowledgement until readers see a publication", [this] {
          return WithCaller({}, [this](Caller& caller) -> Result<void> {
            bench_.json = output_ == "json";
            if (bench_.edge.empty()) bench_.edge = caller.settings().edge;
            return BenchPublish(bench_, caller, surroundings_.out, surroundings_.err);
          });
        });
    publish
        .add_option("--count", bench_.count,
                    "Publications: every second one corrects the headline of the one before; 200 unless given")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100000));
    publish
        .add_option("--edge", bench_.edge,
                    "Where readers reach the site; from KIMBERLITE_EDGE_ADDRESS and _PORT unless given")
        ->type_name("URL");
    publish.add_option("--language", bench_.language, "Language of the articles; en unless given")->type_name("CODE");
    publish.add_option("--section", bench_.section, "Section of the articles; economy unless given")->type_name("ID");
    publish.add_flag("--keep", bench_.keep, "Do not withdraw the articles afterwards");
    AddCommon(publish);
    publish.footer(
        "Asks for the article's page, the section's list and its rss.xml by real GETs until each shows the new "
        "headline.\n"
        "\"all\" is the time until the last of the three did. The articles are withdrawn afterwards.");
  }

  // Of articles of another system.
  void AddImportOptions(CLI::App& app, const std::string& from) {
    app.add_option("FROM", import_from_, from)->required()->type_name("");
    app.add_option("--language", import_.language, "Of articles that name no language")->type_name("CODE");
    app.add_option("--section", import_.section,
                   "Of articles whose category is no section of the site; they are refused unless given")
        ->type_name("ID");
    app.add_option("--jobs", import_.jobs, "Requests at once; 4 unless given")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 64));
    app.add_flag("--dry-run", import_.dry_run, "Only report what would happen");
    AddCommon(app);
    app.footer(
        "Articles are known by their old id: an import that was cut off is repeated from its beginning. Their old "
        "addresses, "
        "and those of categories and tags, lead to the new ones. Tags that are no concepts are reported: put them with "
        "kimberlitectl concept put (or as an alias) and import again, before or after.");
  }

  Result<int> RunImport(const std::function<Result<std::vector<OldArticle>>()>& read) {
    const auto articles = read();
    if (!articles) return Usage(articles.error().message());
    import_.json = output_ == "json";
    return WithCaller({},
                      [&](Caller& caller) { return ImportArticles(*articles, import_, caller, surroundings_.out); });
  }

  void AddTransfer() {
    CLI::App& bring = *root_.add_subcommand("import", "Take in another system's articles, or a whole site");
    bring.require_subcommand(1);
    AddImportOptions(AddCommand(bring, "joomla", "A Joomla export: JSON, JSON lines or CSV",
                                [this] {
                                  return RunImport([this]() -> Result<std::vector<OldArticle>> {
                                    KIMBERLITE_ASSIGN_OR_RETURN(const std::string bytes, Read(import_from_));
                                    return ReadJoomla(bytes, import_from_);
                                  });
                                }),
                     "The file, or - for standard input");
    AddImportOptions(AddCommand(bring, "markdown", "A folder of Markdown with front matter",
                                [this] { return RunImport([this] { return ReadMarkdownFolder(import_from_); }); }),
                     "The folder");
    CLI::App& site = AddCommand(bring, "site", "What kimberlitectl export wrote, into an empty site", [this] {
      return WithCaller({}, [this](Caller& caller) -> Result<void> {
        if (import_from_ == "-") return ImportSite(surroundings_.in, import_resume_, caller, surroundings_.out);
        std::ifstream file(import_from_, std::ios::binary);
        if (!file) return Fail(Code::kInvalidArgument, "cannot read " + import_from_);
        return ImportSite(file, import_resume_, caller, surroundings_.out);
      });
    });
    site.add_option("FROM", import_from_, "The file, or - for standard input")->required()->type_name("");
    site.add_flag("--resume", import_resume_, "Go on with an import that was cut off");
    AddCommon(site);
    CLI::App& out = AddCommand(
        root_, "export", "Write everything, one JSON line for each object, to standard output",
        [this] { return WithCaller({}, [this](Caller& caller) { return ExportSite(caller, surroundings_.out); }); });
    AddCommon(out);
    out.footer(
        "Example:\n  kimberlitectl export > site.jsonl\nThe role operator is needed. Back with kimberlitectl import "
        "site.");
  }

  Result<int> RunVerb(BoundVerb& bound) {
    Command command{.verb = bound.verb,
                    .method = bound.method,
                    .json = bound.json,
                    .all = bound.all,
                    .wait_visible = bound.wait_visible,
                    .save = bound.save,
                    .output_json = output_ == "json"};
    for (BoundFlag& flag : bound.flags) {
      if (flag.option->count() == 0) continue;
      if (flag.flag.kind == Flag::Kind::kSwitch) flag.values = {flag.on ? "true" : "false"};
      command.given.push_back({flag.flag, flag.values});
    }
    const ReadFile read_file = [this](const std::string& name) { return Read(name); };
    auto request = BuildRequest(command, read_file);
    if (!request) return Usage(request.error().message() + HelpHint(chosen_app_));
    return WithCaller({}, [&](Caller& caller) {
      return Execute(command, **request, read_file, caller, surroundings_.out, surroundings_.err);
    });
  }

  Result<int> RunCall() {
    const auto method = FindMethod(method_name_);
    if (!method) return Usage(method.error().message());
    if (request_json_ == "-") {
      auto read = Read("-");
      if (!read) return Usage(read.error().message());
      request_json_ = std::move(*read);
    }
    std::string lines;
    if ((*method)->client_streaming()) lines = std::exchange(request_json_, "{}");
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    const std::unique_ptr<google::protobuf::Message> request(factory->GetPrototype((*method)->input_type())->New());
    if (auto merged = MergeJson(request_json_, *request); !merged) {
      return Usage("the request " + merged.error().message() + " (kimberlitectl describe " + ShortName(**method) + ")");
    }
    return WithCaller({}, [&](Caller& caller) -> Result<void> {
      return CallAndPrint(caller, **method, *request, lines, [&](const google::protobuf::Message& response) {
        surroundings_.out << ((*method)->server_streaming() ? RenderJsonLine(response) : RenderJson(response));
        surroundings_.out.flush();
        return Result<void>();
      });
    });
  }

  // Reads the settings, then does what needs the services.
  Result<int> WithCaller(std::chrono::milliseconds patience, const std::function<Result<void>(Caller&)>& work) {
    const auto timeout = ParseDuration(timeout_);
    if (!timeout) return Usage("--timeout: " + timeout.error().message());
    auto settings = ReadSettings(surroundings_.getenv, surroundings_.directory);
    if (!settings) return Usage(settings.error().message());
    if (settings->token.empty()) {
      return Usage(
          "no token: set KIMBERLITE_RPC_TOKEN, or KIMBERLITE_RPC_TOKEN_FILE to a file that holds it, "
          "or run this where ./dev up was run (it writes .dev/env)");
    }
    Caller caller(std::move(*settings), *timeout, patience);
    if (auto done = work(caller); !done) {
      surroundings_.err << ErrorLine(done.error()) << '\n';
      return kFailed;
    }
    surroundings_.out.flush();
    if (!surroundings_.out) {
      surroundings_.err << "error: standard output cannot be written\n";
      return kFailed;
    }
    return kDone;
  }

  Result<std::string> Read(const std::string& name) {
    std::ostringstream content;
    if (name == "-") {
      content << surroundings_.in.rdbuf();
      return std::move(content).str();
    }
    std::ifstream file(name, std::ios::binary);
    // An empty file makes the insertion fail, so the stream is asked first.
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
      if (!file.is_open() || file.bad()) return Fail(Code::kInvalidArgument, "cannot read " + name);
      return std::string();
    }
    if (!(content << file.rdbuf())) return Fail(Code::kInvalidArgument, "cannot read " + name);
    return std::move(content).str();
  }

  // What CLI11 did not understand, and where it is explained.
  std::string Explain(const CLI::ParseError& error) const {
    const CLI::App* app = &root_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    std::string what = error.what();
    if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) {
      const auto words = app->remaining();
      what = words.empty() ? "say what to do" : "there is no command \"" + words.front() + "\"";
    }
    return what + HelpHint(app);
  }

  static std::string HelpHint(const CLI::App* app) {
    std::string words;
    for (; app; app = app->get_parent()) words = app->get_name() + " " + words;
    return " (" + words + "--help)";
  }

  int Report(const Result<int>& outcome) {
    if (outcome) return *outcome;
    std::string line = ErrorLine(outcome.error());
    // The code says nothing about a command line.
    const std::string code = "INVALID_ARGUMENT: ";
    line.erase(line.find(code), code.size());
    surroundings_.err << line << '\n';
    return kUsage;
  }

  const Surroundings& surroundings_;
  const Comments comments_;
  CLI::App root_;
  std::deque<BoundVerb> verbs_;
  std::set<const google::protobuf::FieldDescriptor*> positional_fields_;
  std::string output_ = "text";
  std::string timeout_ = "10s";
  std::string method_name_, request_json_ = "{}";
  std::string theme_directory_;
  NewsroomOptions newsroom_;
  BenchOptions bench_;
  ImportOptions import_;
  std::string import_from_;
  bool import_resume_ = false;
  const CLI::App* chosen_app_ = nullptr;
  std::function<Result<int>()> chosen_;
};

}  // namespace

int Run(const Surroundings& surroundings, int argc, const char* const* argv) {
  App app(surroundings);
  return app.Run(argc, argv);
}

}  // namespace kimberlite::ctl
