// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/source/reader/source_format.hpp"

namespace descry {

/// The text of /sys/kernel/tracing/trace, trace_pipe or `trace-cmd report`.
bool looksLikeFtraceText(const std::filesystem::path& path);
std::unique_ptr<Source> openFtraceText(const std::filesystem::path& path, CtfReader reader);
/// Reads the text as a whole, because nothing shorter says which queues it is about.
std::optional<Piece> ftraceTextPiece(const std::filesystem::path& path);
/// Texts of one recording, such as the files of per_cpu/. A line that several texts hold comes once.
std::unique_ptr<Source> openFtraceTexts(const std::vector<std::filesystem::path>& pieces, CtfReader reader);
/// The same for text that is already in memory; `info` says where it comes from.
std::unique_ptr<Source> readFtraceText(std::string text, TraceInfo info);

inline constexpr SourceFormat kFtraceTextFormat = {
    "ftrace_text",       "the text of /sys/kernel/tracing/trace or `trace-cmd report`",
    looksLikeFtraceText, openFtraceText,
    ftraceTextPiece,     openFtraceTexts};

}  // namespace descry
