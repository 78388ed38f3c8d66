#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/error.h"
#include "libs/i18n/messages.h"
#include "services/rendering/core/template.h"
#include "services/rendering/core/view.h"

namespace kimberlite::rendering {

// How pages look and what they say: a directory of
//   theme.json         its name, and the picture that social networks show (theme_manifest.h)
//   templates/*.html   the pages (home, list, article, lite, error, chooser, feeds, about, archive, search) and their
//                      parts (template_compiler.h)
//   style.css          written into every page, without its comments and blanks; lite.css into the lite ones
//   catalogs/*.json    the texts, one file per language (libs/i18n/messages.h)
//   assets/*           pictures that theme.json names
// All of it is checked and compiled when it is loaded; a theme that loads can render every view. Immutable after that,
// so any number of threads may render at once.
class Theme {
 public:
  // INVALID_ARGUMENT with file and line when something is wrong in the theme, NOT_FOUND when a part of it is missing.
  static Result<std::shared_ptr<const Theme>> Load(const std::filesystem::path& directory,
                                                   std::string_view default_language);

  // A file of the theme that readers may ask for. Its path names its bytes.
  struct Asset {
    std::string path;  // "/media/theme.{digest}.png"
    std::string content_type;
    std::string bytes;
    int width = 0;  // pixels
    int height = 0;
  };
  const std::string& name() const { return name_; }
  // Null when the theme has none.
  const Asset* share_picture() const { return share_picture_ ? &*share_picture_ : nullptr; }

  // The page in the language of its shell. Texts come from that language's catalog, or else from that of the nearest
  // parent language, or of the default.
  std::string Render(const HomeView& view) const { return Render(kHome, &view, view.shell); }
  std::string Render(const ListView& view) const { return Render(kList, &view, view.shell); }
  std::string Render(const ArticleView& view) const { return Render(kArticle, &view, view.shell); }
  std::string RenderLite(const ArticleView& view) const { return Render(kLite, &view, view.shell); }
  std::string Render(const ErrorView& view) const { return Render(kError, &view, view.shell); }
  std::string Render(const ChooserView& view) const { return Render(kChooser, &view, view.shell); }
  std::string Render(const FeedsView& view) const { return Render(kFeeds, &view, view.shell); }
  std::string Render(const AboutView& view) const { return Render(kAbout, &view, view.shell); }
  std::string Render(const ArchiveView& view) const { return Render(kArchive, &view, view.shell); }
  std::string Render(const SearchView& view) const { return Render(kSearch, &view, view.shell); }

  // The texts of a language, for what stands in views: "feeds.title", "feeds.all", "about.title", "chooser.title",
  // "archive.title", "search.title", "error.404.title" (also 410, 500, 503).
  const i18n::Catalog& Texts(std::string_view language) const { return catalogs_.For(language); }

  // SHA-256 in hex of all files with their names: changes when any page may look different.
  const std::string& version() const { return version_; }

  // What a Content-Security-Policy has to name for the <style> of the pages and of the lite ones: 'sha256-…'.
  const std::string& style_sha256_base64() const { return style_sha256_base64_; }
  const std::string& lite_style_sha256_base64() const { return lite_style_sha256_base64_; }
  // A whole policy under which the pages work: nothing but their own style, and pictures of this site.
  std::string ContentSecurityPolicy() const;

 private:
  enum Page { kHome, kList, kArticle, kError, kChooser, kFeeds, kAbout, kLite, kArchive, kSearch, kPages };

  explicit Theme(i18n::Catalogs catalogs) : catalogs_(std::move(catalogs)) {}
  Result<void> TakeManifest(const std::map<std::string, std::string>& files);
  std::string Render(Page page, const void* view, const Shell& shell) const;
  std::size_t CatalogIndex(std::string_view language) const;

  i18n::Catalogs catalogs_;
  std::vector<std::string> languages_;  // of the catalogs that the templates were compiled with
  std::array<Template, kPages> templates_;
  std::string version_;
  std::string style_sha256_base64_;
  std::string lite_style_sha256_base64_;
  std::string name_;
  std::optional<Asset> share_picture_;
  // The largest page yet: the room to begin with, so that a page rarely moves while it grows. Any value is right.
  mutable std::atomic<std::size_t> largest_page_{16 * 1024};
};

}  // namespace kimberlite::rendering
