// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/pieces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "collector/import/digest.hpp"
#include "collector/source/sources.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

using Traces = std::vector<TraceInput>;

/// Only traces with the same of these can be pieces of one recording.
using Group = std::tuple<std::string, int, std::string>;

Group groupOf(const TraceInput& trace) {
  return {trace.vm, trace.side ? static_cast<int>(*trace.side) : -1, std::string(formatName(trace.path))};
}

std::uintmax_t sizeOf(const fs::path& trace) {
  std::uintmax_t size = 0;
  std::error_code ignored;
  for (const fs::path& file : traceFiles(trace)) size += fs::file_size(file, ignored);
  return size;
}

/// Computes a checksum only where two sizes are equal, and once.
void dropCopies(Inputs& inputs) {
  std::map<std::pair<Group, std::uintmax_t>, Traces> known;
  std::map<fs::path, std::string> digests;
  const auto digestOf = [&digests](const fs::path& trace) {
    std::string& digest = digests[trace];
    if (digest.empty()) digest = TraceDigest({trace}, false).result();
    return digest;
  };
  Traces kept;
  for (TraceInput& trace : inputs.traces) {
    Traces& same = known[{groupOf(trace), sizeOf(trace.path)}];
    const auto copy = std::ranges::find_if(
        same, [&](const TraceInput& other) { return digestOf(other.path) == digestOf(trace.path); });
    if (copy != same.end()) {
      inputs.notes.push_back(
          fmt::format("{}: has the contents of {}; it is read once", trace.path.string(), copy->path.string()));
      continue;
    }
    same.push_back(trace);
    kept.push_back(std::move(trace));
  }
  inputs.traces = std::move(kept);
}

struct Candidate {
  TraceInput trace;
  Piece piece;
};

/// Joins what belongs together; what connects two of the results joins these as well.
std::vector<Traces> joined(std::vector<Candidate> candidates) {
  std::vector<std::vector<Candidate>> recordings;
  for (Candidate& candidate : candidates) {
    std::vector<Candidate> whole;
    whole.push_back(std::move(candidate));
    for (auto recording = recordings.begin(); recording != recordings.end();) {
      const bool same = std::ranges::any_of(*recording, [&](const Candidate& other) {
        return ofOneRecording(other.piece, whole.front().piece, whole.front().trace.side.has_value());
      });
      if (!same) {
        ++recording;
        continue;
      }
      whole.insert(whole.end(), std::move_iterator(recording->begin()), std::move_iterator(recording->end()));
      recording = recordings.erase(recording);
    }
    recordings.push_back(std::move(whole));
  }
  std::vector<Traces> result;
  for (auto& recording : recordings) {
    Traces& traces = result.emplace_back();
    for (Candidate& candidate : recording) traces.push_back(std::move(candidate.trace));
    std::ranges::sort(traces, {}, &TraceInput::path);
  }
  return result;
}

}  // namespace

void joinPieces(Inputs& inputs) {
  if (inputs.traces.size() < 2) return;
  dropCopies(inputs);
  std::map<Group, std::size_t> sizes;
  for (const TraceInput& trace : inputs.traces) ++sizes[groupOf(trace)];
  Traces kept;
  std::map<Group, std::vector<Candidate>> candidates;
  for (TraceInput& trace : inputs.traces) {
    const Group group = groupOf(trace);
    auto piece = sizes[group] < 2 ? std::nullopt : pieceOf(trace.path);
    if (piece)
      candidates[group].push_back({std::move(trace), std::move(*piece)});
    else
      kept.push_back(std::move(trace));
  }
  for (auto& [group, traces] : candidates)
    for (Traces& recording : joined(std::move(traces))) {
      TraceInput whole = recording.front();
      for (std::size_t i = 1; i < recording.size(); ++i) {
        whole.more.push_back(recording[i].path);
        whole.found &= recording[i].found;
      }
      if (!whole.more.empty())
        inputs.notes.push_back(fmt::format("{} and {} more are pieces of one recording and are read as one",
                                           whole.path.string(), whole.more.size()));
      kept.push_back(std::move(whole));
    }
  inputs.traces = std::move(kept);
}

}  // namespace descry
