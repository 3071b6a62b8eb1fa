// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/stream_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <utility>

#include "collector/source/ctf/packets/layout_builder.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

using Kind = TsdlType::Kind;

constexpr std::uint64_t kMostEventIds = 65536;
constexpr std::uint64_t kNotRead = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kStreamMagic = 0xc1fc1fc1;

void collectClocks(const TsdlType& type, std::set<std::string>& clocks) {
  if (!type.clock.empty()) clocks.insert(type.clock);
  if (type.element) collectClocks(*type.element, clocks);
  for (const TsdlMember& member : type.members) collectClocks(*member.type, clocks);
}

/// The same type without its time, which Babeltrace does not take at this place either: it is of the packet's end.
TsdlType withoutEndTime(const TsdlType& context) {
  TsdlType copy = context;
  for (TsdlMember& member : copy.members) {
    if (member.name != "timestamp_end") continue;
    auto plain = std::make_shared<TsdlType>(*member.type);
    plain->clock.clear();
    member.type = std::move(plain);
  }
  return copy;
}

bool isTime(const TsdlType& context, std::string_view name) {
  return std::ranges::any_of(context.members, [name](const TsdlMember& member) {
    const TsdlType& type = *member.type;
    return member.name == name && type.kind == Kind::Number && type.bits == 64 && !type.clock.empty();
  });
}

}  // namespace

StreamLayout::StreamLayout(EventTypes& types, const TsdlTrace& trace, const TsdlStream& stream,
                           const std::string& clock) {
  buildContext(trace, stream, clock);
  buildHeader(trace, stream, clock);
  m_registers = std::max(m_header.registers, m_packetContext.registers);
  for (const TsdlEvent& event : stream.events) {
    if (event.id >= kMostEventIds) throw NotUnderstood(fmt::format("metadata: an event with the id {}", event.id));
    if (event.id >= m_events.size()) m_events.resize(event.id + 1);
    if (m_events[event.id]) throw NotUnderstood("metadata: two events of a stream have one id");
    m_events[event.id] = std::make_unique<EventLayout>(types, trace, stream, event);
    m_registers = std::max(m_registers, m_events[event.id]->registers());
  }
}

void StreamLayout::buildContext(const TsdlTrace& trace, const TsdlStream& stream, const std::string& clock) {
  if (!stream.packetContext || !isTime(*stream.packetContext, "timestamp_begin") ||
      !isTime(*stream.packetContext, "timestamp_end"))
    throw NotUnderstood("metadata: packets without times of 64 bits");
  const std::pair<std::string_view, std::uint16_t*> wanted[] = {{"timestamp_begin", &m_context.begin},
                                                                {"timestamp_end", &m_context.end},
                                                                {"content_size", &m_context.content},
                                                                {"packet_size", &m_context.packet},
                                                                {"events_discarded", &m_context.discarded},
                                                                {"packet_seq_num", &m_context.sequence},
                                                                {"cpu_id", &m_context.cpu}};
  const auto nameOf = [](const auto& each) { return each.first; };
  const TsdlType context = withoutEndTime(*stream.packetContext);
  LayoutBuilder builder(trace.order, clock);
  builder.add(
      context,
      [&](std::string_view name, bool isTop, std::size_t member) {
        if (!isTop || std::ranges::find(wanted, name, nameOf) == std::end(wanted)) return false;
        const TsdlType& type = *context.members[member].type;
        return type.kind == Kind::Number && !type.isSigned;
      },
      [&](std::string_view name, std::size_t, std::uint16_t target) {
        *std::ranges::find(wanted, name, nameOf)->second = target;
      });
  m_packetContext = builder.take();
  if (m_context.content == kNoRegister || m_context.packet == kNoRegister || m_context.begin == kNoRegister ||
      m_context.end == kNoRegister)
    throw NotUnderstood("metadata: packets without sizes");
}

void StreamLayout::buildHeader(const TsdlTrace& trace, const TsdlStream& stream, const std::string& clock) {
  if (!stream.eventHeader) throw NotUnderstood("metadata: events without a header");
  std::set<std::string> clocks;
  collectClocks(*stream.eventHeader, clocks);
  if (clocks.size() != 1) throw NotUnderstood("metadata: events without a time");
  LayoutBuilder builder(trace.order, clock);
  builder.add(
      *stream.eventHeader, [](std::string_view name, bool, std::size_t) { return name == "id"; },
      [this](std::string_view, std::size_t, std::uint16_t target) { m_ids.push_back(target); });
  m_header = builder.take();
  if (m_ids.empty()) throw NotUnderstood("metadata: events without an id");
  m_headerAlign = stream.eventHeader->align;
  recogniseShort(trace, *stream.eventHeader);
}

