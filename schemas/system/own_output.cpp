// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/own_output.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <utility>

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

// Text and CSV carry no mark: nothing tells a report from somebody's notes. A PDF carries one when WeasyPrint printed
// it.
using namespace std::literals;
constexpr std::array kMarks = {
    Mark{"html", "<!DOCTYPE html>\n", "<meta name=\"generator\" content=\"Descry\">"},
    Mark{"markdown", "# Descry report: ", ""},
    Mark{"markdown", "# Descry comparison: ", ""},
    Mark{"junit", "<?xml ", "classname=\"descry"},
    Mark{"junit", "<?xml ", "<testsuite name=\"descry check\""},
    Mark{"json", "{\n  \"schema_version\": ", "\"name\": \"descry\""},    // report
    Mark{"json", "{\n  \"schema_version\": ", "\n  \"cases\": ["},        // index of a batch
    Mark{"json", "{\n  \"schema_version\": ", "\n  \"base_damaged\": "},  // diff
    Mark{"json", "{\n  \"schema_version\": ", "\n  \"changes\": ["},      // whatif
    Mark{"json", "{\n  \"schema_version\": ", "\n  \"baseline\": "},      // check
    Mark{"pdf", "%PDF-", "/Creator (Descry)"},
    Mark{"png", "\x89PNG\r\n", "tEXtSoftware\0Descry"sv},
    Mark{"perfetto", "\n", "Made by Descry"},
    Mark{"svg", "<?xml ", "<desc>Made by Descry</desc>"},
};

}  // namespace

bool isOwnOutput(const std::filesystem::path& path, std::string_view format) {
  const std::string text = beginningOf(path);
  return std::ranges::any_of(kMarks, [&](const Mark& mark) {
    return mark.format == format && text.starts_with(mark.start) && text.find(mark.word) != std::string::npos;
  });
}

OutputRules rulesForOwn(std::string format, InputFiles inputs, bool force) {
  OutputRules rules;
  rules.inputs = std::move(inputs);
  rules.isOurs = [format = std::move(format)](const std::filesystem::path& path) { return isOwnOutput(path, format); };
  rules.force = force;
  return rules;
}

}  // namespace descry
