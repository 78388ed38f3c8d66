// Trains the model that libs/langid ships. See README.md beside this file.
//
//   langid_train --texts train.jsonl.gz --other other.jsonl.gz --out ../languages.model [--hold-out 0.2]
//
// The same inputs give the same bytes. With --hold-out, the last part of each source's lines of each language is not
// trained on but measured.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "libs/jsonl/lines.h"
#include "libs/langid/features.h"
#include "libs/langid/model.h"
#include "libs/langid/train/measure.h"

namespace kimberlite::langid {
namespace {

// Codes of the texts, in ours.
const std::map<std::string, std::string, std::less<>> kCodes = {
    {"rus", "ru"},      {"kir", "ky"}, {"ukr", "uk"}, {"bel", "be"},    {"kaz", "kk"}, {"tat", "tt"},
    {"eng", "en"},      {"fra", "fr"}, {"deu", "de"}, {"zho-CN", "zh"}, {"jpn", "ja"}, {"kor", "ko"},
    {"arb", "ar"},      {"bak", "ba"}, {"bul", "bg"}, {"mon", "mn"},    {"khk", "mn"}, {"srp-Cyrl", "sr"},
    {"tgk-Cyrl", "tg"}, {"spa", "es"}, {"heb", "he"}, {"chv", "cv"}};

struct Options {
  std::string texts;
  std::vector<std::string> others;
  std::string out;
  std::string news;
  std::string model;
  bool show_errors = false;
  double hold_out = 0;
  int epochs = 7;
  double rate = 0.3;
  double decay = 1e-5;
  double rare = 16;
};

class Trainer {
 public:
  Trainer(std::vector<std::string> languages, const Options& options)
      : languages_(std::move(languages)),
        options_(options),
        weights_(std::size_t{kBuckets} * kMaxLanguages),
        squares_(weights_.size(), 1e-6F) {}

  void Train(const std::vector<Example>& examples, int epochs) {
    std::vector<double> count(languages_.size());
    for (const Example& example : examples) ++count[static_cast<std::size_t>(example.language)];
    std::vector<std::size_t> order(examples.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      const float rate = static_cast<float>(options_.rate * (1 - 0.9 * epoch / epochs));
      Shuffle(order);
      double loss = 0;
      std::size_t steps = 0;
      for (const std::size_t i : order) {
        const Example& example = examples[i];
        // Rare languages are seen more often, up to sixteen times; what is left undetermined less.
        const double n = count[static_cast<std::size_t>(example.language)];
        double times = std::clamp(1000.0 / n, 0.2, options_.rare);
        if (example.language == 0) times = std::min(1.0, 6'000.0 / n);
        if (languages_[static_cast<std::size_t>(example.language)] == "sah") times = 0.6;
        for (times += Uniform(); times >= 1; times -= 1) {
          loss += Step(example.text, example.language, rate);
          loss += Step(Fragment(example.text), example.language, rate);
          steps += 2;
        }
      }
      for (int i = 0; i < 800; ++i) Step(MadeUp(), 0, rate);
      fmt::print(stderr, "epoch {} loss {:.4f}\n", epoch, loss / static_cast<double>(steps));
    }
  }

  std::string Quantised() const {
    std::vector<float> sizes;
    for (const float weight : weights_) {
      if (weight != 0) sizes.push_back(std::fabs(weight));
    }
    const std::size_t nearly_all = sizes.size() - sizes.size() / 20'000 - 1;
    std::ranges::nth_element(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(nearly_all));
    const float scale = sizes[nearly_all] / 127;
    std::vector<std::int8_t> rows(weights_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = static_cast<std::int8_t>(std::clamp(std::lround(weights_[i] / scale), -127L, 127L));
    }
    return Model::Write(languages_, scale, rows);
  }

  // Of the example's own language; und takes no part.
  double Probability(const Example& example) const {
    Features features;
    Extract(example.text, features);
    if (features.rows().empty()) return 0;
    const Scores scores = Add(features.rows());
    double sum = 0;
    for (std::size_t c = 1; c < languages_.size(); ++c) {
      sum += std::exp(static_cast<double>(scores[c] - scores[static_cast<std::size_t>(example.language)]));
    }
    return 1 / sum;
  }

 private:
  // Not std::shuffle and std's distributions: those may differ between libraries.
  std::uint32_t Random(std::size_t below) { return static_cast<std::uint32_t>(random_() % below); }
  double Uniform() { return static_cast<double>(random_()) / 4294967296.0; }
  void Shuffle(std::vector<std::size_t>& order) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[Random(i)]);
  }

