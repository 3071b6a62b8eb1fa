// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/scaled_source.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace descry {

namespace {

class ScaledSource final : public Source {
 public:
  ScaledSource(std::unique_ptr<Source> source, std::int64_t khz) : m_source(std::move(source)), m_khz(khz) { update(); }

  bool read(Batch& batch) override {
    const bool more = m_source->read(batch);
    update();
    if (!m_source->info().ticks) return more;
    for (Event& event : batch.events) event.ns = scaled(event.ns);
    for (LossRange& loss : batch.losses) {
      loss.begin = scaled(loss.begin);
      loss.end = scaled(loss.end);
    }
    std::erase_if(batch.anomalies, [](const SourceAnomaly& anomaly) { return anomaly.kind == "clock-not-ns"; });
    for (SourceAnomaly& anomaly : batch.anomalies) anomaly.ns = scaled(anomaly.ns);
    return more;
  }
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override { return m_source->progress(); }

 private:
  /// long double has the 64 bits of a counter.
  Ns scaled(Ns ticks) const {
    return static_cast<Ns>(std::llround(static_cast<long double>(ticks) * 1e6L / static_cast<long double>(m_khz)));
  }

  void update() {
    m_info = m_source->info();
    if (!m_info.ticks) return;
    if (m_info.first) m_info.first = scaled(*m_info.first);
    if (m_info.last) m_info.last = scaled(*m_info.last);
    m_info.heard = {};
    for (const Ns ticks : m_source->info().heard.times()) m_info.heard.note(scaled(ticks));
    m_info.ticks = false;
    m_info.clock = fmt::format("{} at {} kHz", m_info.clock.value_or("a counter"), m_khz);
  }

  std::unique_ptr<Source> m_source;
  std::int64_t m_khz;
  TraceInfo m_info;
};

}  // namespace

std::unique_ptr<Source> inNanoseconds(std::unique_ptr<Source> source, std::int64_t khz) {
  return std::make_unique<ScaledSource>(std::move(source), khz);
}

}  // namespace descry
