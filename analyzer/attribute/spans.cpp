// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/spans.hpp"

#include <algorithm>
#include <bit>

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

constexpr std::array<const char*, kPhases> kPhaseNames = {"prepare", "publish", "doorbell", "exit",   "wakeup",
                                                          "wait",    "stall",   "service",  "report", "signal",
                                                          "inject",  "reap",    "finish"};

}  // namespace

std::uint32_t phasesBetween(Point from, Point to) {
  const auto begin = static_cast<unsigned>(kPhaseFrom[static_cast<std::size_t>(from)]);
  // R and C end what began before them.
  const unsigned end =
      to >= Point::R ? static_cast<unsigned>(kPhases) : static_cast<unsigned>(kPhaseFrom[static_cast<std::size_t>(to)]);
  std::uint32_t bits = 0;
  for (unsigned phase = begin; phase < end; ++phase) bits |= 1U << phase;
  return bits != 0 ? bits : 1U << begin;
}

std::string phasesText(std::uint32_t phases) {
  constexpr int kNamed = 3;
  std::string text;
  const char* last = "";
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    if ((phases & 1U << phase) == 0) continue;
    last = kPhaseNames[phase];
    if (std::popcount(phases) <= kNamed || text.empty()) text += (text.empty() ? "" : "+") + std::string(last);
  }
  return std::popcount(phases) <= kNamed ? text : text + " to " + last;
}

Claims::Claims(const ChainLife& life, CauseSpans* record) : m_record(record) {
  Ns last = life.start;
  Point from = life.count > 0 ? life.stops[0].point : Point::Q;
  const auto add = [&](Point to, Ns end) {
    m_spans[m_count++] = {phasesBetween(from, to), from, to, last, end, end - last};
    if (m_record != nullptr) m_record->open(last, end, from, to);
    last = end;
  };
  for (std::size_t i = 0; i < life.count; ++i) {
    const ChainLife::Stop& stop = life.stops[i];
    if (stop.at > last) add(stop.point, stop.at);
    from = stop.point;
  }
  if (life.end > last) add(Point::C, life.end);
}

Ns Claims::take(Span& span, Cause cause, Ns ns) {
  const Ns taken = std::clamp<Ns>(ns, 0, span.left);
  span.left -= taken;
  m_claimed[static_cast<std::size_t>(cause)] += taken;
  return taken;
}

Ns Claims::claim(Span& span, Cause cause, Ns ns, Place place) {
  const Ns taken = take(span, cause, ns);
  if (m_record != nullptr) m_record->claimSomewhere(span.begin, span.end, cause, taken, place);
  return taken;
}

void Claims::claimAll(Span& span, Cause cause) {
  take(span, cause, span.left);
  if (m_record != nullptr) m_record->claim(span.begin, span.end, cause, false);
}

void Claims::claimInduced(Span& span, const StallIndex& stalls, Ns shift) {
  m_induced += take(span, Cause::Iotlb, stalls.within(span.begin - shift, span.end - shift));
  if (m_record == nullptr) return;
  stalls.forEachWithin(span.begin - shift, span.end - shift,
                       [&](Ns begin, Ns end) { m_record->claim(begin + shift, end + shift, Cause::Iotlb, true); });
}

Ns Claims::left() const {
  Ns sum = 0;
  for (std::size_t i = 0; i < m_count; ++i) sum += m_spans[i].left;
  return sum;
}

}  // namespace descry
