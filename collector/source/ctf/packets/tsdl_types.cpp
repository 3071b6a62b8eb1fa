// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/tsdl_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

using Kind = TsdlType::Kind;

constexpr int kDeepest = 32;  // metadata nests a few levels; a hostile file must not exhaust the stack
constexpr std::uint64_t kLargestAlignment = 4096;

/// Keeps count of how deep types are nested.
class Nesting {
 public:
  explicit Nesting(int& depth) : m_depth(depth) {
    if (++m_depth > kDeepest) {
      --m_depth;
      throw NotUnderstood("metadata: types are nested too deeply");
    }
  }
  ~Nesting() { --m_depth; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& m_depth;
};

std::uint64_t alignment(std::uint64_t bits) {
  if (!std::has_single_bit(bits) || bits > kLargestAlignment)
    throw NotUnderstood(fmt::format("metadata: an alignment of {} bits", bits));
  return bits;
}

}  // namespace

TsdlTypePtr TsdlTypes::readType() {
  return readSpecifier(nullptr);
}

bool TsdlTypes::readDeclaration() {
  if (m_lexer.takeWord("typealias")) {
    TsdlTypePtr type = readSpecifier(nullptr);
    m_lexer.expect(":=");
    m_scopes.back()[readWords()] = std::move(type);
  } else if (m_lexer.takeWord("typedef")) {
    std::string name;
    TsdlTypePtr type = readSpecifier(&name);
    m_scopes.back()[name] = readDimensions(std::move(type));
  } else if (m_lexer.atWord("struct") || m_lexer.atWord("variant") || m_lexer.atWord("enum")) {
    readSpecifier(nullptr);
  } else {
    return false;
  }
  m_lexer.expect(";");
  return true;
}

/// With `nameBehind` a member's or alias's name follows the type and is taken too.
TsdlTypePtr TsdlTypes::readSpecifier(std::string* nameBehind) {
  const Nesting nesting(m_depth);
  TsdlTypePtr type;
  if (m_lexer.takeWord("integer"))
    type = readNumber();
  else if (m_lexer.takeWord("floating_point"))
    type = readReal();
  else if (m_lexer.takeWord("string"))
    type = readText();
  else if (m_lexer.takeWord("struct"))
    type = readStructure();
  else if (m_lexer.takeWord("variant"))
    type = readVariant();
  else if (m_lexer.takeWord("enum"))
    type = readEnumeration();
  if (type) {
    if (nameBehind != nullptr) *nameBehind = m_lexer.expectWord();
    return type;
  }
  // `unsigned long events_discarded`: the last word is the member's name.
  std::string words = readWords();
  if (nameBehind != nullptr) {
    const std::size_t space = words.rfind(' ');
    if (space == std::string::npos) m_lexer.refuse("a name behind a type");
    *nameBehind = words.substr(space + 1);
    words.resize(space);
  }
  return named("", words);
}

TsdlTypePtr TsdlTypes::readNumber() {
  auto type = std::make_shared<TsdlType>();
  std::uint64_t align = 0;
  for (const auto& [name, value] : readAttributes()) {
    if (name == "size")
      type->bits = value.number.value_or(0);
    else if (name == "align")
      align = alignment(value.number.value_or(0));
    else if (name == "signed")
      type->isSigned = truth(value);
    else if (name == "byte_order")
      type->order = order(value);
    else if (name == "encoding")
      type->isText = value.text != "none" && value.text != "NONE";
    else if (name == "map" && value.text.starts_with("clock.") && value.text.ends_with(".value"))
      type->clock = value.text.substr(6, value.text.size() - 12);
    else if (name != "base" && name != "display_base")
      throw NotUnderstood(fmt::format("metadata: an integer with {} = {}", name, value.text));
  }
  if (type->bits == 0 || type->bits > 64)
    throw NotUnderstood(fmt::format("metadata: an integer of {} bits", type->bits));
  type->align = align != 0 ? align : type->bits % 8 == 0 ? 8 : 1;
  type->isText = type->isText && type->bits == 8;
  return type;
}

