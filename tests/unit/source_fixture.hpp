// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "collector/decode/decoders.hpp"
#include "collector/source/sources.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

/// A directory of its own for one process; removed at its end.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (fs::temp_directory_path() / "descry-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    m_path = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
  }
  const fs::path& path() const { return m_path; }

 private:
  fs::path m_path;
};

inline const fs::path& scratch() {
  static const ScratchDirectory directory;
  return directory.path();
}

inline void unpack(const fs::path& archive, const fs::path& into) {
  fs::create_directories(into);
  const std::string command = "tar --zstd -xf '" + archive.string() + "' -C '" + into.string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

/// The unpacked capture: host/, guest/. Belongs to this process, so a test may damage a copy of it.
inline fs::path capture(const std::string& name) {
  const fs::path into = scratch() / name;
  if (!fs::exists(into)) unpack(fs::path(DESCRY_SOURCE_DIR) / "samples/traces" / name / "traces.tar.zst", into);
  return into;
}

inline fs::path copyOf(const fs::path& original, const std::string& name) {
  const fs::path copy = scratch() / name;
  fs::remove_all(copy);
  fs::create_directories(copy.parent_path());
  fs::copy(original, copy, fs::copy_options::recursive);
  return copy;
}

inline void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// Computed from the text of trace-cmd and babeltrace2, see samples/traces.
inline nlohmann::json truthOf(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(fs::path(DESCRY_SOURCE_DIR) / "samples/traces" / name / "truth.json"));
}

/// A whole trace in memory.
struct Decoded {
  std::vector<Event> events;
  std::vector<std::string> texts;  ///< per event; empty: none
  std::vector<Record> records;
  std::vector<LossRange> losses;
  std::vector<SourceAnomaly> anomalies;
  TraceInfo info;

  std::size_t count(EventKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const Event& event) { return event.kind == kind; }));
  }
  const Event& first(EventKind kind) const {
    return *std::find_if(events.begin(), events.end(), [&](const Event& event) { return event.kind == kind; });
  }
  std::int64_t lost() const {
    std::int64_t sum = 0;
    for (const LossRange& loss : losses) sum += loss.count;
    return sum;
  }
};

inline Decoded decode(const fs::path& trace, CtfReader reader = CtfReader::Auto) {
  Decoded all;
  const std::unique_ptr<Source> source = openSource(trace, reader);
  for (Batch batch; source->read(batch);) {
    for (const Event& event : batch.events) {
      all.events.push_back(event);
      all.texts.push_back(event.text == 0 ? std::string() : batch.texts.at(event.text - 1));
    }
    all.records.insert(all.records.end(), batch.records.begin(), batch.records.end());
    all.losses.insert(all.losses.end(), batch.losses.begin(), batch.losses.end());
    all.anomalies.insert(all.anomalies.end(), batch.anomalies.begin(), batch.anomalies.end());
  }
  all.info = source->info();
  return all;
}

/// How often each event name fired, without its group, as truth.json counts.
inline std::map<std::string, std::int64_t> firedByName(const TraceInfo& info) {
  std::map<std::string, std::int64_t> fired;
  for (const auto& [name, count] : info.counts)
    if (count.count > 0) fired[name.substr(name.find(':') + 1)] += count.count;
  return fired;
}

/// The message of the Error that opening or reading `trace` ends with; empty when there is none.
inline std::string errorOf(const fs::path& trace) {
  try {
    decode(trace);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

inline void expectSorted(const Decoded& decoded) {
  for (std::size_t i = 1; i < decoded.events.size(); ++i)
    ASSERT_LE(decoded.events[i - 1].ns, decoded.events[i].ns) << "event " << i;
}

/// What the trace holds equals what the independent count says.
inline void expectTruth(const Decoded& decoded, const nlohmann::json& side) {
  EXPECT_EQ(firedByName(decoded.info), (side["event_counts"].get<std::map<std::string, std::int64_t>>()));
  EXPECT_EQ(decoded.info.first, side["first_ns"].get<Ns>());
  EXPECT_EQ(decoded.info.last, side["last_ns"].get<Ns>());
  EXPECT_EQ(decoded.lost(), side["lost_events"].get<std::int64_t>());
  EXPECT_TRUE(decoded.anomalies.empty()) << decoded.anomalies.front().detail;
  for (const auto& [name, count] : decoded.info.counts)
    EXPECT_TRUE(count.count == 0 || count.kind.has_value()) << name << " is not known";
  expectSorted(decoded);
}

}  // namespace descry
