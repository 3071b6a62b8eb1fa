// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <babeltrace2/babeltrace.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

namespace descry {

template <auto Release>
struct BtRelease {
  template <typename T>
  void operator()(T* object) const noexcept {
    Release(object);
  }
};

using BtGraph = std::unique_ptr<bt_graph, BtRelease<bt_graph_put_ref>>;
using BtPlugin = std::unique_ptr<const bt_plugin, BtRelease<bt_plugin_put_ref>>;
using BtValue = std::unique_ptr<bt_value, BtRelease<bt_value_put_ref>>;
using BtConstValue = std::unique_ptr<const bt_value, BtRelease<bt_value_put_ref>>;
using BtIterator = std::unique_ptr<bt_message_iterator, BtRelease<bt_message_iterator_put_ref>>;
using BtSinkClass = std::unique_ptr<bt_component_class_sink, BtRelease<bt_component_class_sink_put_ref>>;
using BtQuery = std::unique_ptr<bt_query_executor, BtRelease<bt_query_executor_put_ref>>;

/// Takes the calling thread's Babeltrace error, which must not stay behind, and says in one line what happened. Empty
/// when there is none.
inline std::string takeBtError() {
  const bt_error* error = bt_current_thread_take_error();
  if (error == nullptr) return {};
  std::string text;
  const std::uint64_t causes = bt_error_get_cause_count(error);
  for (std::uint64_t i = 0; i < causes && i < 2; ++i) {
    std::string cause = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, i));
    // The objects' addresses and states behind the sentence help no reader.
    if (const std::size_t details = cause.find("-addr="); details != std::string::npos)
      cause.resize(std::min(details, cause.rfind(": ", details)));
    while (!cause.empty() && (cause.back() == '.' || cause.back() == '\n')) cause.pop_back();
    text += (text.empty() ? "" : "; ") + cause;
  }
  bt_error_release(error);
  return text.empty() ? "unknown error" : text;
}

}  // namespace descry
