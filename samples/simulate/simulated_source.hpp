// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/event/source.hpp"
#include "samples/simulate/capture.hpp"

namespace descry::simulate {

/// Delivers a simulated capture as any trace is delivered: in batches, with its losses where they happened.
class SimulatedSource final : public Source {
 public:
  /// `capture` must outlive the source.
  explicit SimulatedSource(const Capture& capture, std::size_t batchEvents = 2048);

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override;

 private:
  const Capture& m_capture;
  TraceInfo m_info;
  std::size_t m_batchEvents, m_next = 0, m_nextLoss = 0, m_others = 0;
};

}  // namespace descry::simulate
