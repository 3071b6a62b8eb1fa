// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/explain/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "analyzer/run/stored_chains.hpp"
#include "analyzer/run/stuck_list.hpp"
#include "schemas/model/slowest.hpp"
#include "schemas/store/rows.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

/// One row of chain_view with what its halves add. NULL is kUnseen.
class ChainRecord {
 public:
  explicit ChainRecord(const Statement& row) {
    for (int i = 0; i < row.columnCount(); ++i) {
      const bool isNumber = row.type(i) == Statement::Type::Integer || row.type(i) == Statement::Type::Null;
      if (isNumber)
        m_numbers[row.columnName(i)] = row.isNull(i) ? kUnseen : row.integer(i);
      else
        m_texts[row.columnName(i)] = std::string(row.text(i));
    }
  }

  Ns number(const std::string& column) const { return m_numbers.at(column); }
  bool has(const std::string& column) const { return seen(number(column)); }
  /// 0 where it was not seen.
  Ns orZero(const std::string& column) const { return has(column) ? number(column) : 0; }
  std::string text(const std::string& column) const {
    const auto found = m_texts.find(column);
    return found == m_texts.end() ? "" : found->second;
  }

 private:
  std::map<std::string, Ns> m_numbers;
  std::map<std::string, std::string> m_texts;
};

constexpr std::string_view kColumns =
    "v.*, g.out_count, g.in_count, g.length_bytes, g.bounces, g.bounce_bytes, g.copies_back, g.copy_back_bytes,"
    " g.swiotlb_out_ns, g.swiotlb_search_ns, g.swiotlb_in_ns, g.k_return_ns, g.flags AS guest_flags,"
    " h.retries, h.f_ns AS host_fetched_ns, h.flags AS host_flags";
constexpr std::string_view kFrom =
    " FROM chain_view v LEFT JOIN guest_half g ON g.queue_id = v.queue_id AND g.epoch = v.epoch AND g.position = "
    "v.position"
    " LEFT JOIN host_half h ON h.queue_id = v.host_queue_id AND h.epoch = v.host_epoch AND h.position = "
    "v.host_position";

/// What has just happened, in the order of Point.
constexpr std::array<std::string_view, kPoints> kSteps = {
    "the driver began to add it",
    "its last buffer was mapped for DMA",
    "it was published in the avail ring",
    "the guest rang the doorbell",
    "a packet arrived for it",
    "the doorbell was seen",
    "the worker turned to the queue",
    "the first attempt to fetch it",
    "it was fetched",
    "the backend finished it",
    "its used entry was published",
    "the interrupt was sent",
    "the guest took the interrupt",
    "the driver read the used entry and began to unmap",
    "the driver got it back",
    "the driver finished with it",
};

std::string causesText(const ChainRecord& chain, Ns total) {
  std::vector<std::pair<Ns, const CauseInfo*>> causes;
  for (const CauseInfo& cause : kCauseTable)
    if (const Ns ns = chain.orZero(std::string(cause.column)); ns > 0) causes.emplace_back(ns, &cause);
  std::stable_sort(causes.begin(), causes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [ns, cause] : causes)
    text +=
        fmt::format("{}{} of {} ({}): {}", text.empty() ? "" : "; ", timeText(ns), cause->name,
                    percentText(static_cast<double>(ns) / static_cast<double>(std::max<Ns>(1, total))), cause->plain);
  return text.empty() ? "" : "Where the time went: " + text + ".";
}

/// The cause by which it differs most from the median chain of its queue.
std::string differenceText(const Database& database, const ChainRecord& chain) {
  Statement rows = database.prepare(
      "SELECT cause, p50_ns FROM cause_view WHERE queue_id = ? AND cause NOT IN ('latency', 'iotlb_induced')");
  rows.bind(0, chain.number("queue_id"));
  std::string worst;
  Ns most = 0, median = 0;
  while (rows.step()) {
    const std::string cause(rows.text(0));
    const Ns more = chain.orZero(cause + "_ns") - rows.integer(1);
    if (more <= most) continue;
    most = more;
    median = rows.integer(1);
    worst = cause;
  }
  if (worst.empty()) return "";
  return fmt::format("What is special about it: {} of {}, where the median chain of its queue has {}.",
                     timeText(chain.number(worst + "_ns")), worst, timeText(median));
}

