// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/run/analysis.hpp"
#include "collector/import/inputs.hpp"
#include "collector/source/reader/source_format.hpp"

namespace descry {

/// How far an import is. Reported a few times per second at most once per batch of events.
struct ImportProgress {
  std::string step;             ///< what is being done, in words: "reading guest/trace.dat", "analysing"
  std::optional<double> share;  ///< 0..1 of this step; nothing: not known
  std::int64_t events = 0;      ///< events decoded in this step
};

struct ImportOptions {
  std::vector<GivenPath> paths;
  std::vector<std::filesystem::path> factsFiles;
  std::filesystem::path output;
  bool force = false;  ///< replace an output that is not a case database
  std::vector<DeviceMapping> map;
  CtfReader reader = CtfReader::Auto;
  unsigned jobs = 0;    ///< 1: no threads; 0 or more: reading, folding, writing and checksums side by side
  std::string vm;       ///< name of the virtual machine; empty: from the capture folder, else "vm"
  std::string vmm;      ///< option of kVmmNames; empty: facts say which VMM runs the machine
  bool analyze = true;  ///< false: write the facts only
  const std::atomic<bool>* cancel = nullptr;  ///< set from anywhere, also from a signal handler: stop soon
  std::function<void(const ImportProgress&)> progress;
};

struct ImportOutcome {
  std::int64_t captures = 0, events = 0, decoded = 0;
  std::int64_t devices = 0;                ///< as the side that saw more of them counts
  std::int64_t losses = 0, anomalies = 0;  ///< loss ranges; anomalies of severity warning or error
  std::vector<std::string> notes;          ///< what was left out or joined, in sentences
  std::vector<std::string> doubts;         ///< what makes the results doubtful, in sentences
  AnalysisOutcome analysis;
  bool damaged = false;  ///< loss, or something that makes results doubtful: exit code 3
};

/// Reads traces into a new case database. The file at `options.output` is replaced only when everything was done;
/// throws Error (Cancelled when `cancel` was set) and leaves it as it was otherwise. The calling thread folds and
/// analyses; unless `jobs` is 1, three more read, write rows and compute checksums meanwhile.
ImportOutcome importTraces(const ImportOptions& options);

}  // namespace descry
