// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/text/ftrace_line.hpp"

#include <algorithm>
#include <cctype>

#include "schemas/text/number.hpp"

namespace descry {

namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isBlank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (isBlank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Cuts the first word off a text whose end is trimmed. Most of a text is read here, so it goes from character to
/// character by itself.
std::string_view takeWord(std::string_view& text) {
  const char* begin = text.data();
  const char* const end = begin + text.size();
  while (begin != end && isBlank(*begin)) ++begin;
  const char* last = begin;
  while (last != end && !isBlank(*last)) ++last;
  text = {last, end};
  return {begin, last};
}

struct TimeColumn {
  Ns ns = 0;
  bool counted = false;
  Ns resolution = 1;
};

/// "6.248218433" or "6.248218"; a clock that counts has no point.
std::optional<TimeColumn> toTime(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto seconds = toNumber<Ns>(text.substr(0, point));
  if (!seconds) return {};
  if (point == std::string_view::npos) return TimeColumn{*seconds, true};
  const auto fraction = fractionOf(text.substr(point + 1));
  if (!fraction || *seconds > 9'000'000'000) return {};
  return TimeColumn{*seconds * 1'000'000'000 + fraction->ns, false, fraction->resolution};
}

/// The option latency-format: "204us" since the first event, perhaps with a mark of a long delay: "204us+".
std::optional<TimeColumn> toLatencyTime(std::string_view text) {
  if (!text.empty() && std::string_view("+!#*@$").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  if (!text.ends_with("us")) return {};
  const auto us = toNumber<Ns>(text.substr(0, text.size() - 2));
  if (!us || *us > 9'000'000'000'000'000) return {};
  return TimeColumn{*us * 1000, false, 1000};
}

/// perf writes the thread as a word of its own: "fio   900", "fio 900/901" (process and thread).
std::optional<std::int32_t> lastWordThread(std::string_view task) {
  const std::size_t space = task.rfind(' ');
  if (space == std::string_view::npos) return {};
  std::string_view word = task.substr(space + 1);
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) word.remove_prefix(slash + 1);
  return toNumber<std::int32_t>(word);
}

/// "kworker/0:1H-43", the command name may contain anything; perhaps followed by "(  43)" (the process).
std::optional<std::int32_t> threadOf(std::string_view task) {
  task = trimmed(task);
  if (!task.empty() && task.back() == ')')
    if (const std::size_t open = task.rfind('('); open != std::string_view::npos) task = trimmed(task.substr(0, open));
  const std::size_t dash = task.rfind('-');
  if (dash == std::string_view::npos) return {};
  return toNumber<std::int32_t>(task.substr(dash + 1));
}

/// "[001]" anywhere after the task, or in latency format "1d..1" as a word.
struct CpuColumn {
  std::size_t begin = 0, end = 0;
  std::uint16_t cpu = 0;
  std::int32_t tid = 0;
};

std::optional<CpuColumn> bracketedCpu(std::string_view line) {
  for (std::size_t open = line.find('['); open != std::string_view::npos; open = line.find('[', open + 1)) {
    const std::size_t close = line.find(']', open);
    if (close == std::string_view::npos) return {};
    const auto cpu = toNumber<std::uint16_t>(line.substr(open + 1, close - open - 1));
    if (!cpu) continue;
    auto tid = threadOf(line.substr(0, open));
    if (!tid) tid = lastWordThread(trimmed(line.substr(0, open)));
    if (tid) return CpuColumn{open, close + 1, *cpu, *tid};
  }
  return {};
}

std::optional<CpuColumn> latencyCpu(std::string_view line) {
  for (std::size_t begin = line.find(' '); begin != std::string_view::npos; begin = line.find(' ', begin + 1)) {
    if (begin + 1 >= line.size() || !isDigit(line[begin + 1])) continue;
    const std::size_t end = std::min(line.find(' ', begin + 1), line.size());
    const std::string_view word = line.substr(begin + 1, end - begin - 1);
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    const bool flags =
        word.size() - digits >= 4 && word.size() - digits <= 8 && word.find(':') == std::string_view::npos;
    if (!flags) continue;
    if (const auto tid = threadOf(line.substr(0, begin)))
      return CpuColumn{begin, end, toNumber<std::uint16_t>(word.substr(0, digits)).value_or(0), *tid};
  }
  return {};
}

std::optional<std::uint64_t> toValue(std::string_view text, bool hexadecimal) {
  while (!text.empty() && (text.back() == ',' || text.back() == ')')) text.remove_suffix(1);
  return valueOf(text, hexadecimal);
}

std::optional<std::uint64_t> toDirection(std::string_view word) {
  constexpr std::string_view names[] = {"BIDIRECTIONAL", "TO_DEVICE", "FROM_DEVICE", "NONE"};
  if (word.starts_with("DMA_")) word.remove_prefix(4);
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (word == names[i]) return i;
  return toValue(word, false);
}

/// The thread in "comm:tid [prio]".
std::string_view threadBeforePriority(std::string_view task) {
  task = task.substr(0, task.find(" ["));
  const std::size_t colon = task.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : task.substr(colon + 1);
}

}  // namespace

bool beginsFtraceEvent(std::string_view line) {
  return bracketedCpu(line) || latencyCpu(line);
}

bool FtraceLine::parse(std::string_view line) {
  auto column = bracketedCpu(line);
  if (!column) column = latencyCpu(line);
  if (!column) return false;
  cpu = column->cpu;
  tid = column->tid;
  std::string_view left = trimmed(line.substr(column->end));
  if (!parseTime(left) || !parseName(trimmed(left))) return false;
  parseValues();
  return true;
}

/// Takes the time off, and what stands between CPU and time: irq flags.
bool FtraceLine::parseTime(std::string_view& left) {
  std::optional<TimeColumn> time;
  for (int columns = 0; columns < 3 && !time; ++columns) {
    std::string_view word = takeWord(left);
    if (word.empty()) return false;
    const bool ends = word.back() == ':';
    if (ends) word.remove_suffix(1);
    if (ends) time = toTime(word);
    if (time) break;
    time = toLatencyTime(word);
    if (time && !ends && takeWord(left) != ":") return false;
  }
  if (!time) return false;
  ns = time->ns;
  counted = time->counted;
  resolution = time->resolution;
  // `trace-cmd report --ts-diff` shows the time since the event before: "(+1213)".
  if (const std::string_view kept = trimmed(left); kept.starts_with("(+") || kept.starts_with("(-")) {
    left = kept;
    takeWord(left);
  }
  return true;
}

/// "add_sgs: ...", with perf "descry:add_sgs: ..." and perhaps its period before; and lines without a colon.
bool FtraceLine::parseName(std::string_view left) {
  std::string_view behind = left;
  std::string_view word = takeWord(behind);
  if (toNumber<std::uint64_t>(word) && !trimmed(behind).empty()) {
    left = trimmed(behind);
    word = takeWord(behind);
  }
  behind = trimmed(behind);
  if (word.starts_with("<stack") || (word == "<user" && behind.starts_with("stack"))) {
    fullName = word == "<user" ? "user_stack" : "kernel_stack";
    behind = {};
  } else if (behind.starts_with("<-")) {
    fullName = "function";  // the function tracer: "vp_notify <-virtqueue_notify"
    behind = left;
  } else if (word.starts_with("sys_") && (behind.starts_with("->") || word.find('(') != std::string_view::npos)) {
    fullName = word.substr(0, word.find('('));  // "sys_read -> 0x0", "sys_read(fd: 3)"
  } else if (word.size() > 1 && word.back() == ':') {
    fullName = word.substr(0, word.size() - 1);
  } else {
    const std::size_t colon = left.find(':');
    if (colon == std::string_view::npos || colon == 0 || left.find_first_of(" \t") < colon) return false;
    fullName = left.substr(0, colon);
    behind = trimmed(left.substr(colon + 1));
  }
  const std::size_t group = fullName.rfind(':');
  event = group == std::string_view::npos ? fullName : fullName.substr(group + 1);
  rest = behind;
  return !event.empty();
}

void FtraceLine::parseValues() {
  values.clear();
  words.clear();
  lead = {};
  std::string_view left = rest;
  if (left.starts_with('(')) {  // "(virtqueue_add_sgs+0x0/0xd0 [virtio_ring])", "(f <- g)"
    const std::size_t close = left.find(')');
    left.remove_prefix(close == std::string_view::npos ? left.size() : close + 1);
  }
  left = trimmed(left);
  const char* const begin = left.data();
  std::string_view key;  // of "dev_name: 0000:00:02.0"
  while (!left.empty()) {
    const std::string_view word = takeWord(left);
    if (word.empty()) break;
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos && equals != 0) {
      if (values.empty()) lead = trimmed({begin, static_cast<std::size_t>(word.data() - begin)});
      values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
      key = {};
    } else if (word.size() > 1 && word.back() == ':') {
      key = word.substr(0, word.size() - 1);
    } else if (!key.empty()) {
      values.emplace_back(key, word);
      key = {};
    } else {
      words.push_back(word);
    }
  }
  if (values.empty()) lead = rest;
  if (event == "sched_switch" || event == "sched_wakeup" || event == "sched_wakeup_new") parseSched();
}

/// `trace-cmd report` prints these in its own way: "rcu_preempt:18 [120] W ==> vhost-261:351 [120]".
void FtraceLine::parseSched() {
  if (has({{"next_pid", "pid"}})) return;
  const std::size_t arrow = rest.find(" ==> ");
  if (arrow == std::string_view::npos) {
    values.emplace_back("pid", threadBeforePriority(rest));
    return;
  }
  values.emplace_back("prev_pid", threadBeforePriority(rest.substr(0, arrow)));
  values.emplace_back("next_pid", threadBeforePriority(rest.substr(arrow + 5)));
}

std::optional<std::uint64_t> FtraceLine::number(const NamedValue& source) const {
  if (source.format == ValueFormat::Flag) {
    std::string wanted = source.names.front();
    std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                   [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); });
    return std::find(words.begin(), words.end(), wanted) != words.end() ? 1 : 0;
  }
  const std::string_view* value = findValue(values, source);
  if (value == nullptr) return {};
  if (source.format == ValueFormat::Direction) return toDirection(*value);
  return toValue(*value, source.format == ValueFormat::Hex);
}

std::string_view FtraceLine::text(const NamedValue& source) const {
  if (source.format == ValueFormat::Lead) return lead;
  if (source.format == ValueFormat::Rest) {
    // `print` shows the function that wrote it first: "print: tracing_mark_write: text".
    const std::size_t colon = rest.find(": ");
    return event == "print" && colon != std::string_view::npos ? rest.substr(colon + 2) : rest;
  }
  const std::string_view* value = findValue(values, source);
  return value == nullptr ? std::string_view() : *value;
}

std::optional<FtraceLoss> FtraceLoss::parse(std::string_view line) {
  if (!line.starts_with("CPU:")) return {};
  const std::size_t open = line.find(" [");
  if (open == std::string_view::npos || line.find("EVENTS") == std::string_view::npos) return {};
  const auto cpu = toNumber<std::uint64_t>(trimmed(line.substr(4, open - 4)));
  if (!cpu) return {};
  FtraceLoss loss{*cpu, -1};
  const std::size_t digits = line.find_first_of("0123456789", open);
  if (digits != std::string_view::npos)
    loss.count =
        toNumber<std::int64_t>(line.substr(digits, line.find_first_not_of("0123456789", digits) - digits)).value_or(-1);
  return loss;
}

}  // namespace descry
