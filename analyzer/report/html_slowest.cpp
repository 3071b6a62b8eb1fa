// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBars = 30;

std::string labelOf(const Summary& summary, const SlowChain& chain) {
  return fmt::format("{} #{}", placeText(summary, chain), chain.position);
}

/// "Q 0 ns, A 310 us ..."
std::string pointsText(const SlowChain& chain) {
  std::string text;
  for (const PointTime& point : chain.points)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kPointNames[static_cast<std::size_t>(point.point)],
                        timeText(point.ns));
  return text;
}

std::vector<std::string> cellsOf(const Summary& summary, const SlowChain& chain) {
  const std::string from = fmt::format("FROM chain_view WHERE queue_id={} AND epoch={} AND position={}", chain.queueId,
                                       chain.epoch, chain.position);
  std::vector<std::string> cells = {textCell(placeText(summary, chain) + (chain.suspect ? " (suspect)" : "")),
                                    textCell(longestStep(chain)), countCell(chain.epoch, "SELECT epoch " + from),
                                    countCell(chain.position, "SELECT position " + from),
                                    timeCell(chain.total, "SELECT total_ns " + from)};
  for (std::size_t i = 0; i < kCauses; ++i)
    cells.push_back(seen(chain.causes[i])
                        ? timeCell(chain.causes[i], fmt::format("SELECT {}_ns {}", kCauseNames[i], from))
                        : "<td></td>");
  cells.push_back(fmt::format("<td class=\"life\"><details><summary>{} points</summary>{}</details></td>",
                              chain.points.size(), htmlText(pointsText(chain))));
  return cells;
}

}  // namespace

void writeHtmlSlowest(const Summary& summary, std::ostream& out) {
  if (summary.slowest.empty()) return;
  std::vector<CauseBar> bars;
  Json data = {{"kind", "bars"}, {"relative", false}, {"labels", Json::array()}, {"causes", Json::array()}};
  for (std::size_t n = 0; n < std::min(summary.slowest.size(), kMostBars); ++n) {
    const SlowChain& chain = summary.slowest[n];
    CauseBar bar{labelOf(summary, chain), timeText(chain.total), {}};
    for (std::size_t i = 0; i < kCauses; ++i) bar.causes[i] = seen(chain.causes[i]) ? chain.causes[i] : 0;
    data["labels"].push_back(utf8(bar.label));
    data["causes"].push_back(bar.causes);
    bars.push_back(std::move(bar));
  }
  out << "<section id=\"slowest\"><h2>Slowest chains</h2>\n"
         "<figure class=\"chart\"><figcaption>Latency by cause; the number is the position in the ring</figcaption>\n";
  out << fmt::format("<div class=\"still\">{}{}</div><script type=\"application/json\">{}</script></figure>\n",
                     causeBars(bars, false, "slow-bar"), causeLegend("slow-key"), scriptJson(data.dump()));
  std::vector<std::string> columns = {"queue", "longest step", "epoch", "position", "total"};
  columns.insert(columns.end(), kCauseNames.begin(), kCauseNames.end());
  columns.emplace_back("life");
  {
    HtmlTable table(out, "Slowest chains", columns, 2);
    for (const SlowChain& chain : summary.slowest) table.row(cellsOf(summary, chain));
    table.sql(fmt::format("SELECT * FROM chain_view ORDER BY total_ns DESC LIMIT {};", summary.slowest.size()));
  }
  out << fmt::format("<p class=\"notes\">{}</p></section>\n", htmlText(kPointWords));
}

}  // namespace descry
