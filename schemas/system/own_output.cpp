// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/own_output.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace descry {

namespace {

using Words = std::initializer_list<std::string_view>;

std::string beginningOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4096> bytes{};
  file.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(file.gcount())};
}

bool has(std::string_view text, Words words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// The columns of our tables are in lower case with underscores; a table of measurements rarely is.
bool isTable(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return line.find(',') != std::string_view::npos &&
         line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_,") == std::string_view::npos;
}

/// The text outputs carry no mark, so that they read well: they have words, and are neither binary nor a trace.
bool isProse(std::string_view text) {
  return !has(text, {"virtqueue_", "add_sgs:", "tracer:", std::string_view("\0", 1)}) &&
         has(text, {"Descry", "descry", "chain", "median", "passed ", "failed ", "refused ", " against ", " with no "});
}

}  // namespace

bool isOwnOutput(const std::filesystem::path& path, std::string_view format) {
  const std::string text = beginningOf(path);
  if (format == "html") return text.starts_with("<!DOCTYPE html>") && has(text, {"descry", "Descry"});
  if (format == "pdf") return text.starts_with("%PDF-");
  if (format == "png") return text.starts_with("\x89PNG\r\n");
  if (format == "svg") return has(text, {"<svg"});
  if (format == "junit") return text.starts_with("<?xml") && has(text, {"<testsuite"});
  if (format == "json")
    return text.starts_with("{") &&
           has(text, {"\"schema_version\"", "\"database\"", "\"base\"", "\"cases\"", "\"reports\""});
  if (format == "csv") return isTable(text);
  return isProse(text);
}

}  // namespace descry
