// SPDX-License-Identifier: GPL-2.0-or-later
// The few messages of Perfetto's protobuf format that are needed, with their field numbers. A message is a row of
// fields, each a number with the kind of its value and the value (https://protobuf.dev/programming-guides/encoding/).
#include "analyzer/export/perfetto_packets.hpp"

#include <ostream>

namespace descry {

namespace {

// protos/perfetto/trace/trace.proto, trace_packet.proto
constexpr unsigned kPacket = 1;
constexpr unsigned kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11, kSequenceFlags = 13, kTrackDescriptor = 60;
// track_event/track_descriptor.proto, process_descriptor.proto, counter_descriptor.proto
constexpr unsigned kUuid = 1, kTrackName = 2, kProcess = 3, kParentUuid = 5, kCounter = 8;
constexpr unsigned kPid = 1, kProcessName = 6, kUnit = 3, kUnitIsCount = 2;
// track_event/track_event.proto, debug_annotation.proto
constexpr unsigned kAnnotation = 4, kType = 9, kEventTrack = 11, kEventName = 23, kCounterValue = 30, kFlows = 47,
                   kEndingFlows = 48;
constexpr unsigned kSliceBegin = 1, kSliceEnd = 2, kInstant = 3, kCount = 4;
constexpr unsigned kAnnotationInteger = 4, kAnnotationText = 6, kAnnotationName = 10;

constexpr unsigned kOurSequence = 1;
constexpr unsigned kBeginsAnew = 1;  // SEQ_INCREMENTAL_STATE_CLEARED

enum class Wire : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2 };

void putVarint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(static_cast<unsigned char>(value | 0x80U));
  bytes += static_cast<char>(static_cast<unsigned char>(value));
}

void putTag(std::string& bytes, unsigned field, Wire wire) {
  putVarint(bytes, field << 3U | static_cast<unsigned>(wire));
}

void putNumber(std::string& bytes, unsigned field, std::uint64_t value) {
  putTag(bytes, field, Wire::Varint);
  putVarint(bytes, value);
}

void putFixed(std::string& bytes, unsigned field, std::uint64_t value) {
  putTag(bytes, field, Wire::Fixed64);
  for (int i = 0; i < 8; ++i, value >>= 8U) bytes += static_cast<char>(static_cast<unsigned char>(value));
}

void putBytes(std::string& bytes, unsigned field, std::string_view value) {
  putTag(bytes, field, Wire::Bytes);
  putVarint(bytes, value.size());
  bytes += value;
}

std::string annotation(const PerfettoPackets::Note& note) {
  std::string bytes;
  putBytes(bytes, kAnnotationName, note.first);
  if (const auto* number = std::get_if<std::int64_t>(&note.second))
    putNumber(bytes, kAnnotationInteger, static_cast<std::uint64_t>(*number));
  else
    putBytes(bytes, kAnnotationText, std::get<std::string>(note.second));
  return bytes;
}

std::string fieldsOf(const PerfettoPackets::Event& event) {
  std::string bytes;
  putBytes(bytes, kEventName, event.name);
  for (const PerfettoPackets::Note& note : event.notes) putBytes(bytes, kAnnotation, annotation(note));
  for (const std::uint64_t flow : event.flows) putFixed(bytes, kFlows, flow);
  for (const std::uint64_t flow : event.endingFlows) putFixed(bytes, kEndingFlows, flow);
  return bytes;
}

std::string childOf(PerfettoPackets::Track parent, std::string_view name) {
  std::string bytes;
  putNumber(bytes, kParentUuid, parent);
  putBytes(bytes, kTrackName, name);
  return bytes;
}

}  // namespace

PerfettoPackets::PerfettoPackets(std::ostream& out) : m_out(out) {}

void PerfettoPackets::packet(const std::string& content) {
  std::string whole = content;
  putNumber(whole, kSequenceId, kOurSequence);
  if (m_first) putNumber(whole, kSequenceFlags, kBeginsAnew);
  m_first = false;
  std::string framed;
  putBytes(framed, kPacket, whole);
  m_out.write(framed.data(), static_cast<std::streamsize>(framed.size()));
}

PerfettoPackets::Track PerfettoPackets::describe(const std::string& fields) {
  std::string descriptor, bytes;
  putNumber(descriptor, kUuid, ++m_last);
  putBytes(bytes, kTrackDescriptor, descriptor + fields);
  packet(bytes);
  return m_last;
}

void PerfettoPackets::write(unsigned type, Track track, std::int64_t ns, const std::string& fields) {
  std::string event, bytes;
  putNumber(event, kType, type);
  putNumber(event, kEventTrack, track);
  putNumber(bytes, kTimestamp, static_cast<std::uint64_t>(ns));
  putBytes(bytes, kTrackEvent, event + fields);
  packet(bytes);
}

PerfettoPackets::Track PerfettoPackets::group(std::int64_t number, std::string_view name) {
  std::string process, fields;
  putNumber(process, kPid, static_cast<std::uint64_t>(number));
  putBytes(process, kProcessName, name);
  putBytes(fields, kProcess, process);
  return describe(fields);
}

PerfettoPackets::Track PerfettoPackets::track(Track parent, std::string_view name) {
  return describe(childOf(parent, name));
}

PerfettoPackets::Track PerfettoPackets::counter(Track parent, std::string_view name) {
  std::string unit, fields = childOf(parent, name);
  putNumber(unit, kUnit, kUnitIsCount);
  putBytes(fields, kCounter, unit);
  return describe(fields);
}

void PerfettoPackets::begin(Track track, std::int64_t ns, const Event& event) {
  write(kSliceBegin, track, ns, fieldsOf(event));
}

void PerfettoPackets::end(Track track, std::int64_t ns) {
  write(kSliceEnd, track, ns, {});
}

void PerfettoPackets::instant(Track track, std::int64_t ns, const Event& event) {
  write(kInstant, track, ns, fieldsOf(event));
}

void PerfettoPackets::count(Track track, std::int64_t ns, std::int64_t value) {
  std::string fields;
  putNumber(fields, kCounterValue, static_cast<std::uint64_t>(value));
  write(kCount, track, ns, fields);
}

}  // namespace descry
