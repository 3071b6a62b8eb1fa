// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/ring_reader.hpp"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "collector/decode/descry_records.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {
/// No probe takes this long between looking at the clock and getting its place in the ring.
constexpr std::uint64_t kLongestSwap = 1'000'000;
}  // namespace

RingReader::RingReader(int mapFd, bool inOrder, ProbeSet::Take take) : m_inOrder(inOrder), m_take(std::move(take)) {
  m_ring = ring_buffer__new(mapFd, add, this, nullptr);
  if (m_ring == nullptr) throw Error(std::string("the BPF ring buffer cannot be read: ") + std::strerror(errno));
}

RingReader::~RingReader() {
  ring_buffer__free(m_ring);
}

/// The probes may put several records of a type into one piece of the ring, which is rounded up to words.
int RingReader::add(void* self, void* data, std::size_t size) {
  auto& reader = *static_cast<RingReader*>(self);
  const auto* first = static_cast<const std::byte*>(data);
  const std::size_t bytes = recordBytes(first), count = size / bytes;
  reader.m_count += count;
  if (!reader.m_inOrder) {
    reader.m_take({first, count, bytes});
    return 0;
  }
  for (std::size_t at = 0; at < count; ++at) reader.keep(std::span(first + at * bytes, bytes));
  return 0;
}

void RingReader::keep(std::span<const std::byte> record) {
  const std::uint64_t ns = structureAt<DescryHeader>(record.data()).ns;
  m_waiting.push_back({ns, m_bytes.size(), record.size()});
  m_bytes.insert(m_bytes.end(), record.begin(), record.end());
  m_newest = std::max(m_newest, ns);
}

std::size_t RingReader::consume() {
  m_count = 0;
  ring_buffer__consume(m_ring);
  if (m_count == 0)
    flush();  // nothing came for a whole round: nothing older can come
  else if (m_newest > kLongestSwap)
    handOver(m_newest - kLongestSwap);
  return m_count;
}

void RingReader::flush() {
  handOver(m_newest);
}

void RingReader::handOver(std::uint64_t until) {
  std::ranges::stable_sort(m_waiting, {}, &Waiting::ns);
  std::size_t done = 0;
  for (; done < m_waiting.size() && m_waiting[done].ns <= until; ++done)
    m_take({&m_bytes[m_waiting[done].offset], 1, m_waiting[done].bytes});
  m_waiting.erase(m_waiting.begin(), m_waiting.begin() + static_cast<std::ptrdiff_t>(done));
  if (m_waiting.empty()) {
    m_bytes.clear();
    return;
  }
  // What is left is little; it moves to the front.
  std::vector<std::byte> rest;
  for (Waiting& waiting : m_waiting) {
    const auto from = m_bytes.begin() + static_cast<std::ptrdiff_t>(waiting.offset);
    waiting.offset = rest.size();
    rest.insert(rest.end(), from, from + static_cast<std::ptrdiff_t>(waiting.bytes));
  }
  m_bytes = std::move(rest);
}

}  // namespace descry
