// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace descry {

/// Writes a Perfetto trace: a row of packets, each a protobuf message
/// (https://perfetto.dev/docs/reference/trace-packet-proto). Tracks first, then what is on them; times are ns, not
/// negative. What is written about one track at the same time stays in the order of the calls.
class PerfettoPackets {
 public:
  using Track = std::uint64_t;
  using Note = std::pair<std::string, std::variant<std::int64_t, std::string>>;

  /// A slice or an instant, with what is shown when it is selected.
  struct Event {
    std::string name;
    std::vector<Note> notes;
    std::vector<std::uint64_t> flows;        ///< arrows through all slices with the same number, in the order of time
    std::vector<std::uint64_t> endingFlows;  ///< the arrow ends here
  };

  explicit PerfettoPackets(std::ostream& out);

  /// What other tracks stand under, as a process does there. `number`: any that no other group has, above 0.
  Track group(std::int64_t number, std::string_view name);
  Track track(Track parent, std::string_view name);
  Track counter(Track parent, std::string_view name);

  void begin(Track track, std::int64_t ns, const Event& event);
  void end(Track track, std::int64_t ns);
  void instant(Track track, std::int64_t ns, const Event& event);
  void count(Track track, std::int64_t ns, std::int64_t value);

 private:
  void packet(const std::string& content);
  /// A new track with these fields besides its number.
  Track describe(const std::string& fields);
  void write(unsigned type, Track track, std::int64_t ns, const std::string& fields);

  std::ostream& m_out;
  Track m_last = 0;
  bool m_first = true;
};

}  // namespace descry
