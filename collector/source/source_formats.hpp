// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "collector/source/source.hpp"

namespace descry {

/// ctf.cpp: a directory with a file `metadata`.
bool looksLikeCtf(const std::filesystem::path& path);
std::unique_ptr<Source> openCtf(const std::filesystem::path& path);

/// trace_dat.cpp: a file written by trace-cmd.
bool looksLikeTraceDat(const std::filesystem::path& path);
std::unique_ptr<Source> openTraceDat(const std::filesystem::path& path);

/// ftrace_text.cpp: the text of /sys/kernel/tracing/trace, trace_pipe or `trace-cmd report`.
bool looksLikeFtraceText(const std::filesystem::path& path);
std::unique_ptr<Source> openFtraceText(const std::filesystem::path& path);
/// The same for text that is already in memory; `info` says where it comes from.
std::unique_ptr<Source> readFtraceText(std::string text, TraceInfo info);

/// For an event whose time is before that of the event handed on before it, within one CPU's own stream: reports it and
/// gives the time to use, because batches are in time order.
Ns turnBack(Ns ns, Ns last, Batch& batch);

/// The first `bytes` bytes of a file; fewer if it is shorter. Empty when it cannot be read.
std::string firstBytes(const std::filesystem::path& file, std::size_t bytes);

/// Events per batch: large enough to amortise hand-over, small enough to stay in the cache.
inline constexpr std::size_t kBatchEvents = 8192;

}  // namespace descry
