// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/binding/ctf_binding.hpp"

#include "collector/probes/records.h"

namespace descry {

namespace {

using Members = std::vector<CtfMember>;

/// Index of the member of this name; only the first one of a name counts.
std::optional<std::uint64_t> findMember(const Members& members, std::string_view name, CtfMember::Kind kind) {
  for (std::uint64_t i = 0; i < members.size(); ++i)
    if (members[i].name == name) return members[i].kind == kind ? std::optional(i) : std::nullopt;
  return {};
}

std::optional<std::uint64_t> findOne(const Members& members, const NamedValue& source, CtfMember::Kind kind) {
  for (const std::string& name : source.names)
    if (const auto member = findMember(members, name, kind)) return member;
  return {};
}

std::optional<std::uint64_t> findNumber(const Members& members, const NamedValue& source) {
  return findOne(members, source, CtfMember::Kind::Number);
}

std::optional<std::uint64_t> findText(const Members& members, const NamedValue& source) {
  return findOne(members, source, CtfMember::Kind::Text);
}

void bindThreadId(CtfBinding& binding, const CtfEventShape& shape, bool ownProvider) {
  static const Members kNone;
  // The session may add the thread that forwarded an event of our own provider: its own field comes first.
  const std::pair<CtfPlace, const Members&> places[] = {{CtfPlace::Payload, ownProvider ? shape.payload : kNone},
                                                        {CtfPlace::SpecificContext, shape.specificContext},
                                                        {CtfPlace::CommonContext, shape.commonContext},
                                                        {CtfPlace::Payload, shape.payload}};
  for (const auto& [place, members] : places) {
    // Payload only under perf's own name: an event may speak of another thread in a field `tid`.
    const NamedValue names = place != CtfPlace::Payload ? NamedValue{{"vtid", "tid"}}
                             : ownProvider              ? NamedValue{{"tid"}}
                                                        : NamedValue{{"perf_tid"}};
    if (const auto member = findNumber(members, names)) {
      binding.threadPlace = place;
      binding.threadMember = *member;
      binding.threadType = members[*member].type;
      return;
    }
  }
}

/// A batch counts as the records that are in it.
void bindBatch(CtfBinding& binding, EventTypes& types, const Members& payload) {
  const auto numbers = findMember(payload, "numbers", CtfMember::Kind::Numbers);
  const auto layout = findMember(payload, "layout", CtfMember::Kind::Number);
  if (!numbers || !layout || payload[*layout].type != CtfValueType::Unsigned) {
    binding.type->handedOn = false;
    binding.type->missing = "numbers and their layout";
    return;
  }
  binding.numbersMember = *numbers;
  binding.layoutMember = *layout;
  for (std::uint32_t type = 0; type < DescryFirstRaw; ++type) {
    const RecordShape* shape = recordOfType(type);
    binding.batchTypes.push_back(
        shape == nullptr ? nullptr
                         : &types.add(CtfBinding::kProvider, shape->name, [](const NamedValue&) { return true; }));
  }
}

/// What the collector's own provider carries besides the values of an event.
void bindProvider(CtfBinding& binding, std::string_view event, const Members& payload) {
  const auto slotOf = [&payload](const char* name) -> std::optional<CtfSlot> {
    const auto member = findMember(payload, name, CtfMember::Kind::Number);
    if (!member) return {};
    return CtfSlot{Field::Value, false, payload[*member].type, *member};
  };
  binding.time = slotOf("ns");
  binding.cpu = slotOf("cpu");
  binding.record = findRecord(event);
  const EventKind kind = binding.type->alias->kind;
  const bool isRecord =
      kind == EventKind::HostRecord || kind == EventKind::GuestRecord || kind == EventKind::CaptureRecord;
  if (isRecord && (binding.record == nullptr || !binding.time)) {
    binding.type->handedOn = false;
    binding.type->missing = "a record of this name with a time";
  }
  if (binding.record == nullptr) return;
  for (const RecordField& field : binding.record->fields)
    if (const auto member = findMember(payload, field.name, CtfMember::Kind::Number))
      binding.recordSlots.push_back({&field, payload[*member].type, *member});
}

}  // namespace

CtfBinding bindEvent(EventTypes& types, const CtfEventShape& shape) {
  CtfBinding binding;
  const std::string_view name = shape.name;
  const std::size_t colon = name.find(':');
  const std::string_view group = colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
  const std::string_view event = colon == std::string_view::npos ? name : name.substr(colon + 1);
  const Members& payload = shape.payload;
  binding.type = &types.add(
      group, event, [&](const NamedValue& source) { return findNumber(payload, source) || findText(payload, source); });
  const Alias* alias = binding.type->alias;
  if (alias == nullptr || !binding.type->handedOn) return binding;
  for (const FieldAlias& value : alias->fields) {
    if (value.constant)
      binding.slots.push_back({value.field, true, CtfValueType::Unsigned, *value.constant});
    else if (const auto member = findNumber(payload, value.source))
      binding.slots.push_back({value.field, false, payload[*member].type, *member});
  }
  if (alias->text)
    if (const auto member = findText(payload, *alias->text)) {
      binding.hasText = true;
      binding.textMember = *member;
    }
  const bool own = group == CtfBinding::kProvider;
  bindThreadId(binding, shape, own);
  if (own && event == "records")
    bindBatch(binding, types, payload);
  else if (own)
    bindProvider(binding, event, payload);
  return binding;
}

void CtfBinding::addRecord(const RecordShape& shape, const Record& values, Batch& batch) const {
  batch.records.push_back(values);
  acceptRecord(shape, batch);
  EventType& own = *batchTypes[shape.type];
  Event& event = EventTypes::start(own, static_cast<Ns>(recordAs<DescryHeader>(values).ns), batch);
  event.record = static_cast<std::uint32_t>(batch.records.size());
  EventTypes::accept(own, batch);
}

void CtfBinding::addUnknown(Ns ns, Batch& batch) {
  batch.anomalies.push_back({"unknown-records", ns,
                             "a batch of records of another version of descry: import it with the version that "
                             "recorded it"});
}

}  // namespace descry
