// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/files/ctf_metadata.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

#include "collector/source/ctf/version2/ctf2_metadata.hpp"
#include "collector/source/reader/source_format.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kMetadataMagic = 0x75d11d57;
constexpr std::uint32_t kStreamMagic = 0xc1fc1fc1;

std::uint32_t swapBytes(std::uint32_t value) {
  return __builtin_bswap32(value);
}
std::uint64_t swapBytes(std::uint64_t value) {
  return __builtin_bswap64(value);
}

template <typename T>
T numberAt(const char* bytes, bool swapped) {
  T value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return swapped ? swapBytes(value) : value;
}

template <typename T>
void putNumber(char* bytes, T value, bool swapped) {
  if (swapped) value = swapBytes(value);
  std::memcpy(bytes, &value, sizeof value);
}

[[noreturn]] void refuseVersion(const fs::path& metadata, std::string_view version) {
  throw Error(fmt::format("{}: this is a CTF {} trace; descry reads CTF 1.8 and CTF 2", metadata.string(), version));
}

bool isPacketised(const fs::path& metadata) {
  const std::string start = firstBytes(metadata, sizeof kMetadataMagic);
  if (start.size() < sizeof kMetadataMagic) return false;
  const auto magic = numberAt<std::uint32_t>(start.data(), false);
  return magic == kMetadataMagic || swapBytes(magic) == kMetadataMagic;
}

constexpr std::size_t kPacketHeaderBytes = 37;

/// Walks the packets of a packetised metadata file: a header of 37 bytes, text, padding. Adds their texts to `text`.
void walkPackets(const fs::path& metadata, std::string* text) {
  constexpr std::size_t kHeader = kPacketHeaderBytes;
  const std::uintmax_t size = fs::file_size(metadata);
  std::ifstream file(metadata, std::ios::binary);
  std::array<char, kHeader> header{};
  for (std::uintmax_t offset = 0; offset < size;) {
    file.seekg(static_cast<std::streamoff>(offset));
    const bool whole = static_cast<bool>(file.read(header.data(), kHeader));
    const bool swapped = whole && numberAt<std::uint32_t>(header.data(), false) == swapBytes(kMetadataMagic);
    if (whole && numberAt<std::uint32_t>(header.data(), swapped) != kMetadataMagic)
      throw Error(fmt::format("{}: damaged at byte {}: expected a metadata packet there", metadata.string(), offset));
    const std::uint32_t content = whole ? numberAt<std::uint32_t>(header.data() + 24, swapped) / 8 : 0;
    const std::uint32_t packet = whole ? numberAt<std::uint32_t>(header.data() + 28, swapped) / 8 : 0;
    if (!whole || packet > size - offset)
      throw Error(
          fmt::format("{}: cut: its last packet (at byte {}) is not complete, so the trace cannot be understood; "
                      "copy the trace again",
                      metadata.string(), offset));
    if (packet < kHeader || content < kHeader || content > packet)
      throw Error(fmt::format("{}: damaged at byte {}: a packet of {} bytes with {} bytes of content",
                              metadata.string(), offset, packet, content));
    const std::pair version{static_cast<unsigned char>(header[35]), static_cast<unsigned char>(header[36])};
    if (version != std::pair<unsigned char, unsigned char>{1, 8} &&
        version != std::pair<unsigned char, unsigned char>{2, 0})
      refuseVersion(metadata, fmt::format("{}.{}", version.first, version.second));
    if (text != nullptr) {
      const std::size_t before = text->size();
      text->resize(before + content - kHeader);
      file.read(text->data() + before, static_cast<std::streamsize>(content - kHeader));
    }
    offset += packet;
  }
}

/// Big-endian, as LTTng writes its index.
template <typename T>
T bigEndianAt(const std::string& bytes, std::size_t offset) {
  return numberAt<T>(bytes.data() + offset, std::endian::native == std::endian::little);
}

