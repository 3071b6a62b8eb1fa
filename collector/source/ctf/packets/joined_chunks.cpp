// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/joined_chunks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "collector/decode/event_types.hpp"
#include "collector/source/ctf/files/ctf_metadata.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packet_stream.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

struct Place {
  std::size_t file = 0;  ///< in m_files
  std::uint64_t offset = 0, size = 0;
  CtfPacket packet;

  auto order() const {
    return std::tuple(packet.beginCycles, packet.endCycles, packet.sequence.value_or(0), size, file, offset);
  }
  bool sameAs(const Place& other) const {
    return packet.beginCycles == other.packet.beginCycles && packet.endCycles == other.packet.endCycles &&
           packet.sequence == other.packet.sequence && packet.contentBits == other.packet.contentBits &&
           file != other.file;
  }
};

using StreamKey = std::pair<std::uint64_t, std::uint64_t>;  ///< class and instance

class Chunks {
 public:
  explicit Chunks(const std::vector<fs::path>& chunks) : m_layout(m_types, newestMetadata(chunks)) {
    for (const fs::path& chunk : chunks) {
      if (!findMissingPackets(chunk).empty()) throw NotUnderstood(chunk.string() + ": packets are missing");
      for (const fs::path& name : streamFiles(chunk)) survey(name);
    }
  }

  void write(const fs::path& folder) {
    fs::create_symlink(fs::absolute(m_metadata), folder / "metadata");
    std::size_t number = 0;
    for (auto& [key, places] : m_streams) {
      std::ranges::sort(places, {}, &Place::order);
      const std::size_t before = places.size();
      places.erase(
          std::unique(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.sameAs(b); }),
          places.end());
      const fs::path target = folder / fmt::format("{:04}", number++);
      if (places.size() == before && isInOrder(places))
        link(places, target);
      else
        copy(places, target);
    }
  }

 private:
  /// A later chunk knows all events of the earlier ones.
  TsdlTrace newestMetadata(const std::vector<fs::path>& chunks) {
    std::string newest;
    for (const fs::path& chunk : chunks) {
      checkCtfMetadata(chunk);
      std::string text = readCtfMetadata(chunk);
      if (text.size() <= newest.size()) continue;
      newest = std::move(text);
      m_metadata = chunk / "metadata";
    }
    return parseTsdl(newest);
  }

  void survey(const fs::path& name) {
    const StreamFile& file = m_files.emplace_back(name);
    if (file.size() == 0) return;
    surveyPackets(m_layout, file, [&](std::uint64_t offset, const CtfPacket& packet) {
      if (!packet.instance) throw NotUnderstood(name.string() + ": a stream without a number");
      m_streams[{packet.stream, *packet.instance}].push_back(
          {m_files.size() - 1, offset, packet.packetBits / 8, packet});
    });
  }

  static bool isInOrder(const std::vector<Place>& places) {
    for (std::size_t i = 1; i < places.size(); ++i) {
      const Place &last = places[i - 1], &next = places[i];
      if (next.file == last.file ? next.offset != last.offset + last.size : next.offset != 0) return false;
    }
    return true;
  }

  void link(const std::vector<Place>& places, const fs::path& target) const {
    std::size_t part = 0;
    for (const Place& place : places)
      if (place.offset == 0)
        fs::create_symlink(fs::absolute(m_files[place.file].path()), fmt::format("{}-{:04}", target.string(), part++));
  }

  void copy(const std::vector<Place>& places, const fs::path& target) const {
    std::ofstream out(target, std::ios::binary);
    std::vector<std::uint8_t> bytes;
    for (const Place& place : places) {
      bytes.resize(place.size);
      if (m_files[place.file].read(place.offset, bytes.data(), place.size) != place.size)
        throw NotUnderstood(m_files[place.file].path().string() + ": became shorter while it was read");
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(place.size));
    }
    if (!out.flush()) throw Error(fmt::format("{}: cannot write", target.string()));
  }

  EventTypes m_types;
  fs::path m_metadata;
  TraceLayout m_layout;
  std::vector<StreamFile> m_files;
  std::map<StreamKey, std::vector<Place>> m_streams;
};

}  // namespace

std::unique_ptr<TemporaryFolder> joinChunks(const std::vector<fs::path>& chunks) {
  Chunks found(chunks);
  auto folder = std::make_unique<TemporaryFolder>("ctf");
  found.write(folder->path());
  return folder;
}

}  // namespace descry
