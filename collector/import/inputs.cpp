// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "collector/facts/facts_file.hpp"
#include "collector/import/entries.hpp"
#include "collector/source/sources.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

bool isFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool isDirectory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<fs::path> listed(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> entries = entriesOf(directory, error);
  if (error) throw Error(fmt::format("{}: cannot list the directory: {}", directory.string(), error.message()));
  return entries;
}

std::string nameOf(const fs::path& directory) {
  const fs::path whole = fs::weakly_canonical(directory);
  return whole.filename().empty() ? "vm" : whole.filename().string();
}

/// A few names, so that the user sees what was looked at.
std::string described(const fs::path& directory) {
  constexpr std::size_t kShown = 4;
  const auto entries = listed(directory);
  if (entries.empty()) return "it is empty";
  std::string text = "it holds ";
  for (std::size_t i = 0; i < std::min(entries.size(), kShown); ++i) {
    std::error_code error;
    text += (i ? ", " : "") + entries[i].filename().string();
    if (isFile(entries[i]) && fs::file_size(entries[i], error) == 0) text += " (0 bytes)";
  }
  return text + (entries.size() > kShown ? " ..." : "");
}

/// Where a trace lies below the directory that the user gave.
struct Place {
  std::optional<fs::path> captureFolder;
  std::optional<Side> side;
};

bool hasCaptureLayout(const fs::path& directory) {
  return isDirectory(directory / "host") || isDirectory(directory / "guest") || isFile(directory / "case.json");
}

bool isTraceDirectory(const fs::path& directory, const std::vector<fs::path>& tracesAtOrBelow) {
  return tracesAtOrBelow.size() == 1 && tracesAtOrBelow.front() == directory;
}

/// The first directory named host or guest on the way from `root` to `trace` says the side.
Place placeOf(const fs::path& root, const fs::path& trace) {
  fs::path folder = root;
  for (const fs::path& part : trace.lexically_relative(root)) {
    if (part == "guest") return {folder, Side::Guest};
    if (part == "host") return {folder, Side::Host};
    folder /= part;
  }
  return {isFile(root / "case.json") ? std::optional(root) : std::nullopt, std::nullopt};
}

/// Collects the traces behind what the user gave.
class Search {
 public:
  Inputs found;

  void take(const GivenPath& given) {
    std::error_code error;
    const auto type = fs::status(given.path, error).type();
    if (type == fs::file_type::not_found)
      throw Error(fmt::format("{}: no such file or directory", given.path.string()));
    if (error) throw Error(fmt::format("{}: {}", given.path.string(), error.message()));
    if (type == fs::file_type::directory)
      return takeDirectory({given.path.has_filename() ? given.path : given.path.parent_path(), given.side});
    const fs::path parent = fs::absolute(given.path).parent_path();
    if (given.path.filename() == "metadata" && isTraceDirectory(parent, findTraces(parent)))
      return addTrace({parent, given.side, "", false, {}});
    if (!isTrace(given.path) && !given.side && isFacts(given.path)) {
      addFacts(given.path, "", false);
      return;
    }
    if (!isTrace(given.path)) openSource(given.path);  // says what is there and what was expected
    addTrace({given.path, given.side, "", false, {}});
  }

 private:
  /// Beside host/ and guest/ with traces in them lie notes, listings and older attempts.
  static bool isStray(const fs::path& root, const fs::path& trace, const std::vector<fs::path>& traces) {
    if (placeOf(root, trace).side) return false;
    return std::ranges::any_of(traces, [&](const fs::path& other) {
      const Place place = placeOf(root, other);
      return place.side && place.captureFolder && isAtOrBelow(trace, *place.captureFolder);
    });
  }

  void takeDirectory(const GivenPath& given) {
    const auto traces = findTraces(given.path);
    if (isTraceDirectory(given.path, traces)) return addTrace({given.path, given.side, "", false, {}});
    if (hasCaptureLayout(given.path)) checkFolder(given.path, traces, given.side);
    if (traces.empty()) {
      addKnownFacts(given.path, "", given.side == Side::Host);
      if (found.facts.empty()) refuse(given.path);
    }
    for (const fs::path& trace : traces) {
      const Place place = placeOf(given.path, trace);
      if (given.side && place.side && given.side != place.side) continue;
      if (isStray(given.path, trace, traces)) {
        found.notes.push_back(fmt::format("{}: is left out, because it lies beside host/ or guest/", trace.string()));
        continue;
      }
      const fs::path top = place.captureFolder.value_or(given.path);
      const std::string vm = place.captureFolder ? nameOf(*place.captureFolder) : "";
      if (place.captureFolder) {
        checkFolder(*place.captureFolder, traces, given.side);
        addFacts(*place.captureFolder / "case.json", vm, false);
      }
      addListings(top, trace.parent_path(), vm);
      addTrace({trace, given.side ? given.side : place.side, vm, true, {}});
    }
  }

