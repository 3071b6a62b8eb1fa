// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

// In the order in which the causes mostly occur in a chain's life, so that equal bars look equal.
struct BarPart {
  Cause cause;
  char letter;
};
constexpr std::array<BarPart, kCauses> kBar = {{{Cause::Swiotlb, 's'},
                                                {Cause::Ring, 'r'},
                                                {Cause::Notification, 'n'},
                                                {Cause::Iotlb, 'i'},
                                                {Cause::Backend, 'b'},
                                                {Cause::Unattributed, '.'}}};
constexpr int kTotalColumns = 10, kStepColumns = 14, kLeastBar = 12;

std::string legend(const TextPage& page) {
  std::string text;
  for (const BarPart& part : kBar)
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ",
                        page.paint(inkOf(part.cause), page.coloured() ? "█" : std::string(1, part.letter)),
                        kCauseNames[static_cast<std::size_t>(part.cause)]);
  return text;
}

/// Columns of each part of the bar, adding up to `columns`: whole parts first, then the largest remainders.
std::array<int, kCauses> divide(const SlowChain& chain, int columns) {
  std::array<int, kCauses> parts{};
  std::array<double, kCauses> rest{};
  int left = columns;
  for (std::size_t i = 0; i < kCauses; ++i) {
    const Ns ns = chain.causes[static_cast<std::size_t>(kBar[i].cause)];
    if (!seen(ns) || chain.total <= 0) continue;
    const double exact = static_cast<double>(ns) / static_cast<double>(chain.total) * columns;
    parts[i] = static_cast<int>(exact);
    rest[i] = exact - parts[i];
    left -= parts[i];
  }
  for (; left > 0; --left) {
    const auto largest = std::max_element(rest.begin(), rest.end());
    if (*largest <= 0) break;
    ++parts[static_cast<std::size_t>(largest - rest.begin())];
    *largest = 0;
  }
  return parts;
}

std::string bar(const SlowChain& chain, Ns longest, int columns, const TextPage& page) {
  const double scale = longest > 0 ? static_cast<double>(chain.total) / static_cast<double>(longest) : 1;
  const auto parts = divide(chain, std::clamp(static_cast<int>(scale * columns + 0.5), 1, columns));
  std::string text;
  for (std::size_t i = 0; i < kCauses; ++i) {
    std::string part;
    for (int column = 0; column < parts[i]; ++column) page.coloured() ? part += "█" : part += kBar[i].letter;
    if (!part.empty()) text += page.paint(inkOf(kBar[i].cause), part);
  }
  return text;
}

}  // namespace

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
  return fmt::format("{}→{} {}", kPointNames[static_cast<std::size_t>(from->point)],
                     kPointNames[static_cast<std::size_t>(to->point)],
                     tooShort ? "<" + timeText(chain.crossError) : timeText(longest));
}

std::string placeText(const Summary& summary, const SlowChain& chain) {
  return printable(summary.manyMachines() ? chain.vm + "/" + chain.device : chain.device) + " " +
         printable(chain.queueName);
}

void writeSlowest(const Summary& summary, TextPage& page) {
  if (summary.slowest.empty()) return;
  int placeColumns = 6, positionColumns = 9;
  for (const SlowChain& chain : summary.slowest) {
    placeColumns = std::max(placeColumns, std::min(20, columnsOf(placeText(summary, chain))));
    positionColumns = std::max(positionColumns, columnsOf(countText(chain.position)) + 1);
  }
  const int barColumns =
      std::max(kLeastBar, page.width() - kTotalColumns - 2 - placeColumns - positionColumns - 2 - kStepColumns - 1);

  page.heading("Slowest chains");
  page.line(page.paint(Ink::Faint,
                       fmt::format("{:>{}}  {:<{}}{:>{}}  {:<{}} {}", "total", kTotalColumns, "queue", placeColumns,
                                   "position", positionColumns, "longest step", kStepColumns, "by cause")));
  const Ns longest = summary.slowest.front().total;
  bool anySuspect = false;
  for (const SlowChain& chain : summary.slowest) {
    const std::string step = longestStep(chain);
    anySuspect = anySuspect || chain.suspect;
    page.line(fmt::format("{:>{}}  {:<{}}{:>{}}{} {}{:<{}} {}", timeText(chain.total), kTotalColumns,
                          fitted(placeText(summary, chain), placeColumns), placeColumns, countText(chain.position),
                          positionColumns, chain.suspect ? '!' : ' ', step, "",
                          std::max(0, kStepColumns - columnsOf(step)), bar(chain, longest, barColumns, page)));
  }
  page.line("  " + legend(page));
  if (anySuspect) page.line("  ! overlaps a loss: an absence in it proves nothing");
  page.paragraph("  ", kPointWords, 2, Ink::Plain);
}

}  // namespace descry
