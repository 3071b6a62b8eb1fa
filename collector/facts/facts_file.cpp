// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/facts_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

bool isObject(std::string_view text) {
  return text.starts_with('{');
}

bool isXml(std::string_view text) {
  return text.starts_with('<') && text.find("<domain") != std::string_view::npos;
}

bool beginsWithObject(std::string_view text) {
  return text.starts_with('{') || text.starts_with("-> {");
}

bool beginsWithPath(std::string_view text) {
  return text.starts_with("/machine/") || text.starts_with("(qemu)");
}

/// The command itself, what ps prints under its heading, or a log of libvirt.
bool beginsWithCommand(std::string_view text) {
  if (text.substr(0, text.find('\n')).find("starting up libvirt version") != std::string_view::npos) return true;
  const auto first = text.find('\n');
  const bool isHeading = text.substr(0, first).find("PID") != std::string_view::npos;
  const auto end = isHeading && first != std::string_view::npos ? text.find('\n', first + 1) : first;
  return looksLikeVmmCommand(text.substr(0, end));
}

bool beginsWithAddress(std::string_view text) {
  return text.size() > 4 && (text[2] == ':' || text[4] == ':');
}

bool beginsLikeKernel(std::string_view text) {
  return text.starts_with('[') || text.starts_with("/sys/kernel/debug/swiotlb/");
}

// Asked in this order.
constexpr std::array kFormats = {
    FactsFormat{"a domain of libvirt (virsh dumpxml)", isXml, parseLibvirtXml, isXml},
    FactsFormat{"answers of QEMU's monitor (QMP)", looksLikeQmp, parseQmp, beginsWithObject},
    FactsFormat{"JSON like case.json", isObject, parseCaseJson},
    FactsFormat{"what info virtio prints", looksLikeHmp, parseHmp, beginsWithPath},
    FactsFormat{"a command line of QEMU", looksLikeVmmCommand, parseVmmCommand, beginsWithCommand},
    FactsFormat{"what lspci -vv prints in the guest", looksLikeLspci, parseLspci, beginsWithAddress, true},
    FactsFormat{"lines of the guest's kernel log", looksLikeKernelText, parseKernelText, beginsLikeKernel, true},
    FactsFormat{"a listing of /sys/bus/virtio/devices", [](std::string_view) { return true; }, parseDeviceListing},
};

std::string readText(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw Error(fmt::format("{}: is a directory; --facts needs a file", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(fmt::format("{}: cannot open: {}", path.string(), std::strerror(errno)));
  return {std::istreambuf_iterator<char>(file), {}};
}

const FactsFormat* formatOf(std::string_view& text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.empty()) return nullptr;
  return &*std::ranges::find_if(kFormats, [text](const FactsFormat& format) { return format.recognise(text); });
}

}  // namespace

MachineFacts readFacts(const std::filesystem::path& path) {
  constexpr std::size_t kMostDevices = 4096;
  const std::string text = readText(path);
  std::string_view content = text;
  const FactsFormat* format = formatOf(content);
  if (!format) throw Error(fmt::format("{}: holds no device facts: the file is empty", path.string()));
  MachineFacts facts = format->parse(content, path.string());
  facts.source = path.string();
  if (facts.devices.size() > kMostDevices)
    throw Error(fmt::format("{}: names {} devices; no machine has more than {}", path.string(), facts.devices.size(),
                            kMostDevices));
  return facts;
}

const FactsFormat* factsBesideTrace(const std::filesystem::path& path) {
  constexpr std::uintmax_t kMostBytes = 4U << 20U;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kMostBytes || error)
    return nullptr;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::string_view content = text;
  const FactsFormat* format = formatOf(content);
  return format && format->begins && format->begins(content) ? format : nullptr;
}

bool isFacts(const std::filesystem::path& path) {
  constexpr std::uintmax_t kMostBytes = 64U << 20U;
  std::error_code error;
  if (std::filesystem::file_size(path, error) > kMostBytes || error) return false;
  try {
    readFacts(path);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string factsForms() {
  std::string list;
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    list += (i == 0 ? "" : i + 1 < kFormats.size() ? ", " : " or ") + std::string(kFormats[i].what);
  return list;
}

}  // namespace descry
