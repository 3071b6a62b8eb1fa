// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/text/known_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace descry {

namespace {

constexpr std::string_view kBlank = " \t\r";

/// The number at the start, which is taken off; -1 when there is none.
std::int64_t takeNumber(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// "[   12.345678] virtio_blk virtio0: ...": the kernel's log.
bool isKernelLog(std::string_view text) {
  if (!text.starts_with('[')) return false;
  const std::string_view time = text.substr(1, text.find(']') - 1);
  return text.find(']') != std::string_view::npos && time.find('.') != std::string_view::npos &&
         time.find_first_not_of(" 0123456789.") == std::string_view::npos;
}

/// "ffffffff8124a1b0 do_idle+0x120 ([kernel.kallsyms])": a call chain as perf prints it.
bool isCallChain(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789abcdef"), text.size());
  return digits >= 6 && digits < text.size() && text[digits] == ' ' && text.find('=') == std::string_view::npos;
}

/// "root@guest:~# cat trace": a prompt, perhaps with a command that reads or controls the trace.
bool isPrompt(std::string_view text) {
  if (text.find('@') < text.find_first_of(" \t") && text.find_first_of("#$") != std::string_view::npos) return true;
  return std::ranges::any_of(std::array<std::string_view, 8>{"# cat ", "$ cat ", "# echo ", "$ echo ", "# trace-cmd ",
                                                             "$ trace-cmd ", "# perf ", "$ perf "},
                             [text](std::string_view typed) { return text.find(typed) != std::string_view::npos; });
}

}  // namespace

bool isKnownLine(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return true;
  const std::string_view text = line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
  constexpr std::array<std::string_view, 17> starts = {
      "#", "cpus=", "version =", "CPU ", "=>", "<stack trace", "Dumping ftrace buffer", "---", "```",
      // the summaries of `trace-cmd report -w`
      "Average wakeup latency", "Maximum Latency", "Minimum Latency", "RT task", "Average RT", "Maximum RT",
      "Minimum RT", "timestamp:"};
  return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); }) ||
         text.find(": cpus=") != std::string_view::npos || isKernelLog(text) || isCallChain(text) || isPrompt(text);
}

void FtraceHeader::read(std::string_view line) {
  constexpr std::string_view tracer = "# tracer:";
  if (line.starts_with(tracer)) {
    line.remove_prefix(tracer.size());
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    m_tracer = line.substr(0, line.find_first_of(kBlank));
  }
  readCounts(line, "entries-in-buffer/entries-written:");
  if (line.find("latency:") != std::string_view::npos)
    readCounts(line, " us, #");  // "# latency: 0 us, #373/453, CPU#0"
}

void FtraceHeader::readCounts(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return;
  line.remove_prefix(at + label.size());
  const std::int64_t inBuffer = takeNumber(line);
  if (inBuffer < 0 || !line.starts_with('/')) return;
  line.remove_prefix(1);
  if (const std::int64_t written = takeNumber(line); written >= 0) m_counts.emplace(inBuffer, written);
  if (const std::size_t cpus = line.find("#P:"); cpus != std::string_view::npos) {
    line.remove_prefix(cpus + 3);
    m_cpus = std::max(m_cpus, takeNumber(line));
  }
}

std::int64_t FtraceHeader::entries() const {
  std::int64_t sum = 0;
  for (const auto& [inBuffer, written] : m_counts) sum += inBuffer;
  return sum;
}

std::int64_t FtraceHeader::overwritten() const {
  std::int64_t sum = 0;
  for (const auto& [inBuffer, written] : m_counts) sum += std::max<std::int64_t>(0, written - inBuffer);
  return sum;
}

}  // namespace descry
