// SPDX-License-Identifier: GPL-2.0-or-later
// Colours stand in attributes, so that the picture is complete where no style sheet reaches it (converters to PDF treat
// an SVG as a document of its own); the classes let the page's theme replace them.
#include "analyzer/report/svg_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/palette.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr double kWidth = 960, kLabel = 200, kValue = 90, kRow = 26, kBar = 17;
constexpr int kLabelColumns = 30;
constexpr double kRoomForText = 42;  // a share is written into parts that are at least this wide

std::string patterns(std::string_view id) {
  std::string text = "<defs>";
  for (std::size_t i = 0; i < kCauses; ++i)
    if (!pathOf(kCauseTable[i].pattern).empty())
      text += fmt::format(
          "<pattern id=\"{}-{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path d=\"{}\" "
          "stroke=\"#000\" "
          "stroke-opacity=\".22\" stroke-width=\"1.4\" fill=\"none\"/></pattern>",
          id, kCauseNames[i], pathOf(kCauseTable[i].pattern));
  return text + "</defs>";
}

/// A rectangle in the colour of the cause, and another one with its lines.
std::string filled(std::size_t cause, double x, double y, double width, double height, std::string_view id) {
  const std::string place =
      fmt::format("x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.0f}\"", x, y, width, height);
  std::string text =
      fmt::format("<rect {} class=\"f-{}\" fill=\"{}\"/>", place, kCauseNames[cause], kCauseTable[cause].light);
  if (!pathOf(kCauseTable[cause].pattern).empty())
    text += fmt::format("<rect {} fill=\"url(#{}-{})\"/>", place, id, kCauseNames[cause]);
  return text;
}

std::string part(const CauseBar& bar, std::size_t cause, double x, double y, double width, double share,
                 std::string_view id) {
  std::string text = fmt::format("<g><title>{}: {}, {}</title>{}</g>", kCauseNames[cause], timeText(bar.causes[cause]),
                                 percentText(share), filled(cause, x, y, width, kBar, id));
  if (width >= kRoomForText)
    text += svgText(x + width / 2, y + kBar - 4.5, percentText(share), "fill=\"#111418\" text-anchor=\"middle\"");
  return text;
}

}  // namespace

std::string svgText(double x, double y, std::string_view text, std::string_view attributes) {
  const std::string_view usual = "class=\"t\" fill=\"#1b1f24\"";
  const bool styled = attributes.find("fill=") != std::string_view::npos;
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {} {}>{}</text>", x, y, styled ? "" : usual, attributes,
                     htmlText(text));
}

std::string causeBars(const std::vector<CauseBar>& bars, bool relative, std::string_view id) {
  Ns longest = 1;
  for (const CauseBar& bar : bars)
    longest = std::max(longest, std::accumulate(bar.causes.begin(), bar.causes.end(), Ns{0}));
  const double room = kWidth - kLabel - kValue, height = kRow * static_cast<double>(bars.size()) + 2;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\">",
      kWidth, height);
  text += patterns(id);
  double y = 3;
  for (const CauseBar& bar : bars) {
    const Ns total = std::accumulate(bar.causes.begin(), bar.causes.end(), Ns{0});
    text += svgText(kLabel - 10, y + kBar - 4, fitted(bar.label, kLabelColumns),
                    "text-anchor=\"end\" class=\"t\" fill=\"#1b1f24\"");
    const double columns = relative ? room : room * static_cast<double>(total) / static_cast<double>(longest);
    double x = kLabel;
    for (const Cause cause : kBarOrder) {
      const auto i = static_cast<std::size_t>(cause);
      if (bar.causes[i] <= 0 || total <= 0) continue;
      const double share = static_cast<double>(bar.causes[i]) / static_cast<double>(total);
      text += part(bar, i, x, y, columns * share, share, id);
      x += columns * share;
    }
    text += svgText(relative ? kWidth - kValue + 8 : x + 8, y + kBar - 4, bar.value);
    y += kRow;
  }
  return text + "</svg>";
}

std::string sharedPatterns(std::string_view id) {
  return fmt::format("<svg width=\"0\" height=\"0\" class=\"shared\" aria-hidden=\"true\">{}</svg>\n", patterns(id));
}

std::string smallBar(const CauseBar& bar, std::string_view id) {
  constexpr double kColumns = 180, kHeight = 14;
  const Ns total = std::accumulate(bar.causes.begin(), bar.causes.end(), Ns{0});
  std::string words;
  std::string parts;
  double x = 0;
  for (const Cause cause : kBarOrder) {
    const auto i = static_cast<std::size_t>(cause);
    if (bar.causes[i] <= 0 || total <= 0) continue;
    const double share = static_cast<double>(bar.causes[i]) / static_cast<double>(total);
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", kCauseNames[i], percentText(share));
    parts += filled(i, x, 1, kColumns * share, kHeight - 2, id);
    x += kColumns * share;
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\"><title>{2}</title>{3}</svg>", kColumns,
      kHeight, words, parts);
}

std::string causeLegend(std::string_view id) {
  std::string text = fmt::format(
      "<svg class=\"legend\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} 20\" width=\"{0}\" height=\"20\" "
      "role=\"img\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\">",
      kWidth);
  text += patterns(id);
  double x = kLabel;
  for (const Cause cause : kBarOrder) {
    const std::string_view name = kCauseNames[static_cast<std::size_t>(cause)];
    text += filled(static_cast<std::size_t>(cause), x, 3, 18, 14, id);
    text += svgText(x + 24, 14, name);
    x += 46 + 7.2 * static_cast<double>(name.size());
  }
  return text + "</svg>";
}

}  // namespace descry
