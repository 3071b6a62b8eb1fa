// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/layout_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

using Kind = TsdlType::Kind;

constexpr std::uint64_t kLargestFixed = std::uint64_t{1} << 28U;  // bits between two places that are known

ByteOrder orderOf(const TsdlType& type, ByteOrder native) {
  return type.order == ByteOrder::Native ? native : type.order;
}

bool isSwapped(ByteOrder order) {
  return (order == ByteOrder::Big) != (std::endian::native == std::endian::big);
}

std::uint64_t aligned(std::uint64_t at, std::uint64_t align) {
  return (at + align - 1) & ~(align - 1);
}

bool isWholeBytes(const TsdlType& type) {
  return type.bits == 8 || type.bits == 16 || type.bits == 32 || type.bits == 64;
}

}  // namespace

bool isTextArray(const TsdlType& type) {
  return (type.kind == Kind::Array || type.kind == Kind::Sequence) && type.element->kind == Kind::Number &&
         type.element->isText;
}

bool isNumberArray(const TsdlType& type) {
  return (type.kind == Kind::Array || type.kind == Kind::Sequence) && type.element->kind == Kind::Number &&
         !type.element->isText && !type.element->isSigned;
}

void LayoutBuilder::add(const TsdlType& type, const Wanted& wanted, const Kept& kept) {
  m_wanted = &wanted;
  m_kept = &kept;
  m_known.clear();
  m_referred.clear();
  collectReferences(type);
  structure(type, true);
  if (m_pendingAlign > 1) skip(1, 0);
}

void LayoutBuilder::collectReferences(const TsdlType& type) {
  if (!type.sizedBy.empty()) m_referred.push_back(type.sizedBy);
  if (type.element) collectReferences(*type.element);
  for (const TsdlMember& member : type.members) collectReferences(*member.type);
}

bool LayoutBuilder::isReferred(std::string_view name) const {
  return std::ranges::find(m_referred, name) != m_referred.end();
}

const LayoutBuilder::Known& LayoutBuilder::find(const std::string& name) const {
  for (auto known = m_known.rbegin(); known != m_known.rend(); ++known)
    if (known->name == name) return *known;
  throw NotUnderstood(fmt::format("metadata: a length or tag `{}` that is not a number before it", name));
}

void LayoutBuilder::structure(const TsdlType& type, bool isTop) {
  m_pendingAlign = std::max(m_pendingAlign, type.align);
  const std::size_t outer = m_known.size();
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    const TsdlMember& member = type.members[i];
    const TsdlType& inner = *member.type;
    const bool isNumber = inner.kind == Kind::Number;
    const bool keepable =
        isNumber || (isTop && (inner.kind == Kind::Text || isTextArray(inner) || isNumberArray(inner)));
    const bool isWanted = keepable && (*m_wanted)(member.name, isTop, i);
    std::uint16_t target = kNoRegister;
    if (isWanted || (isNumber && isReferred(member.name))) target = newRegister(isNumber ? 1 : 2);
    field(inner, target);
    if (isWanted) (*m_kept)(member.name, i, target);
    // Whatever else has the name hides a number of that name outside.
    m_known.push_back({member.name, isNumber ? &inner : nullptr, target});
  }
  m_known.resize(outer);
}

void LayoutBuilder::field(const TsdlType& type, std::uint16_t target) {
  switch (type.kind) {
    case Kind::Number:
      return number(type, target);
    case Kind::Real:
      return skip(type.align, type.bits);
    case Kind::Text:
      step(CtfStep::Kind::Text, type.align).target = target;
      return;
    case Kind::Structure:
      return structure(type, false);
    case Kind::Variant:
      return variant(type);
    case Kind::Array:
    case Kind::Sequence:
      return array(type, target);
  }
}

void LayoutBuilder::number(const TsdlType& type, std::uint16_t target) {
  const ByteOrder order = orderOf(type, m_order);
  std::uint8_t clockBits = 0;
  if (!type.clock.empty()) {
    if (type.clock != m_clock || type.isSigned) throw NotUnderstood("metadata: a time where none is expected");
    clockBits = static_cast<std::uint8_t>(type.bits);
  }
  if (target == kNoRegister && clockBits == 0) return skip(type.align, type.bits);
  if (isWholeBytes(type)) {
    const auto [fixed, at] = run(type.align);
    if (fixed != nullptr && at % 8 == 0) {
      fixed->loads.push_back({.offset = static_cast<std::uint32_t>(at / 8),
                              .bytes = static_cast<std::uint8_t>(type.bits / 8),
                              .isSigned = type.isSigned,
                              .swapped = isSwapped(order),
                              .clockBits = clockBits,
                              .target = target});
      fixed->bits = at + type.bits;
      return;
    }
  }
  CtfStep& bits = step(CtfStep::Kind::Bits, type.align);
  bits.bits = type.bits;
  bits.isSigned = type.isSigned;
  bits.isBig = order == ByteOrder::Big;
  bits.clockBits = clockBits;
  bits.target = target;
}

