// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/cause_spans.hpp"

#include <algorithm>

namespace descry {

std::size_t CauseSpans::carve(std::size_t index, Ns begin, Ns end, Cause cause) {
  const auto insert = [&](std::size_t at, Ns from, Ns to) {
    CauseSpan rest = m_spans[index];
    rest.begin = from;
    rest.end = to;
    m_spans.insert(m_spans.begin() + static_cast<std::ptrdiff_t>(at), rest);
    m_claimed.insert(m_claimed.begin() + static_cast<std::ptrdiff_t>(at), false);
  };
  if (end < m_spans[index].end) insert(index + 1, end, m_spans[index].end);
  if (m_spans[index].begin < begin) {
    insert(index, m_spans[index].begin, begin);
    ++index;
  }
  m_spans[index].begin = begin;
  m_spans[index].end = end;
  m_spans[index].cause = cause;
  m_claimed[index] = true;
  return index;
}

void CauseSpans::claim(Ns begin, Ns end, Cause cause, bool induced) {
  for (std::size_t i = 0; i < m_spans.size(); ++i) {
    if (!isFree(i, begin, end)) continue;
    i = carve(i, std::max(begin, m_spans[i].begin), std::min(end, m_spans[i].end), cause);
    m_spans[i].induced = induced;
  }
}

void CauseSpans::claimSomewhere(Ns begin, Ns end, Cause cause, Ns ns, Place place) {
  // Carving shifts what follows, so each round looks for the first or last free span again.
  while (ns > 0) {
    std::size_t found = m_spans.size();
    for (std::size_t i = 0; i < m_spans.size(); ++i) {
      if (!isFree(i, begin, end)) continue;
      found = i;
      if (place == Place::First) break;
    }
    if (found == m_spans.size()) return;
    const CauseSpan& span = m_spans[found];
    const Ns taken = std::min(ns, span.length());
    const Ns from = place == Place::First ? span.begin : span.end - taken;
    m_spans[carve(found, from, from + taken, cause)].somewhere = true;
    ns -= taken;
  }
}

}  // namespace descry
