// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace descry::simulate {

/// A translation table with a limit: the oldest entry goes first, and a page that was answered twice is there twice
/// (both as in the kernel's vhost). Entries cover one page each.
class Iotlb {
 public:
  Iotlb(std::size_t entries, std::uint64_t pageBytes) : m_limit(entries), m_pageBytes(pageBytes) {}

  std::uint64_t pageOf(std::uint64_t iova) const { return iova / m_pageBytes * m_pageBytes; }
  std::uint64_t pageBytes() const { return m_pageBytes; }
  bool has(std::uint64_t iova) const { return m_pages.contains(pageOf(iova)); }
  void add(std::uint64_t iova) {
    if (m_oldestFirst.size() >= m_limit) retire(m_oldestFirst.front());
    m_oldestFirst.push_back(pageOf(iova));
    ++m_pages[pageOf(iova)];
  }
  void remove(std::uint64_t iova) {
    while (has(iova)) retire(pageOf(iova));
  }

 private:
  void retire(std::uint64_t page) {
    for (auto at = m_oldestFirst.begin(); at != m_oldestFirst.end(); ++at) {
      if (*at != page) continue;
      m_oldestFirst.erase(at);
      break;
    }
    if (const auto found = m_pages.find(page); --found->second == 0) m_pages.erase(found);
  }

  std::size_t m_limit;
  std::uint64_t m_pageBytes;
  std::deque<std::uint64_t> m_oldestFirst;
  std::unordered_map<std::uint64_t, std::size_t> m_pages;
};

}  // namespace descry::simulate
