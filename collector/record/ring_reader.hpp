// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "collector/record/probe_set.hpp"

struct ring_buffer;

namespace descry {

/// Reads a BPF ring buffer of records and hands them over. CPUs take the time of a record before they get their place
/// in the ring, so neighbours can be swapped: where the order of their times matters, records wait until later ones
/// are there.
class RingReader {
 public:
  RingReader(int mapFd, bool inOrder, ProbeSet::Take take);
  ~RingReader();
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  std::size_t consume();
  /// Hands over those that wait.
  void flush();

 private:
  static int add(void* self, void* data, std::size_t size);
  void keep(std::span<const std::byte> record);
  void handOver(std::uint64_t until);

  struct Waiting {
    std::uint64_t ns = 0;
    std::size_t offset = 0, bytes = 0;
  };
  ring_buffer* m_ring = nullptr;
  bool m_inOrder;
  ProbeSet::Take m_take;
  std::vector<std::byte> m_bytes;  ///< records that wait, one behind the other; their sizes are multiples of 8
  std::vector<Waiting> m_waiting;
  std::size_t m_count = 0;
  std::uint64_t m_newest = 0;
};

}  // namespace descry
