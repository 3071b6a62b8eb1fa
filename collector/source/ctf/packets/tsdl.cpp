// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/tsdl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/tsdl_types.hpp"

namespace descry {

namespace {

/// What stands in a block `trace { ... }`, `stream { ... }`.
struct Block {
  struct Value {
    std::string text;
    std::optional<std::uint64_t> number;
    bool negative = false;
  };
  std::map<std::string, Value, std::less<>> values;
  std::map<std::string, TsdlTypePtr, std::less<>> types;

  std::optional<std::uint64_t> number(std::string_view name) const {
    const auto found = values.find(name);
    if (found == values.end()) return {};
    if (!found->second.number || found->second.negative)
      throw NotUnderstood(fmt::format("metadata: {} = {}", name, found->second.text));
    return found->second.number;
  }
  TsdlTypePtr structure(std::string_view name) const {
    const auto found = types.find(name);
    if (found == types.end()) return nullptr;
    if (found->second->kind != TsdlType::Kind::Structure)
      throw NotUnderstood(fmt::format("metadata: {} is not a structure", name));
    return found->second;
  }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : m_lexer(text), m_types(m_lexer) {}

  TsdlTrace parse() {
    while (!m_lexer.atEnd()) {
      if (m_types.readDeclaration() || m_lexer.take(";")) continue;
      const std::string what = m_lexer.expectWord();
      const Block block = readBlock();
      m_lexer.take(";");
      take(what, block);
    }
    if (m_trace.order == ByteOrder::Native) throw NotUnderstood("metadata: the trace has no byte order");
    placeEvents();
    return std::move(m_trace);
  }

 private:
  Block readBlock();
  Block::Value readValue();
  void take(const std::string& what, const Block& block);
  void takeTrace(const Block& block);
  void takeClock(const Block& block);
  void placeEvents();

  TsdlLexer m_lexer;
  TsdlTypes m_types;
  TsdlTrace m_trace;
  std::vector<std::pair<std::optional<std::uint64_t>, TsdlEvent>> m_events;  ///< with their stream
};

Block Parser::readBlock() {
  Block block;
  m_lexer.expect("{");
  m_types.openScope();
  while (!m_lexer.take("}")) {
    if (m_types.readDeclaration()) continue;
    std::string path = m_lexer.expectWord();
    while (m_lexer.take(".")) path += "." + m_lexer.expectWord();
    if (m_lexer.take(":="))
      block.types[path] = m_types.readType();
    else if (m_lexer.take("="))
      block.values[path] = readValue();
    else
      m_lexer.refuse("= or :=");
    m_lexer.expect(";");
  }
  m_types.closeScope();
  return block;
}

Block::Value Parser::readValue() {
  Block::Value value;
  value.negative = m_lexer.take("-");
  const TsdlToken token = m_lexer.take();
  value.text = token.text;
  switch (token.kind) {
    case TsdlToken::Kind::Number:
      value.number = token.number;
      value.text = (value.negative ? "-" : "") + std::to_string(token.number);
      break;
    case TsdlToken::Kind::Word:
      while (m_lexer.take(".")) value.text += "." + m_lexer.expectWord();
      break;
    case TsdlToken::Kind::Text:
      break;
    default:
      m_lexer.refuse("a value");
  }
  return value;
}

void Parser::take(const std::string& what, const Block& block) {
  if (what == "trace") return takeTrace(block);
  if (what == "clock") return takeClock(block);
  if (what == "env") {
    for (const auto& [name, value] : block.values) m_trace.environment[name] = value.text;
  } else if (what == "stream") {
    const auto [stream, isNew] = m_trace.streams.try_emplace(block.number("id").value_or(0));
    if (!isNew) throw NotUnderstood("metadata: two streams have one id");
    stream->second.eventHeader = block.structure("event.header");
    stream->second.packetContext = block.structure("packet.context");
    stream->second.eventContext = block.structure("event.context");
  } else if (what == "event") {
    TsdlEvent event{.id = block.number("id").value_or(0)};
    if (const auto name = block.values.find("name"); name != block.values.end()) event.name = name->second.text;
    event.context = block.structure("context");
    event.fields = block.structure("fields");
    m_events.emplace_back(block.number("stream_id"), std::move(event));
  } else if (what != "callsite") {
    throw NotUnderstood(fmt::format("metadata: a block `{}`", what));
  }
}

void Parser::takeTrace(const Block& block) {
  if (block.number("major") != 1 || block.number("minor") != 8) throw NotUnderstood("metadata: not CTF 1.8");
  const auto order = block.values.find("byte_order");
  if (order == block.values.end()) return;
  if (order->second.text == "le")
    m_trace.order = ByteOrder::Little;
  else if (order->second.text == "be" || order->second.text == "network")
    m_trace.order = ByteOrder::Big;
  if (const auto uuid = block.values.find("uuid"); uuid != block.values.end()) {
    std::string digits;
    std::ranges::copy_if(uuid->second.text, std::back_inserter(digits), [](char c) { return c != '-'; });
    auto& bytes = m_trace.uuid.emplace();
    if (digits.size() != 2 * bytes.size()) throw NotUnderstood("metadata: a uuid that is not one");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char* at = digits.data() + 2 * i;
      if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2)
        throw NotUnderstood("metadata: a uuid that is not one");
    }
  }
  m_trace.packetHeader = block.structure("packet.header");
}

void Parser::takeClock(const Block& block) {
  TsdlClock clock;
  if (const auto name = block.values.find("name"); name != block.values.end()) clock.name = name->second.text;
  clock.frequency = block.number("freq").value_or(clock.frequency);
  if (clock.frequency == 0) throw NotUnderstood("metadata: a clock of frequency 0");
  const std::uint64_t cycles = block.number("offset").value_or(0);
  const std::uint64_t seconds = block.number("offset_s").value_or(0) + cycles / clock.frequency;
  constexpr std::uint64_t kMostSeconds = 9'000'000'000;  // more does not fit into nanoseconds of 64 bits
  if (seconds > kMostSeconds) throw NotUnderstood("metadata: a clock that is far in the future");
  clock.offsetSeconds = static_cast<std::int64_t>(seconds);
  clock.offsetCycles = cycles % clock.frequency;
  m_trace.clocks.push_back(std::move(clock));
}

void Parser::placeEvents() {
  for (auto& [streamId, event] : m_events) {
    if (!streamId && m_trace.streams.size() != 1) throw NotUnderstood("metadata: an event without a stream");
    const auto stream = streamId ? m_trace.streams.find(*streamId) : m_trace.streams.begin();
    if (stream == m_trace.streams.end()) throw NotUnderstood("metadata: an event of a stream that is not declared");
    stream->second.events.push_back(std::move(event));
  }
}

}  // namespace

TsdlTrace parseTsdl(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace descry
