#include "services/rendering/core/theme.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "libs/base/id.h"
#include "services/rendering/core/template_compiler.h"
#include "services/rendering/core/theme_manifest.h"
#include "services/rendering/core/theme_style.h"

namespace kimberlite::rendering {
namespace {

// Every file of the theme by its path within it.
Result<std::map<std::string, std::string>> ReadDirectory(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  std::error_code failure;
  std::filesystem::recursive_directory_iterator entry(directory, failure);
  for (; !failure && entry != std::filesystem::recursive_directory_iterator(); entry.increment(failure)) {
    if (entry->path().filename().string().starts_with('.')) continue;  // an editor's
    if (!entry->is_regular_file(failure)) continue;
    std::ifstream file(entry->path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file) return Fail(Code::kNotFound, "theme: cannot read " + entry->path().string());
    files[std::filesystem::relative(entry->path(), directory).generic_string()] = std::move(bytes);
  }
  if (failure) return Fail(Code::kNotFound, "theme: cannot read " + directory.string() + ": " + failure.message());
  return files;
}

std::string DigestOf(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, bytes] : files) all += name + " " + Sha256Hex(bytes) + "\n";
  return Sha256Hex(all);
}

}  // namespace

Result<std::shared_ptr<const Theme>> Theme::Load(const std::filesystem::path& directory,
                                                 std::string_view default_language) {
  KIMBERLITE_ASSIGN_OR_RETURN(const auto files, ReadDirectory(directory));
  for (const char* name : {"theme.json", "style.css", "lite.css"}) {
    if (!files.contains(name)) return Fail(Code::kNotFound, "theme: there is no " + (directory / name).string());
  }
  TemplateFiles sources;
  sources.style = MinifyCss(files.at("style.css"));
  sources.lite_style = MinifyCss(files.at("lite.css"));
  for (const auto& [name, text] : files) {
    const std::filesystem::path path(name);
    if (path.parent_path() == "templates" && path.extension() == ".html")
      sources.templates[path.stem().string()] = text;
  }
  KIMBERLITE_ASSIGN_OR_RETURN(auto catalogs, i18n::Catalogs::Load(directory / "catalogs", default_language));

  std::shared_ptr<Theme> theme(new Theme(std::move(catalogs)));
  theme->languages_ = theme->catalogs_.Languages();
  std::vector<i18n::Catalog> texts;
  for (const std::string& language : theme->languages_) texts.push_back(theme->catalogs_.For(language));
  struct Entry {
    Page page;
    std::string_view name;
    const TypeInfo& view;
  };
  const Entry entries[] = {
      {kHome, "home", Describe<HomeView>()},          {kList, "list", Describe<ListView>()},
      {kArticle, "article", Describe<ArticleView>()}, {kError, "error", Describe<ErrorView>()},
      {kChooser, "chooser", Describe<ChooserView>()}, {kFeeds, "feeds", Describe<FeedsView>()},
      {kAbout, "about", Describe<AboutView>()},       {kLite, "lite", Describe<ArticleView>()},
      {kArchive, "archive", Describe<ArchiveView>()}, {kSearch, "search", Describe<SearchView>()},
  };
  for (const Entry& entry : entries) {
    KIMBERLITE_ASSIGN_OR_RETURN(theme->templates_[entry.page], CompileTemplate(sources, entry.name, entry.view, texts));
  }
  KIMBERLITE_RETURN_IF_ERROR(theme->TakeManifest(files));
  theme->version_ = DigestOf(files);
  theme->style_sha256_base64_ = Sha256Base64(sources.style);
  theme->lite_style_sha256_base64_ = Sha256Base64(sources.lite_style);
  return theme;
}

Result<void> Theme::TakeManifest(const std::map<std::string, std::string>& files) {
  KIMBERLITE_ASSIGN_OR_RETURN(const ThemeManifest manifest, ParseThemeManifest(files.at("theme.json")));
  name_ = manifest.name;
  if (manifest.share_picture.empty()) return {};
  const auto file = files.find("assets/" + manifest.share_picture);
  const std::string extension = std::filesystem::path(manifest.share_picture).extension();
  const bool jpeg = extension == ".jpg" || extension == ".jpeg";
  if (file == files.end()) {
    return Fail(Code::kInvalidArgument,
                "theme.json: \"share_picture\" names assets/" + manifest.share_picture + ", which is not there");
  }
  // The formats that social networks show.
  const std::string_view begins = jpeg ? "\xff\xd8\xff" : "\x89PNG\r\n\x1a\n";
  if ((!jpeg && extension != ".png") || !file->second.starts_with(begins)) {
    return Fail(Code::kInvalidArgument, "theme.json: assets/" + manifest.share_picture + " is neither PNG nor JPEG");
  }
  share_picture_ = Asset{.path = "/media/theme." + Sha256Hex(file->second).substr(0, 16) + (jpeg ? ".jpg" : ".png"),
                         .content_type = jpeg ? "image/jpeg" : "image/png",
                         .bytes = file->second,
                         .width = manifest.share_width,
                         .height = manifest.share_height};
  return {};
}

std::size_t Theme::CatalogIndex(std::string_view language) const {
  const std::string& code = catalogs_.For(language).language();
  return static_cast<std::size_t>(std::lower_bound(languages_.begin(), languages_.end(), code) - languages_.begin());
}

std::string Theme::Render(Page page, const void* view, const Shell& shell) const {
  std::string out;
  const std::size_t largest = largest_page_.load(std::memory_order_relaxed);
  out.reserve(largest);
  templates_[page].Render(view, CatalogIndex(shell.language.code), out);
  if (out.size() > largest) largest_page_.store(out.size(), std::memory_order_relaxed);
  return out;
}

std::string Theme::ContentSecurityPolicy() const {
  // Nothing on a page connects; tools of the browser that ask for robots.txt in its name (Lighthouse) do.
  return "default-src 'none'; connect-src 'self'; style-src 'sha256-" + style_sha256_base64_ + "' 'sha256-" +
         lite_style_sha256_base64_ +
         "'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

}  // namespace kimberlite::rendering