TsdlTypePtr TsdlTypes::readReal() {
  auto type = std::make_shared<TsdlType>();
  type->kind = Kind::Real;
  std::uint64_t align = 0;
  for (const auto& [name, value] : readAttributes()) {
    if (name == "exp_dig" || name == "mant_dig")
      type->bits += value.number.value_or(0);
    else if (name == "align")
      align = alignment(value.number.value_or(0));
    else if (name == "byte_order")
      type->order = order(value);
    else
      throw NotUnderstood(fmt::format("metadata: a floating point number with {}", name));
  }
  if (type->bits != 32 && type->bits != 64)
    throw NotUnderstood(fmt::format("metadata: a floating point number of {} bits", type->bits));
  type->align = align != 0 ? align : 8;
  return type;
}

TsdlTypePtr TsdlTypes::readText() {
  auto type = std::make_shared<TsdlType>();
  type->kind = Kind::Text;
  type->align = 8;
  if (m_lexer.at("{")) readAttributes();
  return type;
}

TsdlTypePtr TsdlTypes::readStructure() {
  std::string name;
  if (m_lexer.atWord() && !m_lexer.atWord("align")) name = m_lexer.expectWord();
  if (!m_lexer.at("{")) return named("struct ", name);
  auto type = std::make_shared<TsdlType>();
  type->kind = Kind::Structure;
  readMembers(type->members);
  if (m_lexer.takeWord("align")) {
    m_lexer.expect("(");
    type->align = alignment(m_lexer.expectNumber());
    m_lexer.expect(")");
  }
  for (const TsdlMember& member : type->members) type->align = std::max(type->align, member.type->align);
  if (!name.empty()) m_scopes.back()["struct " + name] = type;
  return type;
}

TsdlTypePtr TsdlTypes::readVariant() {
  std::string name, tag;
  if (m_lexer.atWord()) name = m_lexer.expectWord();
  if (m_lexer.take("<")) {
    tag = readPath();
    m_lexer.expect(">");
  }
  auto type = std::make_shared<TsdlType>();
  if (!m_lexer.at("{")) {
    *type = *named("variant ", name);
  } else {
    type->kind = Kind::Variant;
    readMembers(type->members);
    if (!name.empty()) m_scopes.back()["variant " + name] = type;
  }
  if (tag.empty()) return type;
  auto tagged = std::make_shared<TsdlType>(*type);
  tagged->sizedBy = std::move(tag);
  return tagged;
}

TsdlTypePtr TsdlTypes::readEnumeration() {
  std::string name;
  if (m_lexer.atWord()) name = m_lexer.expectWord();
  TsdlTypePtr container;
  if (m_lexer.take(":")) container = readSpecifier(nullptr);
  if (!m_lexer.at("{")) {
    if (container) m_lexer.refuse("the values of an enumeration");
    return named("enum ", name);
  }
  if (!container) container = named("", "int");
  if (container->kind != Kind::Number) m_lexer.refuse("an enumeration of integers");
  auto type = std::make_shared<TsdlType>(*container);
  type->isText = false;
  type->labels = readLabels(type->isSigned);
  if (!name.empty()) m_scopes.back()["enum " + name] = type;
  return type;
}

std::vector<TsdlLabel> TsdlTypes::readLabels(bool isSigned) {
  std::vector<TsdlLabel> labels;
  std::int64_t next = 0;
  m_lexer.expect("{");
  while (!m_lexer.take("}")) {
    TsdlLabel label;
    if (m_lexer.peek().kind != TsdlToken::Kind::Text && !m_lexer.atWord()) m_lexer.refuse("a name of a value");
    label.name = m_lexer.take().text;
    label.first = m_lexer.take("=") ? readSigned() : next;
    label.last = m_lexer.take("...") ? readSigned() : label.first;
    const bool ordered = isSigned ? label.first <= label.last
                                  : static_cast<std::uint64_t>(label.first) <= static_cast<std::uint64_t>(label.last);
    if (!ordered) m_lexer.refuse("a range whose end is not before its begin");
    next = static_cast<std::int64_t>(static_cast<std::uint64_t>(label.last) + 1);
    labels.push_back(std::move(label));
    if (!m_lexer.take(",") && !m_lexer.at("}")) m_lexer.refuse(",");
  }
  return labels;
}