std::string bounceText(const ChainRecord& chain) {
  if (chain.orZero("bounces") + chain.orZero("copies_back") == 0) return "";
  std::string text = fmt::format("Bounce buffers: {} on the way out ({} bytes, {})",
                                 countText(chain.orZero("bounces"), "copy", "copies"),
                                 countText(chain.orZero("bounce_bytes")), timeText(chain.orZero("swiotlb_out_ns")));
  if (chain.has("swiotlb_search_ns"))
    text += fmt::format(", {} of it to find free slots", timeText(chain.number("swiotlb_search_ns")));
  if (chain.orZero("copies_back") > 0)
    text += fmt::format("; {} back ({} bytes, {})", countText(chain.number("copies_back"), "copy", "copies"),
                        countText(chain.orZero("copy_back_bytes")), timeText(chain.orZero("swiotlb_in_ns")));
  return text + ".";
}

/// Own misses as steps; what it waited for others as a paragraph.
void tellMisses(const Database& database, const ChainRecord& chain, Story& story) {
  if (const Ns induced = chain.orZero("iotlb_induced_ns"); induced > 0)
    story.paragraphs.push_back(fmt::format(
        "{} of its {} of iotlb was spent waiting for translations that other chains, or the ring itself, needed.",
        timeText(induced), timeText(chain.number("iotlb_ns"))));
  if (!chain.has("host_queue_id") || !chain.has("f_ns")) return;
  // Onto the chain's own axis: the same shift that its host points have.
  const Ns shift = chain.number("f_ns") - chain.number("host_fetched_ns");
  Statement rows = database.prepare(
      "SELECT iova, raised_ns, read_ns, updated_ns, granted_bytes, retried_ns FROM iotlb_miss WHERE queue_id = ?"
      " AND epoch = ? AND position = ? ORDER BY raised_ns, seq LIMIT 20");
  rows.bind(0, chain.number("host_queue_id"));
  rows.bind(1, chain.number("host_epoch"));
  rows.bind(2, chain.number("host_position"));
  while (rows.step()) {
    const Ns raised = rows.integer(1);
    std::string text =
        fmt::format("no translation for IOVA {:#x}: a miss was raised", static_cast<std::uint64_t>(rows.integer(0)));
    const auto after = [&](int column, const char* what) {
      if (!rows.isNull(column)) text += fmt::format(", {} after {}", what, timeText(rows.integer(column) - raised));
    };
    after(2, "read by the VMM");
    after(3, "answered");
    if (!rows.isNull(4)) text += fmt::format(" ({} bytes)", countText(rows.integer(4)));
    after(5, "past it");
    story.steps.push_back({raised + shift, true, std::move(text)});
  }
}

/// ", after 1.1 ms of iotlb and 20 us of ring": what the time up to a point belongs to, exactly.
std::string causesBefore(const std::vector<CauseSpan>& spans, Point point) {
  std::array<Ns, kCauses> sums{};
  for (const CauseSpan& span : spans)
    if (span.to == point) sums[static_cast<std::size_t>(span.cause)] += span.length();
  std::vector<std::string> parts;
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    if (sums[cause] > 0) parts.push_back(fmt::format("{} of {}", timeText(sums[cause]), kCauseNames[cause]));
  if (parts.empty()) return "";
  const std::string last = parts.back();
  parts.pop_back();
  return parts.empty() ? ", after " + last : fmt::format(", after {} and {}", fmt::join(parts, ", "), last);
}

