// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/event_layout.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "collector/source/ctf/packets/layout_builder.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

std::vector<CtfMember> membersOf(const TsdlTypePtr& structure) {
  std::vector<CtfMember> members;
  if (!structure) return members;
  for (const TsdlMember& member : structure->members) {
    CtfMember& known = members.emplace_back();
    known.name = withoutUnderscore(member.name);
    const TsdlType& type = *member.type;
    if (type.kind == TsdlType::Kind::Number) {
      known.kind = CtfMember::Kind::Number;
      known.type = type.isSigned ? CtfValueType::Signed : CtfValueType::Unsigned;
    } else if (type.kind == TsdlType::Kind::Text || isTextArray(type)) {
      known.kind = CtfMember::Kind::Text;
    } else if (isNumberArray(type)) {
      known.kind = CtfMember::Kind::Numbers;
    }
  }
  return members;
}

}  // namespace

/// One event, as CtfBinding::decode reads it.
class EventLayout::Fields {
 public:
  Fields(const EventLayout& layout, const std::uint8_t* bytes, const std::uint64_t* registers)
      : m_layout(layout), m_bytes(bytes), m_registers(registers) {}

  std::uint64_t number(CtfPlace place, std::uint64_t member, CtfValueType) const {
    return m_registers[m_layout.targets(place)[member]];
  }
  std::string_view text(std::uint64_t member) const {
    return {reinterpret_cast<const char*>(begin(member)), count(member)};
  }
  std::uint64_t count(std::uint64_t member) const { return m_registers[target(member) + 1U]; }
  std::uint64_t element(std::uint64_t member, std::uint64_t at) const {
    return m_layout.m_number(begin(member) + at * m_layout.m_number.bytes);
  }

 private:
  std::size_t target(std::uint64_t member) const { return m_layout.targets(CtfPlace::Payload)[member]; }
  const std::uint8_t* begin(std::uint64_t member) const { return m_bytes + m_registers[target(member)]; }

  const EventLayout& m_layout;
  const std::uint8_t* m_bytes;
  const std::uint64_t* m_registers;
};

EventLayout::EventLayout(EventTypes& types, const TsdlTrace& trace, const TsdlStream& stream, const TsdlEvent& event) {
  if (event.name.empty()) throw NotUnderstood("metadata: an event without a name");
  m_binding = bindEvent(types, {.name = event.name,
                                .commonContext = membersOf(stream.eventContext),
                                .specificContext = membersOf(event.context),
                                .payload = membersOf(event.fields)});
  build(trace, stream, event);
  if (!m_binding.batchTypes.empty()) {
    const TsdlType& element = *event.fields->members[m_binding.numbersMember].type->element;
    const ByteOrder order = element.order == ByteOrder::Native ? trace.order : element.order;
    if (!std::has_single_bit(element.bits) || element.bits < 8 || element.align > element.bits)
      throw NotUnderstood("metadata: numbers that are not whole bytes");
    m_number.bytes = static_cast<std::uint8_t>(element.bits / 8);
    m_number.swapped = (order == ByteOrder::Big) != (std::endian::native == std::endian::big);
  }
  makePlain();
}

void EventLayout::build(const TsdlTrace& trace, const TsdlStream& stream, const TsdlEvent& event) {
  LayoutBuilder builder(trace.order, "");
  const std::pair<CtfPlace, const TsdlTypePtr&> places[] = {{CtfPlace::CommonContext, stream.eventContext},
                                                            {CtfPlace::SpecificContext, event.context},
                                                            {CtfPlace::Payload, event.fields}};
  for (const auto& [place, type] : places) {
    if (!type) continue;
    std::vector<std::uint16_t>& targets = m_targets[static_cast<std::size_t>(place)];
    targets.assign(type->members.size(), kNoRegister);
    builder.add(
        *type,
        [this, where = place](std::string_view, bool isTop, std::size_t member) {
          return isTop && isWanted(where, member);
        },
        [&targets](std::string_view, std::size_t member, std::uint16_t target) { targets[member] = target; });
  }
  m_body = builder.take();
}

bool EventLayout::isWanted(CtfPlace place, std::uint64_t member) const {
  const CtfBinding& binding = m_binding;
  if (!binding.type->handedOn) return false;
  if (binding.threadPlace == place && binding.threadMember == member) return true;
  if (place != CtfPlace::Payload) return false;
  const auto isMember = [member](const CtfSlot& slot) { return !slot.isConstant && slot.member == member; };
  if (std::ranges::any_of(binding.slots, isMember)) return true;
  if ((binding.time && isMember(*binding.time)) || (binding.cpu && isMember(*binding.cpu))) return true;
  if (binding.hasText && binding.textMember == member) return true;
  if (!binding.batchTypes.empty() && (binding.numbersMember == member || binding.layoutMember == member)) return true;
  return std::ranges::any_of(binding.recordSlots,
                             [member](const CtfRecordSlot& slot) { return slot.member == member; });
}

/// Of most events all wanted values are numbers in one stretch of fixed length.
void EventLayout::makePlain() {
  const std::vector<CtfStep>& steps = m_body.programs.front();
  const CtfBinding& binding = m_binding;
  if (steps.size() > 1 || m_body.programs.size() > 1) return;
  if (!steps.empty() && (steps[0].kind != CtfStep::Kind::Fixed || steps[0].align != 8 || steps[0].bits % 8 != 0))
    return;
  if (steps.empty() && binding.type->handedOn) return;
  if (!binding.batchTypes.empty() || binding.record != nullptr || binding.time || binding.cpu || binding.hasText)
    return;
  m_isPlain = true;
  m_plainBits = steps.empty() ? 0 : steps[0].bits;
  if (!binding.type->handedOn) return;
  const auto loadOf = [&](CtfPlace place, std::uint64_t member) {
    return *std::ranges::find(steps[0].loads, targets(place)[member], &CtfLoad::target);
  };
  m_start.kind = binding.type->alias->kind;
  m_start.variant = binding.type->alias->variant;
  m_hasThread = binding.threadPlace != CtfPlace::None;
  if (m_hasThread) m_thread = loadOf(binding.threadPlace, binding.threadMember);
  for (const CtfSlot& slot : binding.slots) {
    const auto value = static_cast<std::size_t>(std::popcount(m_start.present));
    m_start.append(slot.field, slot.isConstant ? slot.member : 0);
    if (!slot.isConstant) m_values.push_back({value, loadOf(CtfPlace::Payload, slot.member)});
  }
}

CtfWalk EventLayout::readSteps(CtfCursor& cursor, std::uint64_t* registers) const {
  std::uint64_t noClock = 0;
  return walk(m_body, cursor, registers, noClock);
}

void EventLayout::decodePlain(const std::uint8_t* bytes, Ns ns, std::uint16_t cpu, Batch& batch) const {
  if (!m_binding.type->handedOn) return EventTypes::skip(*m_binding.type, ns, batch);
  Event& event = batch.events.emplace_back(m_start);
  event.ns = ns;
  event.cpu = cpu;
  if (m_hasThread) event.tid = static_cast<std::int32_t>(m_thread(bytes));
  for (const PlainValue& value : m_values) event.values[value.value] = value.load(bytes);
  EventTypes::accept(*m_binding.type, batch);
}

void EventLayout::decodeSteps(const std::uint8_t* bytes, const std::uint64_t* registers, Ns ns, std::uint16_t cpu,
                              Batch& batch) const {
  m_binding.decode(Fields(*this, bytes, registers), ns, cpu, batch);
}

}  // namespace descry
