// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/system/temporary_folder.hpp"

namespace descry {

/// Looks at `trace`/metadata before Babeltrace does: throws Error for another version than 1.8 and 2, for an empty file
/// and for one that is cut (Babeltrace 2.0 reads a cut packetised metadata file for ever).
void checkCtfMetadata(const std::filesystem::path& trace);

/// The text of metadata that checkCtfMetadata() has passed, out of its packets if it has such; of CTF 2 in the language
/// of CTF 1.8.
std::string readCtfMetadata(const std::filesystem::path& trace);

/// For a CTF 2 trace: a folder with translated metadata and links to the stream files. Nothing for CTF 1.8.
std::unique_ptr<TemporaryFolder> translatedCtf(const std::filesystem::path& trace);

/// The files beside the metadata, in the order of their names.
std::vector<std::filesystem::path> streamFiles(const std::filesystem::path& trace);

/// Packets that LTTng's index lists and the end of their stream file lacks.
struct MissingPackets {
  std::string what;                               ///< in words
  std::uint64_t firstCycles = 0, lastCycles = 0;  ///< time they covered, in cycles of the trace's clock
  bool cutInside = false;                         ///< the file ends inside the first of them, not before it
};

/// Compares the stream files with their index; traces without an index have nothing to compare.
std::vector<MissingPackets> findMissingPackets(const std::filesystem::path& trace);

/// A packet that no reader must see.
struct BadPacket {
  std::filesystem::path file;
  std::uint64_t offset = 0;      ///< where it begins, bytes
  std::string what;              ///< in words
  std::uint64_t lastCycles = 0;  ///< when the packet before it ends, in cycles of the trace's clock; 0: none before
};

/// A copy of a trace in which the packets at the cut ends of its stream files are shortened to what is there, because
/// Babeltrace refuses the whole trace otherwise, or files end before a bad packet. Whole stream files are linked, not
/// copied. Removed when it goes.
class RepairedCtf {
 public:
  /// Nothing when no stream file is cut, or when its packets are not laid out as LTTng does.
  static std::unique_ptr<RepairedCtf> make(const std::filesystem::path& trace);
  /// A copy in which these files end before their bad packets. `bad` may name the files in another folder.
  static std::unique_ptr<RepairedCtf> without(const std::vector<BadPacket>& bad, const std::filesystem::path& trace);
  RepairedCtf(const RepairedCtf&) = delete;
  RepairedCtf& operator=(const RepairedCtf&) = delete;

  const std::filesystem::path& path() const { return m_folder.path(); }
  /// One sentence per cut stream file.
  const std::vector<std::string>& damages() const { return m_damages; }

 private:
  RepairedCtf() = default;

  TemporaryFolder m_folder{"ctf"};
  std::vector<std::string> m_damages;
};

}  // namespace descry