/// struct { enum : uint5_t { compact = 0 ... 30, extended = 31 } id; variant <id> { struct { uint27_t timestamp; }
/// compact; ... } v; } and the same with 16 and 32 bits, in little-endian.
void StreamLayout::recogniseShort(const TsdlTrace& trace, const TsdlType& header) {
  if (trace.order != ByteOrder::Little || std::endian::native != std::endian::little) return;
  if (header.align != 8 || header.members.size() != 2) return;
  const TsdlType& id = *header.members[0].type;
  const TsdlType& rest = *header.members[1].type;
  if (header.members[0].name != "id" || id.kind != Kind::Number || id.isSigned || id.labels.empty() ||
      id.order == ByteOrder::Big || id.bits > 16)
    return;
  if (rest.kind != Kind::Variant || rest.sizedBy != "id" || rest.members.empty()) return;
  const TsdlType& inner = *rest.members[0].type;
  if (inner.kind != Kind::Structure || inner.members.size() != 1) return;
  const TsdlType& time = *inner.members[0].type;
  if (time.kind != Kind::Number || time.clock.empty() || time.order == ByteOrder::Big || time.align > id.align ||
      inner.align > id.align || inner.members[0].name == "id" || (id.bits + time.bits) % 8 != 0 ||
      id.bits + time.bits > 64 || time.bits == 64)
    return;
  const TsdlLabel& label = id.labels[0];
  if (label.name != rest.members[0].name || label.first != 0 || label.last < 0) return;
  m_shortIdBits = static_cast<unsigned>(id.bits);
  m_shortTimeBits = static_cast<unsigned>(time.bits);
  m_shortTimeMask = (std::uint64_t{1} << time.bits) - 1;
  m_firstLongId = static_cast<std::uint64_t>(label.last) + 1;
}

CtfWalk StreamLayout::readLong(CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock,
                               const EventLayout*& event) const {
  for (const std::uint16_t target : m_ids) registers[target] = kNotRead;
  if (const CtfWalk result = walk(m_header, cursor, registers, clock); result != CtfWalk::Done) return result;
  std::uint64_t id = kNotRead;
  for (const std::uint16_t target : m_ids)
    if (registers[target] != kNotRead) id = registers[target];
  event = eventOf(id);
  return CtfWalk::Done;
}

TraceLayout::TraceLayout(EventTypes& types, const TsdlTrace& trace) : m_uuid(trace.uuid) {
  chooseClock(trace);
  if (!trace.packetHeader) throw NotUnderstood("metadata: packets without a header");
  LayoutBuilder builder(trace.order, "");
  const TsdlType& header = *trace.packetHeader;
  builder.add(
      header,
      [&](std::string_view name, bool isTop, std::size_t member) {
        if (!isTop) return false;
        const TsdlType& type = *header.members[member].type;
        if (name == "uuid") return type.kind == Kind::Array && isNumberArray(type) && type.length == 16;
        return type.kind == Kind::Number && (name == "magic" || name == "stream_id" || name == "stream_instance_id");
      },
      [&](std::string_view name, std::size_t, std::uint16_t target) {
        (name == "uuid"        ? m_uuidAt
         : name == "magic"     ? m_magic
         : name == "stream_id" ? m_streamId
                               : m_instance) = target;
      });
  m_packetHeader = builder.take();
  if (m_magic == kNoRegister) throw NotUnderstood("metadata: packets without a magic number");
  if (m_streamId == kNoRegister && trace.streams.size() != 1)
    throw NotUnderstood("metadata: packets that do not say their stream");
  for (const auto& [id, stream] : trace.streams)
    m_streams.emplace(std::piecewise_construct, std::forward_as_tuple(id),
                      std::forward_as_tuple(types, trace, stream, m_clock.name));
}

void TraceLayout::chooseClock(const TsdlTrace& trace) {
  std::set<std::string> used;
  for (const auto& [id, stream] : trace.streams)
    for (const TsdlTypePtr& type : {stream.eventHeader, stream.packetContext})
      if (type) collectClocks(*type, used);
  const auto clock =
      std::ranges::find_if(trace.clocks, [&](const TsdlClock& each) { return used.contains(each.name); });
  if (used.size() != 1 || clock == trace.clocks.end()) throw NotUnderstood("metadata: not one clock");
  m_clock = *clock;
}

CtfWalk TraceLayout::readPacket(const std::uint8_t* bytes, std::size_t size, CtfPacket& packet) const {
  std::uint64_t clock = 0;
  CtfCursor cursor{bytes, 0, size * 8, 0};
  std::vector<std::uint64_t> values(m_packetHeader.registers);
  if (const CtfWalk result = walk(m_packetHeader, cursor, values.data(), clock); result != CtfWalk::Done) return result;
  if (values[m_magic] != kStreamMagic) return CtfWalk::Wrong;
  if (m_uuid && m_uuidAt != kNoRegister && std::memcmp(bytes + values[m_uuidAt], m_uuid->data(), m_uuid->size()) != 0)
    return CtfWalk::Wrong;
  packet = {};
  packet.stream = m_streamId == kNoRegister ? m_streams.begin()->first : values[m_streamId];
  if (m_instance != kNoRegister) packet.instance = values[m_instance];
  const auto found = m_streams.find(packet.stream);
  if (found == m_streams.end()) return CtfWalk::Wrong;
  const StreamLayout& stream = found->second;
  values.assign(stream.m_packetContext.registers, 0);
  if (const CtfWalk result = walk(stream.m_packetContext, cursor, values.data(), clock); result != CtfWalk::Done)
    return result;
  const StreamLayout::ContextTargets& context = stream.m_context;
  packet.beginCycles = values[context.begin];
  packet.endCycles = values[context.end];
  packet.clockCycles = clock;
  packet.contentBits = values[context.content];
  packet.packetBits = values[context.packet];
  packet.headerBits = cursor.at;
  if (context.discarded != kNoRegister) packet.discarded = values[context.discarded];
  if (context.sequence != kNoRegister) packet.sequence = values[context.sequence];
  if (context.cpu != kNoRegister) packet.cpu = static_cast<std::uint16_t>(values[context.cpu]);
  const bool isSound =
      packet.packetBits % 8 == 0 && packet.contentBits <= packet.packetBits && packet.headerBits <= packet.contentBits;
  return isSound ? CtfWalk::Done : CtfWalk::Wrong;
}

}  // namespace descry
