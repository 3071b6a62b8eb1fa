// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/source/ctf/packets/layout.hpp"
#include "collector/source/ctf/packets/tsdl_type.hpp"

namespace descry {

/// What LTTng puts before names so that they are no keywords: one underscore does not count.
inline std::string_view withoutUnderscore(std::string_view name) {
  return name.starts_with('_') ? name.substr(1) : name;
}

/// True for an array or sequence that is a text, as a whole or up to its first 0.
bool isTextArray(const TsdlType& type);
/// True for an array or sequence of whole unsigned numbers, none of which is a letter.
bool isNumberArray(const TsdlType& type);

/// Compiles structures that follow each other into one layout. Fields between which distances are known become one
/// step, so that most events are one check of their length and the loads that are wanted.
class LayoutBuilder {
 public:
  /// `clock`: numbers mapped to it update the clock; empty: there may be none.
  LayoutBuilder(ByteOrder order, std::string clock) : m_order(order), m_clock(std::move(clock)) {
    m_layout.programs.emplace_back();
  }

  /// Appends a structure. `wanted` says for each number, text or array of numbers of its top level, and for each number
  /// below, whether it is to be kept; the register that it gets is handed to `kept`.
  using Wanted = std::function<bool(std::string_view name, bool isTop, std::size_t member)>;
  using Kept = std::function<void(std::string_view name, std::size_t member, std::uint16_t target)>;
  void add(const TsdlType& structure, const Wanted& wanted, const Kept& kept);

  CtfLayout take() { return std::move(m_layout); }

 private:
  struct Known {
    std::string name;
    const TsdlType* type = nullptr;
    std::uint16_t target = kNoRegister;
  };

  void field(const TsdlType& type, std::uint16_t target);
  void structure(const TsdlType& type, bool isTop);
  void number(const TsdlType& type, std::uint16_t target);
  void skip(std::uint64_t align, std::uint64_t bits);
  void array(const TsdlType& type, std::uint16_t target);
  void variant(const TsdlType& type);
  std::uint32_t subprogram(const TsdlType& type);
  /// The Fixed step that a field of this alignment can join, with the field's place in it.
  std::pair<CtfStep*, std::uint64_t> run(std::uint64_t align);
  CtfStep& step(CtfStep::Kind kind, std::uint64_t align);
  std::uint16_t newRegister(std::uint16_t count = 1);
  const Known& find(const std::string& name) const;
  bool isReferred(std::string_view name) const;
  void collectReferences(const TsdlType& type);
  std::vector<CtfStep>& program() { return m_layout.programs[m_program]; }

  ByteOrder m_order;
  std::string m_clock;
  CtfLayout m_layout;
  std::size_t m_program = 0;
  std::uint64_t m_pendingAlign = 1;  ///< of structures that begin here
  std::vector<Known> m_known;        ///< numbers that lengths and tags may name, innermost last
  std::vector<std::string> m_referred;
  const Wanted* m_wanted = nullptr;
  const Kept* m_kept = nullptr;
};

}  // namespace descry
