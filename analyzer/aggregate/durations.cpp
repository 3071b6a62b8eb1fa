// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/durations.hpp"

#include <algorithm>

#include "schemas/store/rows.hpp"

namespace descry {

namespace {

template <typename Value>
Value nth(std::vector<Value>& values, std::uint64_t rank) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

void Durations::keep(Ns ns) {
  if (m_count > m_limit || (m_budget != nullptr && m_budget->left == 0)) {
    giveUp();
    m_histogram->add(ns);
    return;
  }
  if (m_budget != nullptr) --m_budget->left;
  if (ns < 0)
    m_below.push_back(ns);
  else if (ns >= kLarge)
    m_above.push_back(ns);
  else
    m_values.push_back(static_cast<std::uint32_t>(ns));
}

void Durations::giveUp() {
  m_histogram = std::make_unique<Histogram>();
  for (const std::uint32_t ns : m_values) m_histogram->add(static_cast<Ns>(ns));
  for (const auto* rare : {&m_below, &m_above})
    for (const Ns ns : *rare) m_histogram->add(ns);
  if (m_budget != nullptr) m_budget->left += m_values.size() + m_below.size() + m_above.size();
  m_values = {};
  m_below = m_above = {};
}

Ns Durations::valueAt(std::uint64_t rank) {
  if (m_histogram != nullptr) return m_histogram->valueAt(rank);
  if (rank < m_below.size()) return nth(m_below, rank);
  rank -= m_below.size();
  if (rank < m_values.size()) return static_cast<Ns>(nth(m_values, rank));
  return nth(m_above, rank - m_values.size());
}

Ns Durations::median() {
  return m_count == 0 ? kUnseen : valueAt((m_count - 1) / 2);
}

}  // namespace descry
