// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "schemas/model/points.hpp"
#include "schemas/model/words.hpp"

namespace descry {

// A page as structure: sections of sentences, tables and figures. It is built once; the printers of analyzer/report
// write it as text, Markdown and HTML. Texts in it are as the trace has them: each printer makes them safe for its
// medium.

/// The media that show a part of the page.
enum class Media : unsigned { Text = 1, Markdown = 2, Html = 4, Written = 3, Marked = 6, All = 7 };

constexpr bool shows(Media shown, Media medium) {
  return (static_cast<unsigned>(shown) & static_cast<unsigned>(medium)) != 0;
}

/// Colours of a terminal.
enum class Ink { Plain, Bold, Faint, Red, Yellow, Green, Blue, Magenta, Cyan };

constexpr Ink inkOf(Severity severity) {
  return severity == Severity::Critical ? Ink::Red : severity == Severity::Warning ? Ink::Yellow : Ink::Faint;
}

/// A sentence, mostly with what it is about in front.
struct Sentence {
  std::string lead;  ///< "virtio0: "
  std::string text;
  std::vector<std::string>
      more;             ///< continues the text, most important first; a line of text may not have room for all
  Ink ink = Ink::Bold;  ///< of the lead, or of a sentence without one
};

/// Sentences below each other.
struct Sentences {
  enum class Style { Answer, Notes, List, Steps, Plain };  ///< Steps: in text, all lines stand beside the leads
  Style style = Style::Plain;
  std::vector<Sentence> items;
};

/// Terms with what there is to say of each.
struct Terms {
  struct Term {
    std::string name;
    std::vector<std::string> says;
    std::vector<Sentence> items{};
    Ink ink = Ink::Bold;  ///< of the name
  };
  std::vector<Term> terms;
};

/// A bar of causes: a chain, or the mean chain of a device.
struct CauseBar {
  std::string label, value;
  std::array<Ns, kCauses> causes{};  ///< parts that were not seen are 0
};

/// What stands in a table. cells.hpp makes it, so that a number is written in one way.
struct Cell {
  std::string text;
  std::string value;  ///< as programs read it: whole ns, counts, shares of 1; empty for words
  std::string sql;    ///< a statement that returns `value`
  /// Of a name, for text: what its rows stand under, and a short form; the tail of that is never cut.
  std::string group, head, tail;
  std::string more;  ///< unfolds from the text
  std::string link, badge;
  std::string cause;  ///< the cell stands out in the colour of this cause
  Ink ink = Ink::Plain;
  bool strong = false;
  std::optional<CauseBar> bar;
};

struct Column {
  enum class Align { Left, Right };
  std::string name;
  Align align = Align::Left;
  int width = 0;  ///< in text: at least; more where cells need it
  int most = 0;   ///< in text: longer cells are cut; 0: as much as the page has room for
  int gap = 0;    ///< in text: blanks in front
  Media media = Media::All;
  std::string shortName{};  ///< in text, where the name is too long
  std::size_t part = 0;     ///< in text: which of the parts that stand below each other
};

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::string sql{};                 ///< a statement that returns the table
  std::vector<std::string> parts{};  ///< in text: the table falls into these, each with the first column
  std::string style{};               ///< class in HTML
};

/// A finding: its title, and its parts by name.
struct Card {
  struct Part {
    enum class Kind { Prose, Code, Row };
    std::string name, text;
    Kind kind = Kind::Prose;
    Media media = Media::All;
    std::vector<std::pair<std::string, std::string>> row{};  ///< columns and values, where it is a row of a database
  };
  Severity severity = Severity::Info;
  std::string title;
  std::vector<Part> parts;
};

/// Bars that can be compared.
struct BarFigure {
  std::string id, caption, note;  ///< note: what the caption adds where the figure is a still picture
  std::vector<CauseBar> bars;
  bool relative = false;               ///< every bar is as long as the others, else they are as long as they took
  std::vector<std::int64_t> chains{};  ///< that each bar is the sum of; empty: each is one chain
};

/// How latencies are distributed, a histogram per queue and cause.
struct DistributionFigure {
  /// Bucket i holds (2^(i/8), 2^((i+1)/8)] ns.
  static constexpr int kPerOctave = 8;
  using Buckets = std::map<int, std::int64_t>;
  struct Queue {
    std::string name;
    std::int64_t chains = 0;
    Ns p50 = 0, p99 = 0;
    std::map<std::string, Buckets, std::less<>> causes;  ///< and "latency"
    std::map<std::string, std::int64_t, std::less<>> zeros;
  };
  std::string caption, note;
  std::vector<Queue> queues;
  std::vector<std::string> sql;
};

/// Lines to copy.
struct Code {
  std::vector<std::string> lines;
};

struct Block;

/// The same from several points of view: text and Markdown show the first choice, HTML lets the reader choose.
struct Choice {
  std::string first;
  std::vector<std::pair<std::string, std::vector<Block>>> views;
};

struct Block {
  std::variant<Sentences, Terms, Table, Card, BarFigure, DistributionFigure, Code, Choice> what;
  Media media = Media::All;
};

struct Section {
  std::string id, title;
  std::vector<Block> blocks{};
  Media titled = Media::All;  ///< where the title is shown
  std::string entry{};        ///< in the list of contents, where it is not the title; the title may be empty then

  void add(auto&& block, Media media = Media::All) { blocks.push_back({std::forward<decltype(block)>(block), media}); }
};

struct Page {
  std::string title, kind;  ///< kind: "Descry report"
  std::vector<Section> sections;
  std::string foot{};  ///< where the numbers come from
};

}  // namespace descry
