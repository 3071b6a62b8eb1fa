// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

#include "schemas/system/input_files.hpp"

namespace descry {

/// What an output may replace.
struct OutputRules {
  InputFiles inputs;  ///< never replaced
  /// Tells a file that this kind of output may replace without being asked. Empty files need not be told.
  std::function<bool(const std::filesystem::path&)> isOurs;
  bool force = false;  ///< replace other files and links too

  /// For files whose place is known to be ours.
  static OutputRules replacingAny();
};

/// Throws Error when the rules forbid to write to `target`, or when it is a folder or in none.
void checkOutput(const std::filesystem::path& target, const OutputRules& rules);

/// A file that appears under its name whole or not at all. Until commit() it has a random name in the same folder; then
/// it is synced and renamed. The destructor and removeOutputsOnSignal() remove what
/// was not finished, the next writer of the same target what a killed one left behind.
class OutputFile {
 public:
  enum class Writers {
    One,       ///< a second writer of the same target is refused
    LastWins,  ///< each writes a whole file; the one that ends last stays
  };

  OutputFile(std::filesystem::path target, const OutputRules& rules, Writers writers);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  const std::filesystem::path& partPath() const { return m_part; }
  int descriptor() const { return m_fd; }
  /// Throws Error when the disk is full or the part file was taken away; the old file is then as it was.
  void commit();

  /// The target of a part file, for messages; any other path as it is.
  static std::filesystem::path targetOf(const std::filesystem::path& part);

 private:
  void create(Writers writers);
  bool tryCreate();
  void sweep(Writers writers);

  std::filesystem::path m_target, m_part;
  int m_fd = -1, m_slot = -1;
};

/// Calls write(stream) for an OutputFile where the last writer wins. Devices, pipes and descriptors such as /dev/stdout
/// are written through instead. Throws Error when it cannot be written, and what `write` throws.
void writeFile(const std::filesystem::path& target, const OutputRules& rules,
               const std::function<void(std::ostream&)>& write);

/// From now on SIGINT, SIGTERM and SIGHUP remove the unfinished files of this process before they end it.
void removeOutputsOnSignal();

}  // namespace descry
