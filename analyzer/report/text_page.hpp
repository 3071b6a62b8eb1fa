// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

enum class Ink { Plain, Bold, Faint, Red, Yellow, Green, Blue, Magenta, Cyan };

Ink inkOf(Cause cause);

/// A page of text of a given width, coloured or not.
class TextPage {
 public:
  TextPage(std::ostream& out, const ReportOptions& options);

  int width() const { return m_width; }
  bool coloured() const { return m_coloured; }
  /// `text` in colour when the page has colours; pad before painting.
  std::string paint(Ink ink, std::string_view text) const;

  void line(std::string_view text = {});
  void heading(std::string_view text);
  /// Wraps at the width; following lines are indented. `lead` is painted and starts the first line.
  void paragraph(std::string_view lead, std::string_view text, int indent, Ink leadInk = Ink::Plain);

 private:
  std::ostream& m_out;
  int m_width;
  bool m_coloured;
};

/// Columns a text takes on a terminal: its code points without colours.
int columnsOf(std::string_view text);
/// `text` cut to `columns`, with ".." where something was left out.
std::string fitted(std::string_view text, int columns);

/// "virtio0", with its machine in front when the database has several.
std::string deviceText(const Summary& summary, const DeviceSummary& device);

/// "pci, blk".
std::string identityText(const DeviceSummary& device);

/// The rows that a level of a report has.
const std::vector<LevelSummary>& levelsOf(const Summary& summary, ReportLevel by);

/// The longest stretch between two points that follow each other, within what counts as latency: "Q→M 5.19 ms".
std::string longestStep(const SlowChain& chain);

/// What the letters of the points stand for.
inline constexpr std::string_view kPointWords =
    "Points: Q add, M mapped, A published, K doorbell rung, n packet arrived, k doorbell seen, w worker entered, t "
    "fetch "
    "tried, f fetched, p backend done, u used, s signalled, I interrupt, D unmapped, R reaped, C done.";

/// What is said of the cause iotlb where it took no time: "not in path", "0 misses", "not seen" or "unknown" are
/// different answers.
std::string iotlbText(const LevelSummary& level);

/// What a section of the text report says, without colours and indentation, a paragraph a line.
std::vector<std::string> linesOf(const std::function<void(TextPage&)>& write);

/// "virtio0 req0", with its machine in front when the database has several.
std::string placeText(const Summary& summary, const SlowChain& chain);

// The sections of the text report, each in a file of its own.
void writeHeadlines(const Summary& summary, ReportLevel by, TextPage& page);
void writeFindingList(const Summary& summary, TextPage& page);
void writeTables(const Summary& summary, ReportLevel by, TextPage& page);
/// What the tables of these rows do not say: who translates, what was waited for outside of the latency.
void writeTableNotes(const Summary& summary, const std::vector<LevelSummary>& levels, TextPage& page);
void writeHealth(const Summary& summary, TextPage& page);
void writeSlowest(const Summary& summary, TextPage& page);

}  // namespace descry
