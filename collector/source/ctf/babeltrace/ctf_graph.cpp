// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/babeltrace/ctf_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "collector/source/reader/library_leaks.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

std::string portName(std::uint64_t index) {
  return fmt::format("in{}", index);
}

BtValue sourceParameters(const std::filesystem::path& trace) {
  BtValue parameters(bt_value_map_create());
  bt_value* inputs = nullptr;
  if (!parameters ||
      bt_value_map_insert_empty_array_entry(parameters.get(), "inputs", &inputs) !=
          BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK ||
      bt_value_array_append_string_element(inputs, trace.c_str()) != BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK)
    throw Error(fmt::format("{}: Babeltrace: {}", trace.string(), takeBtError()));
  return parameters;
}

const bt_value* entryOf(const bt_value* map, const char* key) {
  return map != nullptr && bt_value_is_map(map) ? bt_value_map_borrow_entry_value_const(map, key) : nullptr;
}

}  // namespace

CtfGraph::CtfGraph(const std::filesystem::path& trace, const std::filesystem::path& given, Consumer& consumer)
    : m_consumer(consumer) {
  bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
  build(trace, given);
}

void CtfGraph::build(const std::filesystem::path& trace, const std::filesystem::path& given) {
  const auto fail = [&](std::string_view what) {
    throw Error(fmt::format("{}: {}: {}", given.string(), what, takeBtError()));
  };
  const bt_plugin* plugin = nullptr;
  // Neither BABELTRACE_PLUGIN_PATH nor HOME: with sudo they are those of a user, whose plugin would then run as root.
  if (bt_plugin_find("ctf", BT_FALSE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin) != BT_PLUGIN_FIND_STATUS_OK)
    fail("Babeltrace's ctf plugin is missing");
  m_plugin.reset(plugin);
  const auto* sourceClass = bt_plugin_borrow_source_component_class_by_name_const(plugin, "fs");
  if (sourceClass == nullptr) fail("Babeltrace's source.ctf.fs is missing");

  m_graph.reset(bt_graph_create(0));
  if (!m_graph) fail("Babeltrace cannot make a graph");
  const BtValue parameters = sourceParameters(trace);
  const bt_component_source* source = nullptr;
  const LibraryLeaks ignored;
  if (bt_graph_add_source_component(m_graph.get(), sourceClass, "trace", parameters.get(), BT_LOGGING_LEVEL_NONE,
                                    &source) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
    fail("Babeltrace cannot read this CTF trace");
  m_ports = bt_component_source_get_output_port_count(source);
  if (m_ports == 0)
    throw Error(
        fmt::format("{}: a CTF trace without a data stream: nothing was recorded, or the stream files next to its "
                    "`metadata` are missing or empty",
                    given.string()));
  connect(source);
  queryTimeRange(sourceClass, parameters.get());
}

void CtfGraph::connect(const bt_component_source* source) {
  m_sinkClass.reset(bt_component_class_sink_create("descry", &CtfGraph::consume));
  if (!m_sinkClass ||
      bt_component_class_sink_set_initialize_method(m_sinkClass.get(), &CtfGraph::initialize) !=
          BT_COMPONENT_CLASS_SET_METHOD_STATUS_OK ||
      bt_component_class_sink_set_graph_is_configured_method(m_sinkClass.get(), &CtfGraph::configured) !=
          BT_COMPONENT_CLASS_SET_METHOD_STATUS_OK)
    throw Error(fmt::format("Babeltrace: {}", takeBtError()));
  const bt_component_sink* sink = nullptr;
  if (bt_graph_add_sink_component_with_initialize_method_data(m_graph.get(), m_sinkClass.get(), "merge", nullptr, this,
                                                              BT_LOGGING_LEVEL_NONE,
                                                              &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
    throw Error(fmt::format("Babeltrace: {}", takeBtError()));
  for (std::uint64_t i = 0; i < m_ports; ++i) {
    const auto status =
        bt_graph_connect_ports(m_graph.get(), bt_component_source_borrow_output_port_by_index_const(source, i),
                               bt_component_sink_borrow_input_port_by_index_const(sink, i), nullptr);
    if (status != BT_GRAPH_CONNECT_PORTS_STATUS_OK) throw Error(fmt::format("Babeltrace: {}", takeBtError()));
  }
}

void CtfGraph::queryTimeRange(const bt_component_class_source* sourceClass, const bt_value* parameters) {
  const bt_component_class* componentClass = bt_component_class_source_as_component_class_const(sourceClass);
  const BtQuery query(bt_query_executor_create(componentClass, "babeltrace.trace-infos", parameters));
  if (!query) return bt_error_release(bt_current_thread_take_error());
  const bt_value* answer = nullptr;
  if (bt_query_executor_query(query.get(), &answer) != BT_QUERY_EXECUTOR_QUERY_STATUS_OK) {
    takeBtError();  // progress only: the reading itself will say what is wrong
    return;
  }
  const BtConstValue traces(answer);
  const std::uint64_t traceCount = bt_value_is_array(answer) ? bt_value_array_get_length(answer) : 0;
  for (std::uint64_t i = 0; i < traceCount; ++i) {
    const bt_value* streams = entryOf(bt_value_array_borrow_element_by_index_const(answer, i), "stream-infos");
    const std::uint64_t count =
        streams != nullptr && bt_value_is_array(streams) ? bt_value_array_get_length(streams) : 0;
    for (std::uint64_t j = 0; j < count; ++j) {
      const bt_value* range = entryOf(bt_value_array_borrow_element_by_index_const(streams, j), "range-ns");
      const bt_value* begin = entryOf(range, "begin");
      const bt_value* end = entryOf(range, "end");
      if (begin == nullptr || end == nullptr) continue;
      const std::pair found{bt_value_integer_signed_get(begin), bt_value_integer_signed_get(end)};
      m_range =
          m_range ? std::pair{std::min(m_range->first, found.first), std::max(m_range->second, found.second)} : found;
    }
  }
}

bool CtfGraph::runOnce() {
  const bt_graph_run_once_status status = bt_graph_run_once(m_graph.get());
  if (m_failure) {
    bt_error_release(bt_current_thread_take_error());
    std::rethrow_exception(std::exchange(m_failure, nullptr));
  }
  if (status == BT_GRAPH_RUN_ONCE_STATUS_OK) return true;
  if (status == BT_GRAPH_RUN_ONCE_STATUS_END) return false;
  throw Error(fmt::format("Babeltrace: {}", takeBtError()));
}

bt_component_class_initialize_method_status CtfGraph::initialize(bt_self_component_sink* self,
                                                                 bt_self_component_sink_configuration*, const bt_value*,
                                                                 void* data) noexcept {
  auto* graph = static_cast<CtfGraph*>(data);
  bt_self_component_set_data(bt_self_component_sink_as_self_component(self), graph);
  try {
    for (std::uint64_t i = 0; i < graph->m_ports; ++i)
      if (bt_self_component_sink_add_input_port(self, portName(i).c_str(), nullptr, nullptr) !=
          BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
        return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
  } catch (...) {
    return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
  }
  return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

bt_component_class_sink_graph_is_configured_method_status CtfGraph::configured(bt_self_component_sink* self) noexcept {
  auto* graph = static_cast<CtfGraph*>(bt_self_component_get_data(bt_self_component_sink_as_self_component(self)));
  try {
    std::vector<BtIterator> iterators;
    for (std::uint64_t i = 0; i < graph->m_ports; ++i) {
      bt_message_iterator* iterator = nullptr;
      if (bt_message_iterator_create_from_sink_component(
              self, bt_self_component_sink_borrow_input_port_by_index(self, i), &iterator) !=
          BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
        return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
      iterators.emplace_back(iterator);
    }
    graph->m_consumer.start(std::move(iterators));
  } catch (...) {
    graph->m_failure = std::current_exception();
    return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
  }
  return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

bt_component_class_sink_consume_method_status CtfGraph::consume(bt_self_component_sink* self) noexcept {
  auto* graph = static_cast<CtfGraph*>(bt_self_component_get_data(bt_self_component_sink_as_self_component(self)));
  try {
    return graph->m_consumer.consume() ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK
                                       : BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
  } catch (...) {
    graph->m_failure = std::current_exception();
    return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
  }
}

}  // namespace descry
