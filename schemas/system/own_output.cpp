// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/own_output.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace descry {

namespace {

std::string beginningOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 16384> bytes{};
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(file.gcount())};
}

/// How an output begins, and a word soon after that no other program is likely to write.
struct Mark {
  std::string_view format, start, word;
};

// Text, CSV and PDF carry no mark: nothing tells a report from somebody's notes.
constexpr std::array kMarks = {
    Mark{"html", "<!DOCTYPE html>\n", "<meta name=\"generator\" content=\"Descry\">"},
    Mark{"markdown", "# Descry report of ", ""},
    Mark{"junit", "<?xml ", "classname=\"descry"},
    Mark{"junit", "<?xml ", "<testsuite name=\"descry check\""},
    Mark{"json", "{\n  \"schema_version\": ", "\"name\": \"descry\""},  // report
    Mark{"json", "{\n  \"schema_version\": ", "\n  \"cases\": ["},      // index of a batch
    Mark{"json", "{\n  \"base\": ", "\n  \"base_damaged\": "},          // diff
    Mark{"json", "{\n  \"database\": ", "\n  \"changes\": ["},          // whatif
    Mark{"json", "{\n  \"database\": ", "\n  \"baseline\": "},          // check
    Mark{"png", "\x89PNG\r\n", ""},
    Mark{"svg", "<?xml ", "<svg"},
};

}  // namespace

bool isOwnOutput(const std::filesystem::path& path, std::string_view format) {
  const std::string text = beginningOf(path);
  return std::ranges::any_of(kMarks, [&](const Mark& mark) {
    return mark.format == format && text.starts_with(mark.start) && text.find(mark.word) != std::string::npos;
  });
}

}  // namespace descry