std::int64_t TsdlTypes::readSigned() {
  const bool negative = m_lexer.take("-");
  if (!negative) m_lexer.take("+");
  const std::uint64_t value = m_lexer.expectNumber();
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

void TsdlTypes::readMembers(std::vector<TsdlMember>& members) {
  m_lexer.expect("{");
  openScope();
  while (!m_lexer.take("}")) {
    if (m_lexer.atWord("typealias") || m_lexer.atWord("typedef")) {
      readDeclaration();
      continue;
    }
    TsdlMember member;
    TsdlTypePtr type = readSpecifier(&member.name);
    member.type = readDimensions(std::move(type));
    m_lexer.expect(";");
    members.push_back(std::move(member));
  }
  closeScope();
}

/// `[16]` or `[_length]` behind a name.
TsdlTypePtr TsdlTypes::readDimensions(TsdlTypePtr type) {
  if (!m_lexer.take("[")) return type;
  auto array = std::make_shared<TsdlType>();
  array->align = type->align;
  array->element = std::move(type);
  if (m_lexer.atWord()) {
    array->kind = Kind::Sequence;
    array->sizedBy = readPath();
  } else {
    array->kind = Kind::Array;
    array->length = m_lexer.expectNumber();
  }
  m_lexer.expect("]");
  if (m_lexer.at("[")) m_lexer.refuse("one dimension");
  return array;
}

TsdlTypePtr TsdlTypes::named(std::string_view what, const std::string& name) const {
  const std::string whole = std::string(what) + name;
  for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope)
    if (const auto found = scope->find(whole); found != scope->end()) return found->second;
  throw NotUnderstood(fmt::format("metadata: there is no type `{}`", whole));
}

std::string TsdlTypes::readWords() {
  std::string words = m_lexer.expectWord();
  while (m_lexer.atWord()) words += " " + m_lexer.expectWord();
  return words;
}

std::string TsdlTypes::readPath() {
  std::string path = m_lexer.expectWord();
  while (m_lexer.take(".")) path += "." + m_lexer.expectWord();
  return path;
}

std::map<std::string, TsdlTypes::Value> TsdlTypes::readAttributes() {
  std::map<std::string, Value> attributes;
  m_lexer.expect("{");
  while (!m_lexer.take("}")) {
    const std::string name = m_lexer.expectWord();
    m_lexer.expect("=");
    Value value;
    if (m_lexer.atWord()) {
      value.text = readPath();
    } else {
      const TsdlToken token = m_lexer.take();
      if (token.kind == TsdlToken::Kind::Number)
        value.number = token.number;
      else if (token.kind != TsdlToken::Kind::Text)
        m_lexer.refuse("a value");
      value.text = token.text;
    }
    attributes[name] = std::move(value);
    m_lexer.expect(";");
  }
  return attributes;
}

bool TsdlTypes::truth(const Value& value) const {
  if (value.number) return *value.number != 0;
  if (value.text == "true" || value.text == "TRUE") return true;
  if (value.text == "false" || value.text == "FALSE") return false;
  m_lexer.refuse("true or false");
}

ByteOrder TsdlTypes::order(const Value& value) const {
  if (value.text == "le") return ByteOrder::Little;
  if (value.text == "be" || value.text == "network") return ByteOrder::Big;
  if (value.text == "native") return ByteOrder::Native;
  m_lexer.refuse("a byte order");
}

}  // namespace descry
