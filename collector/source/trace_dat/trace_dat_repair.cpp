// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/trace_dat/trace_dat_repair.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "collector/source/reader/source_format.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// Where the data of one CPU should be.
struct CpuData {
  std::uint64_t offset = 0, size = 0;
};

std::uint64_t numberAt(std::string_view bytes, std::size_t offset, bool bigEndian) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return bigEndian == (std::endian::native == std::endian::big) ? value : __builtin_bswap64(value);
}

/// The table of per-CPU data at the end of a version 6 head: "flyrecord", then offset and size of each CPU. The number
/// of CPUs is not looked for: the table ends where its entries stop following each other.
std::vector<CpuData> cpuTable(std::string_view head, bool bigEndian, std::uint32_t pageSize) {
  constexpr std::string_view marker("flyrecord\0", 10);
  for (std::size_t at = head.find(marker); at != std::string_view::npos; at = head.find(marker, at + 1)) {
    std::vector<CpuData> table;
    std::uint64_t end = at + marker.size();
    for (std::size_t entry = at + marker.size(); entry + 16 <= head.size(); entry += 16) {
      const CpuData data{numberAt(head, entry, bigEndian), numberAt(head, entry + 8, bigEndian)};
      if (data.offset < end || data.offset % pageSize != 0 || data.size % pageSize != 0) break;
      if (!table.empty() && entry + 16 > table.front().offset) break;
      table.push_back(data);
      end = data.offset + data.size;
    }
    if (!table.empty()) return table;
  }
  return {};
}

}  // namespace

std::unique_ptr<RepairedTraceDat> RepairedTraceDat::make(const fs::path& file) {
  constexpr std::size_t kLongestHead = 64U << 20U;
  // magic, version as text with its zero, byte order, size of long, page size
  const std::string start = firstBytes(file, 18);
  if (start.size() < 18 || start[10] != '6' || start[11] != '\0') return nullptr;
  const bool bigEndian = start[12] == 1;
  std::uint32_t pageSize = 0;
  std::memcpy(&pageSize, start.data() + 14, sizeof pageSize);
  if (bigEndian != (std::endian::native == std::endian::big)) pageSize = __builtin_bswap32(pageSize);
  if (pageSize < 4096 || !std::has_single_bit(pageSize)) return nullptr;

  const std::vector<CpuData> table = cpuTable(firstBytes(file, kLongestHead), bigEndian, pageSize);
  const std::uint64_t size = fs::file_size(file);
  std::unique_ptr<RepairedTraceDat> repaired(new RepairedTraceDat);
  for (std::size_t cpu = 0; cpu < table.size(); ++cpu) {
    repaired->m_expected = std::max(repaired->m_expected, table[cpu].offset + table[cpu].size);
    if (table[cpu].size != 0 && table[cpu].offset + table[cpu].size > size)
      repaired->m_cutCpus.push_back(static_cast<int>(cpu));
  }
  if (repaired->m_cutCpus.empty()) return nullptr;
  repaired->m_found = size;
  fs::copy_file(file, repaired->m_path);
  // Down to whole pages first: half a page would be read as events that are not there.
  fs::resize_file(repaired->m_path, size / pageSize * pageSize);
  fs::resize_file(repaired->m_path, repaired->m_expected);
  return repaired;
}

}  // namespace descry
