#include "services/content/adapters/svg_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kimberlite::content {
namespace {

using ::testing::HasSubstr;

std::string Svg(const std::string& content, const std::string& attributes = "viewBox=\"0 0 640 480\"") {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" " + attributes + ">" +
         content + "</svg>";
}

TEST(CheckSvg, AcceptsADrawing) {
  const auto info =
      CheckSvg("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- drawn by hand -->\n" +
               Svg("<title>Өрүс</title><defs><linearGradient id=\"sky\"><stop offset=\"0\" "
                   "stop-color=\"#fff\"/></linearGradient>"
                   "<path id=\"tree\" d=\"M0 0h1\"/></defs><rect width=\"640\" height=\"480\" fill=\"url(#sky)\"/>"
                   "<use href=\"#tree\" x=\"3\"/><use xlink:href=\"#tree\"/><text x=\"1\" y=\"2\" "
                   "xml:lang=\"sah\">Өлүөнэ</text>"));
  ASSERT_TRUE(info) << info.error().ToString();
  EXPECT_EQ(*info, (PictureInfo{"image/svg+xml", "svg", 640, 480}));
}

TEST(CheckSvg, ReadsTheSize) {
  EXPECT_EQ(CheckSvg(Svg("", "width=\"300px\" height=\"200.4\" viewBox=\"0 0 3 2\""))->width, 300);
  EXPECT_EQ(CheckSvg(Svg("", "width=\"300px\" height=\"200.4\" viewBox=\"0 0 3 2\""))->height, 200);
  EXPECT_EQ(CheckSvg(Svg("", "width=\"100%\" height=\"100%\" viewBox=\"-1,-1 , 30\t20\""))->width, 30);
  for (const char* attributes : {"", "width=\"300\"", "width=\"100%\" height=\"100%\"", "viewBox=\"0 0 0 9\"",
                                 "viewBox=\"0 0 1e9 9\"", "viewBox=\"0 0 nan 9\"", "width=\"-3\" height=\"3\""}) {
    EXPECT_FALSE(CheckSvg(Svg("", attributes))) << attributes;
  }
}

TEST(CheckSvg, RefusesWhatRunsLoadsOrLinks) {
  const std::pair<std::string, std::string> cases[] = {
      {Svg("<script>alert(1)</script>"), "script"},
      {Svg("<foreignObject><p xmlns=\"http://www.w3.org/1999/xhtml\">x</p></foreignObject>"), "foreignObject"},
      {Svg("<a href=\"https://evil.example\"><rect/></a>"), "\"a\""},
      {Svg("<image href=\"https://evil.example/x.png\"/>"), "image"},
      {Svg("<style>rect { fill: url(https://evil.example) }</style>"), "style"},
      {Svg("<animate attributeName=\"href\"/>"), "animate"},
      {Svg("<set attributeName=\"onclick\"/>"), "set"},
      {Svg("<metadata/>"), "metadata"},
      {Svg("<rect onclick=\"alert(1)\"/>"), "onclick of rect"},
      {Svg("", "viewBox=\"0 0 1 1\" onload=\"alert(1)\""), "onload of svg"},
      {Svg("<rect style=\"fill:red\"/>"), "style of rect"},
      {Svg("<use href=\"https://evil.example/x.svg#a\"/>"), "reference out"},
      {Svg("<use xlink:href=\"data:image/svg+xml;base64,AA\"/>"), "reference out"},
      {Svg("<use href=\"#\"/>"), "reference out"},
      {Svg("<rect fill=\"url(https://evil.example/#g)\"/>"), "reference out"},
      {Svg("<rect fill=\"URL( 'https://evil.example')\"/>"), "reference out"},
      {Svg("<rect fill=\"\\75rl(https://evil.example)\"/>"), "reference out"},
      {Svg("<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>"), "other namespaces"},
      {Svg("<s:script xmlns:s=\"http://www.w3.org/2000/svg\">alert(1)</s:script>"), "script"},
      {"<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + Svg("<text>&x;</text>"), "DOCTYPE"},
      {"<?xml-stylesheet href=\"https://evil.example\"?>" + Svg(""), "processing instructions"},
      {Svg("<rect>"), "well-formed"},
      {Svg("&nothing;"), "well-formed"},
      {"<html><body/></html>", "first element is \"html\""},
      {"<svg viewBox=\"0 0 1 1\"/>", "first element"},
      {Svg("") + "<svg/>", "well-formed"},
      {"<", "well-formed"},
  };
  for (const auto& [svg, what] : cases) {
    const auto info = CheckSvg(svg);
    ASSERT_FALSE(info) << svg;
    EXPECT_EQ(info.error().code(), Code::kInvalidArgument);
    EXPECT_EQ(info.error().violations()[0].field, "data");
    EXPECT_THAT(info.error().message(), HasSubstr(what)) << svg;
  }
}

TEST(CheckSvg, EndsOnDeepAndOnWideInput) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<g>";
  EXPECT_FALSE(CheckSvg(Svg(deep)));
  std::string entities = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\">";
  for (char c = 'b'; c <= 'z'; ++c) {
    entities += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) entities += std::string("&") + static_cast<char>(c - 1) + ";";
    entities += "\">";
  }
  EXPECT_FALSE(CheckSvg(entities + "]>" + Svg("<text>&z;</text>")));
}

}  // namespace
}  // namespace kimberlite::content