/// The packets of `stream` that its index lists behind the end of the file.
std::optional<MissingPackets> missingPackets(const fs::path& stream, const fs::path& index) {
  constexpr std::uint32_t kIndexMagic = 0xc1f1dcc1;
  constexpr std::size_t kHeader = 16, kSmallestEntry = 40;
  const std::uintmax_t size = fs::file_size(stream);
  const std::string bytes = firstBytes(index, fs::file_size(index));
  if (bytes.size() < kHeader || bigEndianAt<std::uint32_t>(bytes, 0) != kIndexMagic) return {};
  const std::size_t entrySize = bigEndianAt<std::uint32_t>(bytes, 12);
  if (entrySize < kSmallestEntry) return {};
  std::uint64_t packets = 0;
  MissingPackets missing;
  for (std::size_t entry = kHeader; entry + entrySize <= bytes.size(); entry += entrySize) {
    const auto offset = bigEndianAt<std::uint64_t>(bytes, entry);
    if (offset + bigEndianAt<std::uint64_t>(bytes, entry + 8) / 8 <= size) continue;
    if (packets++ == 0) {
      missing.firstCycles = bigEndianAt<std::uint64_t>(bytes, entry + 24);
      missing.cutInside = offset < size;
    }
    missing.lastCycles = bigEndianAt<std::uint64_t>(bytes, entry + 32);
  }
  if (packets == 0) return {};
  missing.what =
      fmt::format("stream file {} lacks {} of the packets that its index lists", stream.filename().string(), packets);
  return missing;
}

/// The end of a stream file that breaks off inside a packet.
struct CutPacket {
  std::uintmax_t offset = 0, missing = 0;
  bool swapped = false;
};

// Packet header and context as LTTng writes them: magic, uuid, stream id, stream instance, first and last time, content
// and packet size in bits.
constexpr std::size_t kPacketHeader = 64, kContentSize = 48, kPacketSize = 56;
/// With the rest of LTTng's packet context; less than that holds no event.
constexpr std::uintmax_t kSmallestPacket = 96;

std::optional<CutPacket> findCut(const fs::path& stream) {
  const std::uintmax_t size = fs::file_size(stream);
  std::ifstream file(stream, std::ios::binary);
  std::array<char, kPacketHeader> header{};
  for (std::uintmax_t offset = 0; offset < size;) {
    file.seekg(static_cast<std::streamoff>(offset));
    if (!file.read(header.data(), header.size())) return CutPacket{offset, 0, false};
    const bool swapped = numberAt<std::uint32_t>(header.data(), false) == swapBytes(kStreamMagic);
    if (numberAt<std::uint32_t>(header.data(), swapped) != kStreamMagic) return {};
    const auto content = numberAt<std::uint64_t>(header.data() + kContentSize, swapped);
    const auto packet = numberAt<std::uint64_t>(header.data() + kPacketSize, swapped);
    if (packet % 8 != 0 || content > packet || content < kPacketHeader * 8) return {};
    if (packet / 8 > size - offset) return CutPacket{offset, packet / 8 - (size - offset), swapped};
    offset += packet / 8;
  }
  return {};
}

void writeShortened(const fs::path& from, const fs::path& to, const CutPacket& cut) {
  fs::copy_file(from, to);
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
  const std::uintmax_t left = fs::file_size(from) - cut.offset;
  if (left < kSmallestPacket) {
    fs::resize_file(to, cut.offset);
    return;
  }
  std::fstream file(to, std::ios::binary | std::ios::in | std::ios::out);
  std::array<char, kPacketHeader> header{};
  file.seekg(static_cast<std::streamoff>(cut.offset));
  file.read(header.data(), header.size());
  const auto content = numberAt<std::uint64_t>(header.data() + kContentSize, cut.swapped);
  putNumber<std::uint64_t>(header.data() + kContentSize, std::min<std::uint64_t>(content, left * 8), cut.swapped);
  putNumber<std::uint64_t>(header.data() + kPacketSize, left * 8, cut.swapped);
  file.seekp(static_cast<std::streamoff>(cut.offset));
  file.write(header.data(), header.size());
  if (!file.flush()) throw Error(fmt::format("{}: cannot write a repaired copy of {}", to.string(), from.string()));
}

}  // namespace

void checkCtfMetadata(const fs::path& trace) {
  const fs::path metadata = trace / "metadata";
  std::error_code error;
  const std::uintmax_t size = fs::file_size(metadata, error);
  if (error) throw Error(fmt::format("{}: cannot be read: {}", metadata.string(), error.message()));
  if (size == 0) throw Error(fmt::format("{}: empty: the tracer has not written its description", metadata.string()));
  const std::string start = firstBytes(metadata, 1);
  if (start.empty()) throw Error(fmt::format("{}: cannot be read: {}", metadata.string(), std::strerror(errno)));
  if (isPacketised(metadata)) return walkPackets(metadata, nullptr);
  constexpr std::string_view kVersion = "/* CTF ";
  const std::string first = firstBytes(metadata, kVersion.size() + 8);
  if (!first.starts_with(kVersion)) return;  // older files do not say it
  const std::string version = first.substr(kVersion.size(), first.find(' ', kVersion.size()) - kVersion.size());
  if (version != "1.8") refuseVersion(metadata, version);
}

