// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

/// What the index says of a case.
struct BatchCase {
  std::filesystem::path database;
  std::string name;   ///< of its report, without folder and extension
  std::string error;  ///< not empty: it could not be reported
  bool reported = false, damaged = false;
  bool stuck = false;  ///< requests do not come back
  bool ticks = false;  ///< its times are not, or not all, nanoseconds
  std::int64_t critical = 0, warnings = 0;
  std::string worst;                 ///< the first finding's title; empty: no finding
  std::vector<std::string> rules;    ///< that found something of severity warning or worse
  std::int64_t chains = 0;           ///< complete ones, of all devices
  Ns total = 0, p99 = 0;             ///< their latency; the 99th percentile of the device with most of it
  std::string device;                ///< that device
  std::array<Ns, kCauses> causes{};  ///< of all devices

  /// Mean time per chain that is not the backend's own work; 0 where it is not known in nanoseconds.
  Ns overhead() const;
};

struct BatchOptions {
  ReportOptions report;
  std::filesystem::path folder;  ///< made when missing
  int jobs = 1;
  bool force = false;                                               ///< replace files that are no reports
  std::function<void(std::size_t done, std::size_t all)> progress;  ///< from any of the threads, one at a time
  std::function<bool()> stop;                                       ///< from any thread: true ends the batch early
};

/// Writes a report per database and index.html, index.json; each file appears whole or not at all. A database that
/// cannot be reported is named in the index and does not disturb the others. Returns the cases by rank: what hurts most
/// first, those that failed at the end. Throws Error when the folder cannot be written, Cancelled when stopped.
std::vector<BatchCase> writeBatch(const std::vector<std::filesystem::path>& databases, const BatchOptions& options);

void writeHtmlIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out);
void writeJsonIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out);

}  // namespace descry
