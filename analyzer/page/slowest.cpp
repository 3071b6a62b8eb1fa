// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/page/case_page.hpp"
#include "analyzer/page/cells.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr std::size_t kMostBars = 30;

/// What the letters of the points stand for.
std::string pointWords() {
  std::string text = "Points: ";
  for (const PointInfo& info : kPointTable)
    text += fmt::format("{} {}{}", info.letter, info.name, info.point == Point::C ? "." : ", ");
  return text;
}

/// The longest stretch between two points that follow each other, within what counts as latency: "Q→M 5.19 ms".
std::string longestStep(const SlowChain& chain) {
  const Ns begin = seen(chain.stock) ? chain.stock : 0;
  const Ns end = begin + chain.total;
  const PointTime *from = nullptr, *to = nullptr;
  Ns longest = 0;
  for (std::size_t i = 1; i < chain.points.size(); ++i) {
    const PointTime &a = chain.points[i - 1], &b = chain.points[i];
    const Ns ns = std::min(b.ns, end) - std::max(a.ns, begin);
    if (ns <= longest) continue;
    longest = ns;
    from = &a;
    to = &b;
  }
  if (from == nullptr) return "-";
  // Between the clocks, what is shorter than their uncertainty is only known to be short.
  const bool crosses = onGuestClock(from->point) != onGuestClock(to->point);
  const bool tooShort = crosses && seen(chain.crossError) && longest < chain.crossError;
  return fmt::format("{}→{} {}", infoOf(from->point).letter, infoOf(to->point).letter,
                     tooShort ? "<" + timeText(chain.crossError) : timeText(longest));
}

/// "add entered (Q) 0 ns, published (A) 310 us ..."
std::string pointsText(const SlowChain& chain) {
  std::string text;
  for (const PointTime& point : chain.points)
    text += fmt::format("{}{} ({}) {}", text.empty() ? "" : ", ", infoOf(point.point).name, infoOf(point.point).letter,
                        timeText(point.ns));
  return text;
}

CauseBar barOf(const Summary& summary, const SlowChain& chain) {
  CauseBar bar{fmt::format("{} #{}", placeText(summary, chain), chain.id.position), timeText(chain.total), {}};
  for (std::size_t i = 0; i < kCauses; ++i) bar.causes[i] = seen(chain.causes[i]) ? chain.causes[i] : 0;
  return bar;
}

std::vector<Cell> rowOf(const Summary& summary, const SlowChain& chain) {
  const std::string from = fmt::format("FROM chain_view WHERE queue_id={} AND epoch={} AND position={}",
                                       chain.id.queueId, chain.id.epoch, chain.id.position);
  Cell place = textCell(placeText(summary, chain));
  place.badge = chain.suspect ? "suspect" : "";
  std::vector<Cell> cells = {timeCell(chain.total, "SELECT total_ns " + from),
                             std::move(place),
                             countCell(chain.id.epoch, "SELECT epoch " + from),
                             countCell(chain.id.position, "SELECT position " + from),
                             textCell(chain.suspect ? "!" : ""),
                             textCell(longestStep(chain))};
  cells.emplace_back().bar = barOf(summary, chain);
  for (std::size_t i = 0; i < kCauses; ++i)
    cells.push_back(seen(chain.causes[i])
                        ? orDash(timeCell(chain.causes[i], fmt::format("SELECT {}_ns {}", kCauseNames[i], from)))
                        : Cell());
  cells.push_back(textCell(fmt::format("{} points", chain.points.size())));
  cells.back().more = pointsText(chain);
  return cells;
}

}  // namespace

Section slowestSection(const Summary& summary) {
  using Align = Column::Align;
  Section section{"slowest", "Slowest chains"};
  if (summary.slowest.empty()) return section;

  BarFigure figure{"slow", "Latency by cause; the number is the position in the ring", "", {}, false};
  for (std::size_t n = 0; n < std::min(summary.slowest.size(), kMostBars); ++n)
    figure.bars.push_back(barOf(summary, summary.slowest[n]));
  section.add(std::move(figure), Media::Html);

  Table table{"Slowest chains", {}, {}};
  table.style = "slowest";
  table.columns = {{"total", Align::Right, 10},
                   {"queue", Align::Left, 6, 20, 2},
                   {"epoch", Align::Right, 0, 0, 0, Media::Marked},
                   {"position", Align::Right, 8, 0, 1},
                   {"", Align::Left, 1, 0, 0, Media::Text},
                   {"longest step", Align::Left, 14, 0, 1},
                   {"by cause", Align::Left, 12, 0, 1, Media::Text}};
  for (const std::string_view cause : kCauseNames)
    table.columns.push_back({std::string(cause), Align::Right, 0, 0, 0, Media::Marked});
  table.columns.push_back({"life", Align::Left, 0, 0, 0, Media::Html});
  for (const SlowChain& chain : summary.slowest) table.rows.push_back(rowOf(summary, chain));
  table.sql = fmt::format("SELECT * FROM chain_view ORDER BY total_ns DESC LIMIT {};", summary.slowest.size());
  section.add(std::move(table));

  if (std::any_of(summary.slowest.begin(), summary.slowest.end(), [](const SlowChain& chain) { return chain.suspect; }))
    section.add(Sentences{Sentences::Style::Notes,
                          {{"", "! overlaps lost events: what seems to be missing may have happened", {}, Ink::Plain}}},
                Media::Text);
  section.add(Sentences{Sentences::Style::Notes, {{"", pointWords(), {}, Ink::Plain}}});
  return section;
}

}  // namespace descry
