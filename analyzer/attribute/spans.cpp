// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/spans.hpp"

#include <algorithm>

namespace descry {

namespace {

/// The first phase that begins at a point, counted along the life; points that begin none share the next one's.
constexpr std::array<Phase, kPoints> kPhaseFrom = {
    Phase::Prepare,   // Q
    Phase::Publish,   // M
    Phase::Doorbell,  // A
    Phase::Exit,      // K
    Phase::Wakeup,    // n
    Phase::Wakeup,    // k
    Phase::Wait,      // w
    Phase::Stall,     // t
    Phase::Service,   // f
    Phase::Report,    // p
    Phase::Signal,    // u
    Phase::Inject,    // s
    Phase::Reap,      // I
    Phase::Finish,    // D
    Phase::Finish,    // R
    Phase::Finish,    // C
};

std::uint32_t phasesBetween(Point from, Point to) {
  const auto begin = static_cast<unsigned>(kPhaseFrom[static_cast<std::size_t>(from)]);
  // R and C end what began before them.
  const unsigned end =
      to >= Point::R ? static_cast<unsigned>(kPhases) : static_cast<unsigned>(kPhaseFrom[static_cast<std::size_t>(to)]);
  std::uint32_t bits = 0;
  for (unsigned phase = begin; phase < end; ++phase) bits |= 1U << phase;
  return bits != 0 ? bits : 1U << begin;
}

}  // namespace

Claims::Claims(const ChainLife& life) {
  Ns last = life.start;
  Point from = life.count > 0 ? life.stops[0].point : Point::Q;
  for (std::size_t i = 0; i < life.count; ++i) {
    const ChainLife::Stop& stop = life.stops[i];
    if (stop.at > last) {
      m_spans[m_count++] = {phasesBetween(from, stop.point), last, stop.at, stop.at - last};
      last = stop.at;
    }
    from = stop.point;
  }
  if (life.end > last) m_spans[m_count++] = {phasesBetween(from, Point::C), last, life.end, life.end - last};
}

Ns Claims::claim(Span& span, Cause cause, Ns ns) {
  const Ns taken = std::clamp<Ns>(ns, 0, span.left);
  span.left -= taken;
  m_claimed[static_cast<std::size_t>(cause)] += taken;
  return taken;
}

Ns Claims::left() const {
  Ns sum = 0;
  for (std::size_t i = 0; i < m_count; ++i) sum += m_spans[i].left;
  return sum;
}

}  // namespace descry