  /// A side that was recorded and cannot be read must not turn into a silent one-sided import.
  static void checkFolder(const fs::path& folder, const std::vector<fs::path>& traces, std::optional<Side> only) {
    for (const auto& [side, name] : {std::pair{Side::Guest, "guest"}, std::pair{Side::Host, "host"}}) {
      const fs::path directory = folder / name;
      if ((only && *only != side) || !isDirectory(directory)) continue;
      const bool any =
          std::ranges::any_of(traces, [&directory](const fs::path& trace) { return isAtOrBelow(trace, directory); });
      if (!any) refuse(directory);
    }
  }

  [[noreturn]] static void refuse(const fs::path& directory) {
    throw Error(
        fmt::format("{}: no trace in it or below it ({}); expected CTF, trace.dat, ftrace text or a log of QEMU",
                    directory.string(), described(directory)));
  }

  void addTrace(TraceInput trace) {
    const int sideKey = trace.side ? static_cast<int>(*trace.side) : -1;
    if (m_taken.insert({fs::weakly_canonical(trace.path), sideKey}).second)
      found.traces.push_back(std::move(trace));
    else if (!trace.found)
      found.notes.push_back(fmt::format("{}: was given twice; it is read once", trace.path.string()));
  }

  /// Facts in the directories from `top` down to `bottom`; what is nearest to the trace prevails, and the guest's own
  /// listing over what else lies there.
  void addListings(const fs::path& top, const fs::path& bottom, const std::string& vm) {
    std::vector<fs::path> folders{top};
    for (const fs::path& part : bottom.lexically_relative(top))
      if (part != ".") folders.push_back(folders.back() / part);
    std::ranges::reverse(folders);
    for (const fs::path& folder : folders) addFacts(folder / "virtio-devices", vm, false);
    for (const fs::path& folder : folders) addKnownFacts(folder, vm, placeOf(top, folder / "trace").side == Side::Host);
  }

  /// Files of a directory that can be nothing but facts. The kernel log of a host is not that of its guest.
  void addKnownFacts(const fs::path& folder, const std::string& vm, bool ofHost) {
    if (!m_searched.insert(fs::weakly_canonical(folder)).second) return;
    addNotProbed(folder / "coverage.tsv");
    for (const fs::path& file : listed(folder)) {
      if (!isFile(file) || isTrace(file)) continue;
      const FactsFormat* format = factsBesideTrace(file);
      if (!format || (ofHost && format->ofGuest) || !addFacts(file, vm, true)) continue;
      found.notes.push_back(fmt::format("{}: is read as facts: {}", file.string(), format->what));
    }
  }

  /// Programs that serve queues and could not be probed, as descry record says beside its trace: point, attached,
  /// function, reason. Without that their queues would look like those of a guest whose host was not recorded.
  void addNotProbed(const fs::path& coverage) {
    std::ifstream file(coverage);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string point, attached, function, reason;
      std::getline(std::getline(std::getline(words, point, '\t'), attached, '\t'), function, '\t');
      std::getline(words, reason);
      const bool ofProgram = point.starts_with("QEMU: fetch ends") || point.starts_with("vhost-user: fetch ends");
      const std::size_t name = function.find(" of ");
      if (attached != "missing" || !ofProgram || name == std::string::npos) continue;
      found.notes.push_back(
          fmt::format("{} could not be probed: {}; of the queues that it serves the guest's side alone is seen",
                      function.substr(name + std::string_view(" of ").size()), reason));
    }
  }

  bool addFacts(const fs::path& path, const std::string& vm, bool isFound) {
    const bool isNew = isFile(path) && m_facts.insert(fs::weakly_canonical(path)).second;
    if (isNew) found.facts.push_back({path, vm, isFound});
    return isNew;
  }

  std::set<std::pair<fs::path, int>> m_taken;
  std::set<fs::path> m_facts, m_searched;
};

}  // namespace

std::vector<fs::path> TraceInput::paths() const {
  std::vector<fs::path> all{path};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string TraceInput::names() const {
  std::string text;
  for (const fs::path& piece : paths()) text += (text.empty() ? "" : ", ") + piece.string();
  return text;
}

Inputs findInputs(const std::vector<GivenPath>& paths, const std::vector<fs::path>& factsFiles) {
  Search search;
  for (const fs::path& file : factsFiles) search.found.facts.push_back({file, "", false});
  for (const GivenPath& given : paths) search.take(given);
  if (search.found.traces.empty() && search.found.facts.empty()) throw Error("no trace was given");
  return std::move(search.found);
}

void nameMachines(Inputs& inputs, const std::string& name) {
  std::set<std::string> folders;
  for (const TraceInput& trace : inputs.traces)
    if (!trace.vm.empty()) folders.insert(trace.vm);
  const std::string common = !name.empty() ? name : folders.size() == 1 ? *folders.begin() : "vm";
  for (TraceInput& trace : inputs.traces)
    if (!name.empty() || trace.vm.empty()) trace.vm = common;
  for (FactsInput& facts : inputs.facts)
    if (!name.empty() && !facts.vm.empty()) facts.vm = common;
  if (inputs.traces.empty()) inputs.machine = common;
}

}  // namespace descry
