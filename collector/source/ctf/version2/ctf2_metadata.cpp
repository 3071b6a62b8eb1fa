// SPDX-License-Identifier: GPL-2.0-or-later
// CTF2-SPEC-2.0, section 5: metadata is a sequence of JSON texts, "fragments", each behind a record separator.
#include "collector/source/ctf/version2/ctf2_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "collector/source/ctf/version2/ctf2_field_classes.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

using Json = Ctf2FieldClasses::Json;

constexpr char kSeparator = '\x1e';
constexpr int kDeepestFragment = 64;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c >= ' ') result += c;
  }
  return result + "\"";
}

/// Names of clocks and of the environment are words in CTF 1.8.
std::string asWord(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return !isInIdentifier(c); }, '_');
  return text.empty() || (text[0] >= '0' && text[0] <= '9') ? "_" + text : text;
}

class MetadataTranslation {
 public:
  void take(const Json& fragment);
  std::string text() const;

 private:
  struct Stream {
    std::string text, clock;
  };
  void preamble(const Json& fragment);
  void clock(const Json& fragment);
  void trace(const Json& fragment);
  void stream(const Json& fragment);
  void event(const Json& fragment);
  void noteByteOrder(const Json& header);

  Ctf2FieldClasses m_classes;
  std::map<std::string, std::string> m_clocks;  ///< name in CTF 1.8 by id
  std::map<std::uint64_t, Stream> m_streams;
  std::string m_uuid, m_byteOrder = "le", m_packetHeader, m_environment, m_clockText, m_streamText, m_eventText;
  bool m_begun = false;
};

void MetadataTranslation::take(const Json& fragment) {
  const auto type = fragment.at("type").get<std::string>();
  if (!m_begun && type != "preamble") throw Error("the first fragment is not the preamble");
  if (type == "preamble") return preamble(fragment);
  if (type == "field-class-alias") return m_classes.addAlias(fragment);
  if (type == "clock-class") return clock(fragment);
  if (type == "trace-class") return trace(fragment);
  if (type == "data-stream-class") return stream(fragment);
  if (type == "event-record-class") return event(fragment);
  throw Error(fmt::format("a fragment of the type `{}`", type));
}

void MetadataTranslation::preamble(const Json& fragment) {
  m_begun = true;
  if (const auto version = fragment.at("version").get<int>(); version != 2)
    throw Error(fmt::format("CTF {}; descry reads CTF 1.8 and CTF 2", version));
  if (fragment.contains("extensions") && !fragment.at("extensions").empty())
    throw Error("extensions of CTF 2, which descry does not know");
  if (!fragment.contains("uuid")) return;
  for (const Json& byte : fragment.at("uuid")) {
    if (m_uuid.size() == 8 || m_uuid.size() == 13 || m_uuid.size() == 18 || m_uuid.size() == 23) m_uuid += '-';
    m_uuid += fmt::format("{:02x}", byte.get<unsigned>() & 0xffU);
  }
}

void MetadataTranslation::clock(const Json& fragment) {
  const auto id = fragment.at("id").get<std::string>();
  const std::string name = asWord(fragment.value("name", id));
  m_clocks[id] = name;
  m_clockText += fmt::format("clock {{ name = {}; freq = {};", name, fragment.at("frequency").get<std::uint64_t>());
  if (const auto offset = fragment.find("offset-from-origin"); offset != fragment.end())
    m_clockText += fmt::format(" offset_s = {}; offset = {};", offset->value("seconds", std::int64_t{0}),
                               offset->value("cycles", std::uint64_t{0}));
  const auto origin = fragment.find("origin");
  m_clockText += fmt::format(" absolute = {}; }};\n", origin != fragment.end() && *origin == "unix-epoch");
}

/// CTF 1.8 has a byte order of the whole trace; it is that of the magic number.
void MetadataTranslation::noteByteOrder(const Json& header) {
  const auto members = header.find("member-classes");
  if (members == header.end()) return;
  for (const Json& member : *members) {
    const Json& field = member.at("field-class");
    if (field.is_object() && field.value("byte-order", "") == "big-endian") m_byteOrder = "be";
  }
}

