#pragma once

#include <string>

#include "services/rendering/core/view.h"

// Views for tests, with something in every place that a template shows.
namespace kimberlite::rendering {

Shell MakeShell(const std::string& language);
Card MakeCard(int number);
ArticleView MakeArticle(const std::string& language);
ListView MakeList(const std::string& language, ListKind kind);
SearchView MakeSearch(const std::string& language);
ArchiveView MakeArchive(const std::string& language);
HomeView MakeHome(const std::string& language);

}  // namespace kimberlite::rendering