  // Some words in a row, as a headline has them. Text without spaces is cut between letters.
  std::string Fragment(const std::string& text) {
    const std::size_t wanted = 12 + Random(70);
    if (text.size() <= wanted) return text;
    std::size_t begin = Random(text.size() - wanted);
    std::size_t end = begin + wanted;
    const auto back_to_space = [&](std::size_t at, std::size_t least) {
      for (std::size_t i = at; i > least; --i) {
        if (text[i - 1] == ' ') return i;
      }
      while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
      return at;
    };
    begin = back_to_space(begin, begin > 40 ? begin - 40 : 0);
    end = back_to_space(end, begin + 8);
    return text.substr(begin, end - begin);
  }

  // No language: letters at random, code, words of numbers.
  std::string MadeUp() {
    static const std::vector<std::string> alphabets = {
        "abcdefghijklmnopqrstuvwxyz",        "asdfghjkl",   "qwertyuiop",
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "фывапролджэ", "йцукенгшщзхъ",
        "абвгдежзиклмнопрстуыэөүҕҥһ"};
    static const std::vector<std::string> code = {
        "int main(int argc, char** argv) { return 0; }",
        "for (size_t i = 0; i < n; ++i) sum += x[i];",
        "SELECT id, name FROM users WHERE id = 5 ORDER BY name;",
        "def f(x): return [y for y in x if y is not None]",
        "<div class=\"row\"><span id=\"x1\"></span></div>",
        "const fn = async (req, res) => await db.get(req.id);",
        "{\"id\": 17, \"type\": \"node\", \"ref\": null}",
        "public static void main(String[] args) throws IOException",
        "npm install --save-dev webpack",
        "git commit -m fix && git push origin HEAD",
        "kg km cm mm ml GB MHz kW",
        "import numpy as np; np.zeros((3, 4)).sum(axis=1)",
        "if err != nil { return nil, fmt.Errorf(\"%w\", err) }",
        "body { margin: 0 auto; font-family: Arial, sans-serif; color: #333; }",
        "XXIV III VII",
        "lorem ipsum dolor sit amet",
        "IMG_2031.JPG DSC00412.jpg",
        "ISBN ISSN DOI URL HTML PDF",
        "cout << endl; std::vector<int> v; v.push_back(1);"};
    if (Random(4) == 0) return code[Random(code.size())];
    std::string text;
    const std::string& alphabet = alphabets[Random(alphabets.size())];
    const bool wide = static_cast<unsigned char>(alphabet[0]) >= 0x80;
    for (std::uint32_t word = 0, words = 1 + Random(8); word < words; ++word) {
      for (std::uint32_t i = 0, letters = 2 + Random(11); i < letters; ++i) {
        if (wide) {
          text += alphabet.substr(2 * Random(alphabet.size() / 2), 2);
        } else {
          text += alphabet[Random(alphabet.size())];
        }
      }
      text += ' ';
    }
    return text;
  }

  Scores Add(const std::vector<std::uint32_t>& rows) const {
    Scores scores{};
    for (const std::uint32_t row : rows) {
      const float* const weights = &weights_[std::size_t{row} * kMaxLanguages];
      for (std::size_t c = 0; c < kMaxLanguages; ++c) scores[c] += weights[c];
    }
    const float unit = 1 / std::sqrt(static_cast<float>(rows.size()));
    for (float& score : scores) score *= unit;
    return scores;
  }

