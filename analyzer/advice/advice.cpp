// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/advice/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "analyzer/advice/tables.hpp"
#include "schemas/model/vmm.hpp"
#include "schemas/text/replace.hpp"

namespace descry {

namespace {

constexpr std::size_t kLineColumns = 74;  // a first screen has 80, and "  Do: " in front

/// True when `word` is one of the words of `list`, or when there is no list.
bool fits(std::string_view list, std::string_view word) {
  if (list.empty()) return true;
  while (!list.empty()) {
    const auto end = list.find(' ');
    if (list.substr(0, end) == word) return true;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

std::string quoted(const std::string& text) {
  const char quote = text.find('\'') == std::string::npos ? '\'' : '"';
  return quote + text + quote;
}

bool isOfGuest(Knob knob) {
  return knob >= Knob::LazyUnmap;
}

std::vector<std::string> tablesFor(const AdvisedMachine& machine, Knob knob) {
  if (isOfGuest(knob)) return {machine.guest};
  return machine.vmms;
}

/// What a VMM or guest says of a knob of a device.
struct Answer {
  const AdviceTable* table;  ///< that knows; null for a VMM without one
  const Entry* entry;        ///< null: not known
  bool isTooOld = false;     ///< the guest's kernel is older than the entry needs

  bool isPossible() const { return entry && !entry->how.empty() && !isTooOld; }
};

Answer ask(const AdvisedMachine& machine, std::string_view name, const AdvisedDevice& device, Knob knob,
           std::string_view value) {
  Answer answer{adviceTable(name), nullptr};
  if (answer.table) answer.entry = entryFor(answer.table, device, knob, value);
  if (answer.entry && answer.table->name == "Linux" && machine.kernel && !answer.entry->since.empty())
    answer.isTooOld = *machine.kernel < releaseOf(answer.entry->since);
  return answer;
}

std::string tooOld(const AdvisedMachine& machine, const Entry& entry) {
  return fmt::format("not possible: it needs Linux {}, the guest has {}.{}", entry.since, machine.kernel->first,
                     machine.kernel->second);
}

std::string oneOf(const AdvisedMachine& machine, std::string_view name, const AdvisedDevice& device, Knob knob,
                  std::string_view value) {
  const Answer answer = ask(machine, name, device, knob, value);
  const auto& [table, entry, isTooOld] = answer;
  if (!entry)
    return fmt::format("how to do it in {} is not known (look for {} in its manual)", name,
                       knobs()[static_cast<std::size_t>(knob)].name);
  if (isTooOld) return tooOld(machine, *entry);
  if (entry->how.empty()) return fmt::format("not possible in {}: {}", table->name, entry->note);
  std::string text = quoted(howOf(*entry, qemuModel(device), value));
  if (!table->isGuest) text = fmt::format("{} {}", table->name, text);
  std::string more;
  if (!entry->since.empty() && !(table->isGuest && machine.kernel))
    more = fmt::format("{}{} and later", table->isGuest ? "Linux " : "", entry->since);
  if (!entry->note.empty()) more += (more.empty() ? "" : "; ") + std::string(entry->note);
  return more.empty() ? text : fmt::format("{} ({})", text, more);
}

}  // namespace

bool AdvisedMachine::runsQemu() const {
  return std::ranges::any_of(vmms, [](const std::string& vmm) {
    const auto found = std::ranges::find(kVmmNames, vmm, &VmmName::name);
    return vmm == "QEMU" || vmm == "vhost-user" || (found != kVmmNames.end() && found->runs == "QEMU");
  });
}

std::span<const KnobInfo> knobs() {
#define DESCRY_KNOB(enumerator, id, name) KnobInfo{Knob::enumerator, id, name},
  static constexpr std::array kAll = {DESCRY_KNOBS(DESCRY_KNOB)};
#undef DESCRY_KNOB
  return kAll;
}

std::span<const AdviceTable* const> adviceTables() {
#define DESCRY_LISTED(table) &table,
  static constexpr std::array kAll = {DESCRY_ADVICE_TABLES(DESCRY_LISTED)};
#undef DESCRY_LISTED
  return kAll;
}

const AdviceTable* adviceTable(std::string_view name) {
  const auto all = adviceTables();
  const auto found = std::ranges::find_if(all, [name](const AdviceTable* table) { return table->name == name; });
  return found == all.end() ? nullptr : *found;
}

const Entry* entryFor(const AdviceTable*& table, const AdvisedDevice& device, Knob knob, std::string_view value) {
  // Where the transport is not known it is most likely PCI, as in the name of the model.
  const std::string_view transport = device.transport == "ccw" || device.transport == "mmio" ? device.transport : "pci";
  for (const Entry& entry : table->entries)
    if (entry.knob == knob && fits(entry.value, value) && fits(entry.kinds, device.kind) &&
        fits(entry.transports, transport))
      return &entry;
  const AdviceTable* frontEnd = table->frontEnd.empty() ? nullptr : adviceTable(table->frontEnd);
  if (!frontEnd) return nullptr;
  table = frontEnd;
  return entryFor(table, device, knob, value);
}

std::string howOf(const Entry& entry, std::string_view model, std::string_view value) {
  return replaceAll(replaceAll(std::string(entry.how), "{model}", model), "{value}", value);
}

std::string advice(const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob, std::string_view value) {
  auto names = tablesFor(machine, knob);
  const bool guesses = !isOfGuest(knob) && !machine.knowsVmm;
  // Of the likeliest, those that can do it; else the first says why not.
  if (guesses)
    std::erase_if(names,
                  [&](const std::string& name) { return !ask(machine, name, device, knob, value).isPossible(); });
  if (names.empty()) names = {machine.vmms.front()};
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", or ") + oneOf(machine, name, device, knob, value);
  if (guesses)
    text += names.size() > 1 ? " (the VMM is not known; these two are the likeliest)"
                             : " (the VMM is not known; this one is the likeliest)";
  return text;
}

std::string adviceLine(std::string_view purpose, const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob,
                       std::string_view value) {
  const auto line = [&purpose](const std::string& text) { return fmt::format("{}: {}", purpose, text); };
  const std::string name = tablesFor(machine, knob).front();
  const Answer answer = ask(machine, name, device, knob, value);
  if (answer.isPossible()) {
    // A long name of the model is one that the reader can find out.
    for (const std::string& model : {qemuModel(device), std::string("...")})
      if (std::string full = line(howOf(*answer.entry, model, value)); full.size() <= kLineColumns) return full;
    return line("see descry report --full");
  }
  if (!answer.entry) return line(fmt::format("how in {} is not known", name));
  return line(answer.entry->how.empty() ? fmt::format("not possible in {}", answer.table->name)
                                        : fmt::format("needs Linux {}", answer.entry->since));
}

bool isPossible(const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob, std::string_view value) {
  const auto names = tablesFor(machine, knob);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const Answer answer = ask(machine, name, device, knob, value);
    return !answer.entry || answer.isPossible();
  });
}

std::optional<std::pair<int, int>> releaseOf(std::string_view text) {
  const auto start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return std::nullopt;
  std::pair<int, int> release;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + start, end, release.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  if (std::from_chars(major.ptr + 1, end, release.second).ec != std::errc()) return std::nullopt;
  return release;
}

}  // namespace descry
