#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/error.h"
#include "services/rendering/core/template.h"

// The language of templates
//   {{path}}                        a text or a number, escaped for its place: element content, a quoted attribute that
//   holds text,
//                                   a URL (whole attribute; its scheme is checked), a string of JSON-LD. No other place
//                                   takes values.
//   {{{path}}}                      HTML that the view says is trusted, in element content only
//   {{#if path}}…{{else}}…{{/if}}   a flag is set, a text, list or optional is not empty, a number is not 0; {{#unless
//   path}} likewise
//   {{#each path as name}}…{{#sep}}between two{{/sep}}…{{else}}none{{/each}}
//   {{#with path as name}}…{{else}}absent{{/with}}   what an optional holds; there is no other way to it
//   {{t "key" name=path}}           a text of the catalogs
//   {{#t "key" name=path}}{{#arg name}}…{{/arg}}{{/t}}   the same, with HTML in the place of an argument
//   {{> file name=path}}            another template of the theme, which sees the view's own fields and the given names
//   {{> style}}                     the theme's style sheet, inside <style>; {{> lite_style}} that of the lite pages
//   {{! remark }}                   nothing
// A path is a name in scope (from "as", or given to the template), or a field of the view; then fields by dots. A list
// has `size`.
//
// Everything is checked when it is compiled: fields and their kinds, places, keys and arguments of texts in every
// language, blocks, and that both ways through a block end in the same place of the HTML. Errors are INVALID_ARGUMENT
// and begin "file:line: ".
namespace kimberlite::rendering {

// What templates are compiled from.
struct TemplateFiles {
  std::map<std::string, std::string> templates;  // by name without ".html": {"card", "<li>…"}
  std::string style;                             // for {{> style}}
  std::string lite_style;                        // for {{> lite_style}}
};

// Compiles templates.at(name) for views of the given type, with texts in the languages of the catalogs.
Result<Template> CompileTemplate(const TemplateFiles& files, std::string_view name, const TypeInfo& view,
                                 const std::vector<i18n::Catalog>& catalogs);

}  // namespace kimberlite::rendering