void tellPoints(const ChainRecord& chain, const std::vector<CauseSpan>& spans, Story& story) {
  for (const PointInfo& info : kPointTable) {
    const bool isFirst = info.point == Point::Q;
    const std::string column(info.column);
    if (isFirst ? chain.text("scope") == "host" : !chain.has(column)) continue;
    story.steps.push_back({isFirst ? 0 : chain.number(column), !onGuestClock(info.point),
                           fmt::format("{} ({}){}", kSteps[indexOf(info.point)], info.letter,
                                       isFirst ? "" : causesBefore(spans, info.point))});
  }
  if (chain.has("guest_flags") && (chain.number("guest_flags") & kDoorbellSuppressed) != 0 && !chain.has("k_ns"))
    story.paragraphs.emplace_back("No doorbell was needed: the device was already looking at the ring.");
  if (chain.orZero("retries") > 0)
    story.paragraphs.push_back(
        fmt::format("Fetching it failed {} before it succeeded.", countText(chain.number("retries"), "time", "times")));
  const bool crosses = chain.text("scope") == "full" && chain.has("cross_error_ns");
  if (crosses)
    story.paragraphs.push_back(
        fmt::format("Times of steps on the host are converted to the guest's clock, exact to ±{}.",
                    timeText(chain.number("cross_error_ns"))));
}

void tellWaits(const ChainRecord& chain, Story& story) {
  if (chain.orZero("stock_ns") > 0)
    story.paragraphs.push_back(
        fmt::format("Before that it waited in the ring for {} as a spare buffer, which is not part of the latency.",
                    timeText(chain.number("stock_ns"))));
  if (chain.orZero("reap_wait_ns") > 0)
    story.paragraphs.push_back(fmt::format("Afterwards it waited in the used ring for {} until the driver reaped it.",
                                           timeText(chain.number("reap_wait_ns"))));
  if (chain.number("suspect") != 0)
    story.paragraphs.emplace_back("It overlaps lost events: what seems to be missing may have happened.");
}

std::string titleOf(const Database& database, const ChainRecord& chain) {
  Statement rows = database.prepare(fmt::format(
      "SELECT count(*), sum({} < ?2), (SELECT p50_ns FROM cause_view WHERE queue_id = ?1 AND cause = 'latency')"
      " FROM chain WHERE queue_id = ?1 AND flags & {} = 0",
      causeColumns(" + "), static_cast<int>(kIncomplete)));
  rows.bind(0, chain.number("queue_id"));
  rows.bind(1, chain.number("total_ns"));
  rows.step();
  return fmt::format(
      "{} {} ({}, {}), chain {}{}: {}, slower than {:.1f} % of the {} of its queue (median {})", chain.text("device"),
      chain.text("queue_name"), chain.text("transport"), chain.text("device_kind"), countText(chain.number("position")),
      chain.number("epoch") > 0 ? fmt::format(" of epoch {}", chain.number("epoch")) : "",
      timeText(chain.number("total_ns")),
      100.0 * static_cast<double>(rows.integer(1)) / static_cast<double>(std::max<Ns>(1, rows.integer(0))),
      countText(rows.integer(0), "chain", "chains"), timeText(rows.integer(2)));
}

/// After the last step that was seen of a stuck chain.
std::string_view whatIsMissing(const StuckChainRow& stuck) {
  if (stuck.stage == "used" || stuck.stage == "signalled")
    return "the driver did not come for it: no interrupt reached the guest";
  if (stuck.stage == "interrupted") return "the driver did not take it back";
  if (stuck.stage == "fetched") return "the device did not give it back";
  if (stuck.stage == "seen") return "the host saw a doorbell after it was published, and did not fetch it";
  if (stuck.hostSeen != 0) return "the host saw no doorbell, and did not fetch it";
  return "it did not come back, and what the host did with it was not recorded";
}

std::string stuckTitle(const ChainRecord& chain, const StuckChainRow& stuck) {
  return fmt::format(
      "{} {} ({}, {}), chain {}{}: stuck for {}{}", chain.text("device"), chain.text("queue_name"),
      chain.text("transport"), chain.text("device_kind"), countText(chain.number("position")),
      chain.number("epoch") > 0 ? fmt::format(" of epoch {}", chain.number("epoch")) : "", timeText(stuck.age),
      seen(stuck.usual) ? fmt::format(", where 99.9 % of its queue take at most {}", timeText(stuck.usual)) : "");
}

