// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace descry {

/// The files that make up a trace: itself, or all files of its directory in the order of their names (bytewise, by
/// path below it).
std::vector<std::filesystem::path> traceFiles(const std::filesystem::path& trace);

/// SHA-256 over the contents of the files of a trace, or of its pieces, one after the other, computed while others read
/// the same files: `sha256sum FILE`, or `find DIR -type f | LC_ALL=C sort | xargs cat | sha256sum`.
class TraceDigest {
 public:
  /// `inBackground`: on a thread of its own; otherwise when the result is asked for.
  TraceDigest(const std::vector<std::filesystem::path>& pieces, bool inBackground);

  /// Waits for the end, but not longer than `patience`; true when it has come.
  bool ready(std::chrono::milliseconds patience) const {
    return m_result.wait_for(patience) != std::future_status::timeout;
  }
  /// Waits for the end. Hexadecimal; throws Error when a file cannot be read. Call once.
  std::string result() { return m_result.get(); }

 private:
  std::future<std::string> m_result;
  std::jthread m_thread;  ///< stopped and joined on destruction
};

}  // namespace descry
