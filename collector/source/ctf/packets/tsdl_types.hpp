// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/ctf/packets/tsdl_lexer.hpp"
#include "collector/source/ctf/packets/tsdl_type.hpp"

namespace descry {

/// Reads the types of TSDL and knows those that have names. Throws NotUnderstood.
class TsdlTypes {
 public:
  explicit TsdlTypes(TsdlLexer& lexer) : m_lexer(lexer), m_scopes(1) {}

  /// A type as it stands behind `:=`.
  TsdlTypePtr readType();
  /// `typealias`, `typedef` or a named type with its semicolon; false when none of them stands here.
  bool readDeclaration();

  void openScope() { m_scopes.emplace_back(); }
  void closeScope() { m_scopes.pop_back(); }

 private:
  using Scope = std::map<std::string, TsdlTypePtr, std::less<>>;
  struct Value {
    std::string text;  ///< a word, a path of words with dots, or a text
    std::optional<std::uint64_t> number;
  };

  TsdlTypePtr readSpecifier(std::string* nameBehind);
  TsdlTypePtr readNumber();
  TsdlTypePtr readReal();
  TsdlTypePtr readText();
  TsdlTypePtr readStructure();
  TsdlTypePtr readVariant();
  TsdlTypePtr readEnumeration();
  std::vector<TsdlLabel> readLabels(bool isSigned);
  std::int64_t readSigned();
  void readMembers(std::vector<TsdlMember>& members);
  TsdlTypePtr readDimensions(TsdlTypePtr type);
  TsdlTypePtr named(std::string_view what, const std::string& name) const;
  std::string readWords();
  std::string readPath();
  /// The attributes between braces, by name.
  std::map<std::string, Value> readAttributes();
  bool truth(const Value& value) const;
  ByteOrder order(const Value& value) const;

  TsdlLexer& m_lexer;
  std::vector<Scope> m_scopes;
  int m_depth = 0;
};

}  // namespace descry
