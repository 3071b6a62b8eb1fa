// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace descry {

/// An ELF program as it lies on disk: what it exports, and its code. It may be of somebody else: what it says is
/// checked, and it is read, never mapped.
class ProgramFile {
 public:
  struct Function {
    std::uint64_t address = 0, bytes = 0;
  };

  /// Throws Error when it is no program for this machine's architecture.
  explicit ProgramFile(const std::filesystem::path& path);

  /// A function by its name without a version; nothing when there is none.
  std::optional<Function> function(std::string_view name) const;
  /// The code of a function, at most kMostCode of it. Throws Error when the file does not have it.
  std::vector<std::uint8_t> code(const Function& function) const;
  /// Where an address lies in the file: that is how the kernel names the place of a uprobe. Throws Error.
  std::uint64_t fileOffset(std::uint64_t address) const;
  /// The address of what lies at an offset of the file, within the pages of its code. Throws Error.
  std::uint64_t addressAt(std::uint64_t fileOffset) const;
  /// Whether it has a note of this static trace point (USDT).
  bool hasTracePoint(const std::string& provider, const std::string& name) const {
    return m_tracePoints.contains({provider, name});
  }

  static constexpr std::size_t kMostCode = 4096;

 private:
  struct Segment {
    std::uint64_t address = 0, offset = 0, bytes = 0;
  };

  std::filesystem::path m_path;
  std::vector<Segment> m_segments;  ///< executable ones
  std::map<std::string, Function, std::less<>> m_functions;
  std::set<std::pair<std::string, std::string>> m_tracePoints;  ///< provider, name
};

}  // namespace descry
