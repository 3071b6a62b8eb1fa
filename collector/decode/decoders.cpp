// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/decoders.hpp"

#include <array>

namespace descry {

namespace {

struct Decoder {
  KindRule rule{EventKind::Context, {}};
  PlausibilityCheck check = nullptr;
};

using Decoders = std::array<Decoder, kEventKinds>;

const Decoders& decoders() {
  static const Decoders all = [] {
    Decoders list;
    // The families: a new one is one file and one entry here.
    for (const EventFamily& family : {guestRingEvents(), guestDmaEvents(), vhostEvents(), qemuEvents(), descryEvents(),
                                      kvmEvents(), schedEvents(), contextEvents()}) {
      for (const KindRule& rule : family.kinds) list[static_cast<std::size_t>(rule.kind)] = {rule, family.check};
    }
    return list;
  }();
  return all;
}

}  // namespace

const KindRule* findKind(std::string_view name) {
  for (const Decoder& decoder : decoders())
    if (decoder.rule.name == name) return &decoder.rule;
  return nullptr;
}

const KindRule& ruleOf(EventKind kind) {
  return decoders()[static_cast<std::size_t>(kind)].rule;
}

PlausibilityCheck checkOf(EventKind kind) {
  return decoders()[static_cast<std::size_t>(kind)].check;
}

void takeOut(Event& event, Field field) {
  if (!event.has(field)) return;
  Event rest = event;
  rest.present = 0;
  for (std::size_t i = 0; i < kFields; ++i) {
    const Field other = static_cast<Field>(i);
    if (other != field && event.has(other)) rest.append(other, event[other]);
  }
  event = rest;
}

}  // namespace descry