  // One step of AdaGrad on the log loss. Returns the loss.
  double Step(const std::string& text, int language, float rate) {
    Features features;
    Extract(text, features);
    std::vector<std::uint32_t> rows = features.rows();
    if (rows.empty()) return 0;
    std::ranges::sort(rows);
    const float unit = 1 / std::sqrt(static_cast<float>(rows.size()));
    const Scores scores = Add(rows);
    const std::size_t n = languages_.size();
    const float most = *std::max_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(n));
    double sum = 0;
    for (std::size_t c = 0; c < n; ++c) sum += std::exp(static_cast<double>(scores[c] - most));
    Scores gradient{};
    for (std::size_t c = 0; c < n; ++c) {
      gradient[c] = static_cast<float>(std::exp(static_cast<double>(scores[c] - most)) / sum) -
                    (c == static_cast<std::size_t>(language) ? 1.0F : 0.0F);
    }
    const double loss = std::log(sum) - static_cast<double>(scores[static_cast<std::size_t>(language)] - most);
    for (std::size_t i = 0; i < rows.size();) {
      std::size_t same = i;
      while (same < rows.size() && rows[same] == rows[i]) ++same;
      const float value = unit * static_cast<float>(same - i);
      float* const weights = &weights_[std::size_t{rows[i]} * kMaxLanguages];
      float* const squares = &squares_[std::size_t{rows[i]} * kMaxLanguages];
      for (std::size_t c = 0; c < n; ++c) {
        const float g = gradient[c] * value + static_cast<float>(options_.decay) * weights[c];
        squares[c] += g * g;
        weights[c] -= rate * g / std::sqrt(squares[c]);
      }
      i = same;
    }
    return loss;
  }

  const std::vector<std::string> languages_;
  const Options options_;
  std::vector<float> weights_;
  std::vector<float> squares_;
  std::mt19937 random_{20'261'124};
};

