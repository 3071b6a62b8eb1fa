// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "collector/source/ctf/babeltrace/bt_handles.hpp"

namespace descry {

/// One Babeltrace graph over one trace: source.ctf.fs and our own sink with one message iterator per data stream, so
/// that streams are merged on their own clock by us and a stream that breaks off does not end the others.
class CtfGraph {
 public:
  /// Reads from the iterators; runs inside the sink.
  class Consumer {
   public:
    virtual ~Consumer() = default;
    /// Called once, before the first consume().
    virtual void start(std::vector<BtIterator> iterators) = 0;
    /// False when there is nothing left. May throw.
    virtual bool consume() = 0;
  };

  /// Throws Error with Babeltrace's reason when the trace cannot be opened.
  /// `given` is the trace's path in messages.
  CtfGraph(const std::filesystem::path& trace, const std::filesystem::path& given, Consumer& consumer);

  /// Lets the consumer consume once. False at the end; rethrows what the consumer threw.
  bool runOnce();
  /// First and last time in the trace in ns since the Epoch, from its packets; nothing when they do not say.
  std::optional<std::pair<std::int64_t, std::int64_t>> timeRange() const { return m_range; }

 private:
  static bt_component_class_initialize_method_status initialize(bt_self_component_sink* self,
                                                                bt_self_component_sink_configuration* configuration,
                                                                const bt_value* parameters, void* data) noexcept;
  static bt_component_class_sink_graph_is_configured_method_status configured(bt_self_component_sink* self) noexcept;
  static bt_component_class_sink_consume_method_status consume(bt_self_component_sink* self) noexcept;

  void build(const std::filesystem::path& trace, const std::filesystem::path& given);
  void connect(const bt_component_source* source);
  void queryTimeRange(const bt_component_class_source* sourceClass, const bt_value* parameters);

  Consumer& m_consumer;
  std::uint64_t m_ports = 0;
  std::exception_ptr m_failure;  ///< exceptions do not cross Babeltrace: kept here on the way through
  std::optional<std::pair<std::int64_t, std::int64_t>> m_range;
  BtPlugin m_plugin;
  BtSinkClass m_sinkClass;
  BtGraph m_graph;
};

}  // namespace descry
