// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "schemas/system/temporary_folder.hpp"

namespace descry {

/// A copy of a trace-cmd file (version 6) whose event data is cut, filled up with empty pages to the length its head
/// promises: libtracecmd refuses a shorter file altogether. Removed when it goes.
class RepairedTraceDat {
 public:
  /// Nothing when the file is not cut, or is cut in a way that leaves nothing to read.
  static std::unique_ptr<RepairedTraceDat> make(const std::filesystem::path& file);
  RepairedTraceDat(const RepairedTraceDat&) = delete;
  RepairedTraceDat& operator=(const RepairedTraceDat&) = delete;

  const std::filesystem::path& path() const { return m_path; }
  std::uint64_t found() const { return m_found; }
  std::uint64_t expected() const { return m_expected; }
  const std::vector<int>& cutCpus() const { return m_cutCpus; }

 private:
  RepairedTraceDat() = default;

  TemporaryFolder m_folder{"trace"};
  std::filesystem::path m_path = m_folder.path() / "trace.dat";
  std::uint64_t m_found = 0, m_expected = 0;
  std::vector<int> m_cutCpus;
};

}  // namespace descry