// Cut after every fifth word.
std::vector<std::string_view> PartsOf(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int words = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ' || ++words % 5 != 0) continue;
    parts.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Result<void> ReadTexts(const std::string& path, std::vector<std::string>& languages, std::vector<Example>& examples) {
  return jsonl::ForEachObject(path, [&](const nlohmann::json& object) -> Result<void> {
    KIMBERLITE_ASSIGN_OR_RETURN(std::string code, jsonl::StringOf(object, "lang"));
    KIMBERLITE_ASSIGN_OR_RETURN(std::string source, jsonl::StringOf(object, "src"));
    KIMBERLITE_ASSIGN_OR_RETURN(std::string text, jsonl::StringOf(object, "text"));
    if (const auto known = kCodes.find(code); known != kCodes.end()) code = known->second;
    auto at = std::ranges::find(languages, code);
    if (at == languages.end()) at = languages.insert(languages.end(), code);
    examples.push_back({std::move(text), static_cast<int>(at - languages.begin()), std::move(source)});
    return {};
  });
}

// Rows of drawn words: to learn from, not to measure by.
constexpr std::string_view kDrawn = "wordfreq";

// The last part of each source's lines of each language.
void HoldOut(std::vector<Example>& examples, double part, std::vector<Example>& held) {
  std::map<std::pair<int, std::string>, std::size_t> total;
  std::map<std::pair<int, std::string>, std::size_t> seen;
  for (const Example& example : examples) ++total[{example.language, example.source}];
  std::vector<Example> kept;
  for (Example& example : examples) {
    const std::pair key(example.language, example.source);
    const bool late =
        example.source != kDrawn && static_cast<double>(++seen[key]) > (1 - part) * static_cast<double>(total[key]);
    (late ? held : kept).push_back(std::move(example));
  }
  examples = std::move(kept);
}

// An encyclopedia in one language holds titles, names and quotations in others, and they would be taught as its own. A
// model trained without a half of its lines judges them: parts that are clearly in another language go, and so do lines
// of which hardly anything is left.
void LeaveOutMislabelled(std::vector<Example>& examples, const std::vector<std::string>& languages,
                         const Options& options) {
  constexpr int kEpochs = 4;
  constexpr double kClearlyOther = 0.2;
  std::size_t lines = 0;
  for (const int half : {0, 1}) {
    std::vector<Example> known;
    std::size_t n = 0;
    for (const Example& example : examples) {
      if (example.source != "wikimedia" || static_cast<int>(n++ % 2) != half) known.push_back(example);
    }
    Trainer teacher(languages, options);
    teacher.Train(known, kEpochs);
    n = 0;
    for (Example& example : examples) {
      if (example.source != "wikimedia" || static_cast<int>(n++ % 2) != half) continue;
      std::string kept;
      for (const std::string_view part : PartsOf(example.text)) {
        if (teacher.Probability({std::string(part), example.language, {}}) >= kClearlyOther) kept += part;
      }
      const bool whole = teacher.Probability(example) >= kClearlyOther;
      lines += !whole;
      example.text = whole ? kept : std::string();
    }
  }
  std::erase_if(examples, [](const Example& example) { return example.text.size() < 4; });
  fmt::print(stderr, "left out as mislabelled: {} lines\n", lines);
}

Result<bool> Run(const Options& options) {
  std::vector<std::string> languages = {"und"};
  std::vector<Example> examples;
  KIMBERLITE_RETURN_IF_ERROR(ReadTexts(options.texts, languages, examples));
  for (const std::string& path : options.others) {
    KIMBERLITE_RETURN_IF_ERROR(ReadTexts(path, languages, examples));
  }
  if (languages.size() > kMaxLanguages) return Fail(Code::kInvalidArgument, "too many languages");
  std::vector<Example> held;
  if (options.hold_out > 0) HoldOut(examples, options.hold_out, held);
  if (!options.model.empty()) {
    std::ifstream file(options.model, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    KIMBERLITE_ASSIGN_OR_RETURN(const Model model, Model::Parse(bytes));
    return Measure(model, held, options.news, options.show_errors);
  }
  LeaveOutMislabelled(examples, languages, options);
  Trainer trainer(languages, options);
  trainer.Train(examples, options.epochs);
  const std::string bytes = trainer.Quantised();
  std::ofstream(options.out, std::ios::binary) << bytes;
  KIMBERLITE_ASSIGN_OR_RETURN(const Model model, Model::Parse(bytes));
  if (held.empty()) return true;
  return Measure(model, held, options.news, options.show_errors);
}

}  // namespace
}  // namespace kimberlite::langid

int main(int argc, char** argv) {
  kimberlite::langid::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--texts") options.texts = argv[i + 1];
    if (name == "--other") options.others.emplace_back(argv[i + 1]);
    if (name == "--out") options.out = argv[i + 1];
    if (name == "--hold-out") options.hold_out = std::stod(argv[i + 1]);
    if (name == "--model") options.model = argv[i + 1];
    if (name == "--news") options.news = argv[i + 1];
    if (name == "--show-errors") options.show_errors = std::string_view(argv[i + 1]) == "yes";
    if (name == "--epochs") options.epochs = std::stoi(argv[i + 1]);
    if (name == "--rate") options.rate = std::stod(argv[i + 1]);
    if (name == "--decay") options.decay = std::stod(argv[i + 1]);
  }
  if (options.texts.empty() || options.others.empty() || options.out.empty()) {
    std::fputs("usage: langid_train --texts FILE --other FILE --out FILE [--hold-out PART]\n", stderr);
    return 2;
  }
  const auto done = kimberlite::langid::Run(options);
  if (!done) std::fprintf(stderr, "%s\n", done.error().ToString().c_str());
  return done && *done ? 0 : 1;
}
