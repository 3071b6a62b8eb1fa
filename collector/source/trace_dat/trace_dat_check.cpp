// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/trace_dat/trace_dat_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

#include "collector/source/reader/source_format.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMagic = 10;

/// The numbers at the start of a file, in its own byte order.
class Head {
 public:
  explicit Head(const fs::path& file) : m_bytes(firstBytes(file, 4096)) {}

  /// A text up to its zero; nothing when the file ends before that.
  bool take(std::string& text) {
    const std::size_t end = m_bytes.find('\0', m_at);
    if (end == std::string::npos) return false;
    text = m_bytes.substr(m_at, end - m_at);
    m_at = end + 1;
    return true;
  }
  template <typename Number>
  bool take(Number& number) {
    if (m_at + sizeof number > m_bytes.size()) return false;
    std::memcpy(&number, m_bytes.data() + m_at, sizeof number);
    m_at += sizeof number;
    if (m_bigEndian == (std::endian::native == std::endian::big)) return true;
    auto* const bytes = reinterpret_cast<unsigned char*>(&number);
    std::reverse(bytes, bytes + sizeof number);
    return true;
  }
  void skip(std::size_t bytes) { m_at += bytes; }
  void isBigEndian(bool big) { m_bigEndian = big; }

 private:
  std::string m_bytes;
  std::size_t m_at = 0;
  bool m_bigEndian = false;
};

std::string damageOfOptions(Head& head, std::uint64_t size) {
  std::string compression, version;
  std::uint64_t options = 0;
  if (!head.take(compression) || !head.take(version) || !head.take(options))
    return fmt::format("it is cut inside its head: {} bytes", size);
  if (compression != "none" && compression != "zstd")
    return fmt::format(
        "its data is compressed with {}, which libtracecmd cannot read here; where trace-cmd can: "
        "`trace-cmd convert -i trace.dat -o plain.dat --compression none`",
        compression);
  if (options == 0) return "trace-cmd did not finish it: it was killed, or is still recording";
  if (options + 16 > size) return fmt::format("it is cut: {} bytes, but its options begin at byte {}", size, options);
  return {};
}

}  // namespace

std::string damageOfTraceDat(const fs::path& file) {
  constexpr std::uint32_t kSmallestPage = 1024, kLargestPage = 1U << 20U;
  std::error_code ignored;
  const std::uint64_t size = fs::file_size(file, ignored);
  Head head(file);
  std::string version;
  std::uint8_t endian = 0, longSize = 0;
  std::uint32_t page = 0;
  head.skip(kMagic);
  if (!head.take(version) || !head.take(endian) || !head.take(longSize))
    return fmt::format("it is cut inside its head: {} bytes", size);
  head.isBigEndian(endian == 1);
  if (!head.take(page)) return fmt::format("it is cut inside its head: {} bytes", size);
  if (version != "6" && version != "7")
    return fmt::format("it has version \"{}\" of the format; expected 6 or 7", version.substr(0, 8));
  if (endian > 1 || (longSize != 4 && longSize != 8))
    return fmt::format("its head is damaged: byte order {}, size of a long {}", endian, longSize);
  if (page < kSmallestPage || page > kLargestPage || !std::has_single_bit(page))
    return fmt::format("its head is damaged: a page size of {} bytes", page);
  return version == "7" ? damageOfOptions(head, size) : std::string();
}

}  // namespace descry