Story tell(const Database& database, const ChainRecord& chain, const std::vector<CauseSpan>& spans,
           const StuckChainRow* stuck) {
  Story story;
  story.title = stuck != nullptr ? stuckTitle(chain, *stuck) : titleOf(database, chain);
  const auto add = [&](std::string text) {
    if (!text.empty()) story.paragraphs.push_back(std::move(text));
  };
  if (stuck == nullptr) {
    add(causesText(chain, chain.number("total_ns")));
    add(differenceText(database, chain));
  }
  add(bounceText(chain));
  tellMisses(database, chain, story);
  tellWaits(chain, story);
  tellPoints(chain, spans, story);
  if (stuck != nullptr) {
    Ns last = 0;
    for (const StoryStep& step : story.steps) last = std::max(last, step.at);
    story.steps.push_back({last + stuck->wait, stuck->stage == "fetched" && stuck->hostSeen != 0,
                           fmt::format("the capture ended: {} for {}", whatIsMissing(*stuck), timeText(stuck->wait))});
  }
  std::stable_sort(story.steps.begin(), story.steps.end(),
                   [](const StoryStep& a, const StoryStep& b) { return a.at < b.at; });
  story.sql = fmt::format("SELECT * FROM chain_view WHERE queue_id = {} AND epoch = {} AND position = {}",
                          chain.number("queue_id"), chain.number("epoch"), chain.number("position"));
  return story;
}

}  // namespace

std::vector<Story> tellStories(const Database& database, const Condition& condition, std::int64_t count) {
  // Found first by what chain_view has itself: the halves are joined for these only. The slowest of all are known.
  Statement keys =
      condition.empty() && count <= kSlowestKept
          ? database.prepare(fmt::format("SELECT queue_id, epoch, position FROM slowest WHERE cause = 'latency'"
                                         " AND queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue')"
                                         " ORDER BY ns DESC, queue_id, epoch, position LIMIT {}",
                                         count))
          : database.prepare(fmt::format("SELECT queue_id, epoch, position FROM chain_view WHERE complete"
                                         " AND queue_id IN (SELECT queue_id FROM cause_total WHERE level = 'queue'){}"
                                         " ORDER BY total_ns DESC, queue_id, epoch, position LIMIT {}",
                                         condition.empty() ? "" : " AND (" + condition.sql + ")", count));
  condition.bind(keys, 0);
  std::vector<Story> stories;
  const StoredChains chains(database);
  const auto tellOf = [&](const ChainId& id, const StuckChainRow* stuck) {
    Statement row = database.prepare(
        fmt::format("SELECT {}{} WHERE v.queue_id = ? AND v.epoch = ? AND v.position = ?", kColumns, kFrom));
    row.bind(0, id);
    const auto stored = chains.find(database, id);
    if (row.step() && stored) stories.push_back(tell(database, ChainRecord(row), stored->spans, stuck));
  };
  // Worse than any that came back.
  for (const StuckChainRow& stuck : readStuck(database, condition))
    if (std::ssize(stories) < count) tellOf({stuck.queueId, stuck.epoch, stuck.position}, &stuck);
  while (std::ssize(stories) < count && keys.step()) tellOf(keys.chainId(0), nullptr);
  return stories;
}

Page storyPage(const std::vector<Story>& stories) {
  Page page{"", "Descry explain", {}};
  for (const Story& story : stories) {
    Sentences title, paragraphs{Sentences::Style::Notes, {}}, steps{Sentences::Style::Steps, {}},
        sql{Sentences::Style::Notes, {}};
    title.items.push_back({"", story.title});
    for (const std::string& paragraph : story.paragraphs) paragraphs.items.push_back({"", paragraph, {}, Ink::Plain});
    Ns before = 0;
    for (const StoryStep& step : story.steps) {
      std::string lead =
          fmt::format("{:>12} {:>11} {:<6}", (step.at < 0 ? "" : "+") + timeText(step.at),
                      step.at > before ? "(" + timeText(step.at - before) + ")" : "", step.host ? "host" : "guest");
      steps.items.push_back({std::move(lead), step.text, {}, Ink::Faint});
      before = std::max(before, step.at);
    }
    sql.items.push_back({"SQL: ", story.sql, {}, Ink::Faint});
    Section section{"chain", ""};
    for (Sentences* part : {&title, &paragraphs, &steps, &sql}) section.add(std::move(*part));
    page.sections.push_back(std::move(section));
  }
  return page;
}

}  // namespace descry