void LayoutBuilder::skip(std::uint64_t align, std::uint64_t bits) {
  const auto [fixed, at] = run(align);
  if (bits > kLargestFixed || at > kLargestFixed) throw NotUnderstood("metadata: an array that is too long");
  if (fixed != nullptr)
    fixed->bits = at + bits;
  else
    step(CtfStep::Kind::Fixed, align).bits = bits;
}

void LayoutBuilder::array(const TsdlType& type, std::uint16_t target) {
  const TsdlType& element = *type.element;
  const bool isPlain = (element.kind == Kind::Number || element.kind == Kind::Real) && element.clock.empty() &&
                       element.bits % element.align == 0;
  if (type.kind == Kind::Array && isPlain && target == kNoRegister) {
    if (type.length > kLargestFixed / element.bits) throw NotUnderstood("metadata: an array that is too long");
    return skip(element.align, type.length * element.bits);
  }
  if (target != kNoRegister && (!isPlain || element.bits % 8 != 0 || element.align < 8))
    throw NotUnderstood("metadata: an array whose elements are not whole bytes");
  CtfStep built{.kind = CtfStep::Kind::Array};
  built.isText = element.isText;
  built.hasLength = type.kind == Kind::Array;
  built.length = type.length;
  built.target = target;
  if (isPlain)
    built.bits = element.bits;
  else
    built.program = subprogram(element);
  if (type.kind == Kind::Sequence) {
    const Known& length = find(type.sizedBy);
    if (length.type == nullptr || length.type->isSigned) throw NotUnderstood("metadata: a length that may be negative");
    built.from = length.target;
  }
  CtfStep& placed = step(CtfStep::Kind::Array, element.align);
  built.align = placed.align;
  placed = std::move(built);
}

void LayoutBuilder::variant(const TsdlType& type) {
  const Known& tag = find(type.sizedBy);
  if (tag.type == nullptr || tag.type->labels.empty())
    throw NotUnderstood("metadata: a tag that is not an enumeration");
  CtfStep built{.kind = CtfStep::Kind::Variant};
  built.from = tag.target;
  built.isSigned = tag.type->isSigned;
  const TsdlType* tagType = tag.type;
  for (const TsdlMember& option : type.members) {
    const std::uint32_t program = subprogram(*option.type);
    for (const TsdlLabel& label : tagType->labels)
      if (withoutUnderscore(label.name) == withoutUnderscore(option.name))
        built.cases.push_back(
            {static_cast<std::uint64_t>(label.first), static_cast<std::uint64_t>(label.last), program});
  }
  CtfStep& placed = step(CtfStep::Kind::Variant, 1);
  built.align = placed.align;
  placed = std::move(built);
}

std::uint32_t LayoutBuilder::subprogram(const TsdlType& type) {
  const std::size_t outer = m_program;
  const std::uint64_t pending = std::exchange(m_pendingAlign, 1);
  m_program = m_layout.programs.size();
  m_layout.programs.emplace_back();
  const auto index = static_cast<std::uint32_t>(m_program);
  field(type, kNoRegister);
  if (m_pendingAlign > 1) skip(1, 0);
  m_program = outer;
  m_pendingAlign = pending;
  return index;
}

std::pair<CtfStep*, std::uint64_t> LayoutBuilder::run(std::uint64_t align) {
  const std::uint64_t wanted = std::max(align, m_pendingAlign);
  if (!program().empty()) {
    CtfStep& last = program().back();
    if (last.kind == CtfStep::Kind::Fixed && last.align >= 8 && wanted <= last.align) {
      m_pendingAlign = 1;
      return {&last, aligned(last.bits, wanted)};
    }
  }
  if (wanted < 8) return {nullptr, 0};
  return {&step(CtfStep::Kind::Fixed, align), 0};
}

CtfStep& LayoutBuilder::step(CtfStep::Kind kind, std::uint64_t align) {
  CtfStep& added = program().emplace_back();
  added.kind = kind;
  added.align = std::max(align, std::exchange(m_pendingAlign, 1));
  return added;
}

std::uint16_t LayoutBuilder::newRegister(std::uint16_t count) {
  if (m_layout.registers + count >= kNoRegister) throw NotUnderstood("metadata: too many fields");
  const std::uint16_t first = m_layout.registers;
  m_layout.registers = static_cast<std::uint16_t>(m_layout.registers + count);
  return first;
}

}  // namespace descry