std::string readCtfMetadata(const fs::path& trace) {
  const fs::path metadata = trace / "metadata";
  std::string text;
  if (isPacketised(metadata))
    walkPackets(metadata, &text);
  else
    text = firstBytes(metadata, fs::file_size(metadata));
  if (!isCtf2(text)) return text;
  try {
    return translateCtf2(text);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", metadata.string(), error.what()));
  }
}

std::unique_ptr<TemporaryFolder> translatedCtf(const fs::path& trace) {
  const fs::path metadata = trace / "metadata";
  const std::string start = firstBytes(metadata, kPacketHeaderBytes);
  const bool isPacketOf2 = isPacketised(metadata) && start.size() == kPacketHeaderBytes && start[35] == 2;
  if (!isCtf2(start) && !isPacketOf2) return nullptr;
  auto folder = std::make_unique<TemporaryFolder>("ctf");
  for (const fs::path& file : streamFiles(trace))
    fs::create_symlink(fs::absolute(file), folder->path() / file.filename());
  std::ofstream file(folder->path() / "metadata", std::ios::binary);
  file << readCtfMetadata(trace);
  if (!file.flush())
    throw Error(fmt::format("{}: cannot write a translation of {}", folder->path().string(), metadata.string()));
  return folder;
}

std::vector<MissingPackets> findMissingPackets(const fs::path& trace) {
  std::vector<MissingPackets> found;
  std::error_code none;
  for (fs::directory_iterator entry(trace / "index", none), end; !none && entry != end; entry.increment(none)) {
    const fs::path stream = trace / entry->path().stem();
    if (entry->path().extension() != ".idx" || !fs::is_regular_file(stream, none)) continue;
    if (auto missing = missingPackets(stream, entry->path())) found.push_back(std::move(*missing));
  }
  return found;
}

std::vector<fs::path> streamFiles(const fs::path& trace) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(trace, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name != "metadata" && !name.starts_with('.') && entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) throw Error(fmt::format("{}: cannot be listed: {}", trace.string(), error.message()));
  std::ranges::sort(files);
  return files;
}

std::unique_ptr<RepairedCtf> RepairedCtf::without(const std::vector<BadPacket>& bad, const fs::path& trace) {
  std::unique_ptr<RepairedCtf> repaired(new RepairedCtf());
  fs::create_symlink(fs::absolute(trace / "metadata"), repaired->path() / "metadata");
  for (const fs::path& file : streamFiles(trace)) {
    const auto found =
        std::ranges::find_if(bad, [&](const BadPacket& each) { return each.file.filename() == file.filename(); });
    const fs::path target = repaired->path() / file.filename();
    if (found == bad.end()) {
      fs::create_symlink(fs::absolute(file), target);
      continue;
    }
    repaired->m_damages.push_back(fmt::format("stream file {} is damaged at byte {}: {}; what follows was not read",
                                              file.filename().string(), found->offset, found->what));
    if (found->offset == 0) continue;
    fs::copy_file(file, target);
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
    fs::resize_file(target, found->offset);
  }
  return repaired;
}

std::unique_ptr<RepairedCtf> RepairedCtf::make(const fs::path& trace) {
  std::vector<std::pair<fs::path, CutPacket>> cuts;
  std::vector<fs::path> whole;
  for (const fs::directory_entry& entry : fs::directory_iterator(trace)) {
    if (!entry.is_regular_file()) continue;
    const auto cut = entry.path().filename() == "metadata" ? std::nullopt : findCut(entry.path());
    if (cut)
      cuts.emplace_back(entry.path(), *cut);
    else
      whole.push_back(entry.path());
  }
  if (cuts.empty()) return nullptr;
  std::unique_ptr<RepairedCtf> repaired(new RepairedCtf());
  for (const fs::path& file : whole) fs::create_symlink(fs::absolute(file), repaired->path() / file.filename());
  for (const auto& [file, cut] : cuts) {
    writeShortened(file, repaired->path() / file.filename(), cut);
    repaired->m_damages.push_back(
        fmt::format("stream file {} breaks off inside a packet{}", file.filename().string(),
                    cut.missing == 0 ? std::string() : fmt::format(" ({} bytes are missing)", cut.missing)));
  }
  return repaired;
}

}  // namespace descry