void MetadataTranslation::trace(const Json& fragment) {
  if (const auto header = fragment.find("packet-header-field-class"); header != fragment.end()) {
    if (header->is_object()) noteByteOrder(*header);
    m_packetHeader = m_classes.structure(*header, "packet-header", "");
  }
  if (const auto environment = fragment.find("environment"); environment != fragment.end())
    for (const auto& [name, value] : environment->items())
      m_environment +=
          fmt::format(" {} = {};", asWord(name), value.is_string() ? quoted(value.get<std::string>()) : value.dump());
}

void MetadataTranslation::stream(const Json& fragment) {
  const auto id = fragment.value("id", std::uint64_t{0});
  Stream& stream = m_streams[id];
  if (const auto clockId = fragment.find("default-clock-class-id"); clockId != fragment.end()) {
    const auto found = m_clocks.find(clockId->get<std::string>());
    if (found == m_clocks.end()) throw Error(fmt::format("there is no clock class `{}`", clockId->get<std::string>()));
    stream.clock = found->second;
  }
  m_streamText += fmt::format("stream {{ id = {};", id);
  const auto part = [&](const char* property, const char* origin, const char* name) {
    if (const auto field = fragment.find(property); field != fragment.end())
      m_streamText += fmt::format("\n  {} := {};", name, m_classes.structure(*field, origin, stream.clock));
  };
  part("packet-context-field-class", "packet-context", "packet.context");
  part("event-record-header-field-class", "event-record-header", "event.header");
  part("event-record-common-context-field-class", "event-record-common-context", "event.context");
  m_streamText += "\n};\n";
}

void MetadataTranslation::event(const Json& fragment) {
  const auto streamId = fragment.value("data-stream-class-id", std::uint64_t{0});
  const auto found = m_streams.find(streamId);
  if (found == m_streams.end())
    throw Error(fmt::format("an event of the stream class {}, which is not there", streamId));
  const auto id = fragment.value("id", std::uint64_t{0});
  m_eventText += fmt::format("event {{ name = {}; id = {}; stream_id = {};",
                             quoted(fragment.value("name", fmt::format("event{}", id))), id, streamId);
  const auto part = [&](const char* property, const char* origin, const char* name) {
    if (const auto field = fragment.find(property); field != fragment.end())
      m_eventText += fmt::format("\n  {} := {};", name, m_classes.structure(*field, origin, found->second.clock));
  };
  part("specific-context-field-class", "event-record-specific-context", "context");
  part("payload-field-class", "event-record-payload", "fields");
  m_eventText += "\n};\n";
}

std::string MetadataTranslation::text() const {
  if (m_streams.empty()) throw Error("no class of data streams");
  std::string result = "/* CTF 1.8 */\ntrace { major = 1; minor = 8;";
  if (!m_uuid.empty()) result += fmt::format(" uuid = \"{}\";", m_uuid);
  result += fmt::format(" byte_order = {};", m_byteOrder);
  if (!m_packetHeader.empty()) result += "\n  packet.header := " + m_packetHeader + ";";
  result += "\n};\n";
  if (!m_environment.empty()) result += "env {" + m_environment + " };\n";
  return result + m_clockText + m_streamText + m_eventText;
}

Json parsed(std::string_view fragment) {
  return Json::parse(fragment, [](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestFragment) throw Error("fragments are nested too deeply");
    return true;
  });
}

}  // namespace

bool isCtf2(std::string_view metadata) {
  return metadata.starts_with(kSeparator) || metadata.starts_with('{');
}

std::string translateCtf2(std::string_view metadata) {
  MetadataTranslation translation;
  std::size_t number = 0;
  try {
    while (!metadata.empty()) {
      const std::size_t end = std::min(metadata.find(kSeparator), metadata.size());
      const std::string_view fragment = metadata.substr(0, end);
      metadata.remove_prefix(std::min(end + 1, metadata.size()));
      if (fragment.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      ++number;
      translation.take(parsed(fragment));
    }
    return translation.text();
  } catch (const Json::exception& error) {
    throw Error(fmt::format("fragment {} of its CTF 2 metadata cannot be read: {}", number, error.what()));
  } catch (const Error& error) {
    throw Error(fmt::format("fragment {} of its CTF 2 metadata: {}", number, error.what()));
  }
}

}  // namespace descry
