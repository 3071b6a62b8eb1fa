// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/alias_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "collector/decode/decoders.hpp"
#include "collector/decode/event_types.hpp"
#include "schemas/model/error.hpp"

namespace descry {
namespace {

using ::testing::HasSubstr;

AliasTable::HasField having(std::set<std::string> names) {
  return [names = std::move(names)](const NamedValue& source) {
    for (const std::string& name : source.names)
      if (names.contains(name)) return true;
    return false;
  };
}

AliasMatch builtIn(std::string_view group, std::string_view event, std::set<std::string> names) {
  return AliasTable::builtIn().match(group, event, having(std::move(names)));
}

std::string errorOf(std::string_view text) {
  try {
    const AliasTable table(text);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(AliasTable, EveryKindOfEventHasADecoder) {
  for (std::size_t i = 0; i < kEventKinds; ++i) EXPECT_FALSE(ruleOf(static_cast<EventKind>(i)).name.empty()) << i;
}

TEST(AliasTable, EveryKindOfEventCanBeNamedByATrace) {
  std::set<EventKind> named;
  for (const Alias& alias : AliasTable::builtIn().aliases()) named.insert(alias.kind);
  EXPECT_EQ(named.size(), kEventKinds);
}

TEST(AliasTable, FieldsAreInTheOrderInWhichEventsTakeThem) {
  for (const Alias& alias : AliasTable::builtIn().aliases())
    for (std::size_t i = 1; i < alias.fields.size(); ++i)
      EXPECT_LT(alias.fields[i - 1].field, alias.fields[i].field) << "line " << alias.line;
}

TEST(AliasTable, AKickIsToldApartByItsFields) {
  const auto guest = builtIn("descry", "kick", {"dev", "q", "vq", "num_added"});
  ASSERT_NE(guest.alias, nullptr);
  EXPECT_EQ(guest.alias->kind, EventKind::GuestKickPrepare);
  const auto host = builtIn("descry", "kick", {"wait", "key"});
  ASSERT_NE(host.alias, nullptr);
  EXPECT_EQ(host.alias->kind, EventKind::VhostKick);
}

TEST(AliasTable, TheNamingWithoutReturnProbesIsToldApartByItsFields) {
  const auto ours = builtIn("", "add_sgs", {"dev", "q", "vq", "avail", "token"});
  ASSERT_NE(ours.alias, nullptr);
  EXPECT_EQ(ours.alias->variant & kNoReturnProbe, 0);
  const auto theirs = builtIn("vx", "add_sgs", {"vdev", "q", "name", "vq", "free", "out", "in", "data"});
  ASSERT_NE(theirs.alias, nullptr);
  EXPECT_EQ(theirs.alias->kind, EventKind::GuestAdd);
  EXPECT_EQ(theirs.alias->variant & kNoReturnProbe, kNoReturnProbe);
}

TEST(AliasTable, AGroupMustMatchUnlessTheLineTakesAny) {
  EXPECT_NE(builtIn("qemu", "virtqueue_flush", {"vq", "count"}).alias, nullptr);
  EXPECT_EQ(builtIn("other", "virtqueue_flush", {"vq", "count"}).alias, nullptr);
}

TEST(AliasTable, AStarEndsANameAndMoreSpecificLinesComeFirst) {
  const auto other = builtIn("qemu", "vtd_ir_remap", {"index"});
  ASSERT_NE(other.alias, nullptr);
  EXPECT_EQ(other.alias->kind, EventKind::Context);
  const auto miss = builtIn("qemu", "vtd_iotlb_page_update", {"sid", "addr", "slpte", "domain"});
  ASSERT_NE(miss.alias, nullptr);
  EXPECT_EQ(miss.alias->kind, EventKind::QemuIommuMiss);
}

TEST(AliasTable, AKnownEventThatLacksFieldsSaysWhich) {
  const auto match = builtIn("descry", "add_sgs", {"dev", "q", "vq", "out", "in"});
  EXPECT_EQ(match.alias, nullptr);
  EXPECT_EQ(match.missing, "avail, token");
}

TEST(AliasTable, AnEventThatSharesOnlyTheNameIsUnknownNotDamaged) {
  const auto match = builtIn("mydriver", "map", {"cookie"});
  EXPECT_EQ(match.alias, nullptr);
  EXPECT_EQ(match.missing, "");
}

TEST(AliasTable, AnOptionalFieldMayBeAbsent) {
  EXPECT_NE(builtIn("descry", "get_ret", {"token"}).alias, nullptr);  // kernels whose return probes have no arguments
}

TEST(AliasTable, AConstantIsGivenWithoutAName) {
  const auto match = builtIn("descry", "add_outbuf", {"dev", "q", "vq", "avail", "token", "num"});
  ASSERT_NE(match.alias, nullptr);
  const auto& fields = match.alias->fields;
  const auto in =
      std::find_if(fields.begin(), fields.end(), [](const auto& value) { return value.field == Field::In; });
  ASSERT_NE(in, fields.end());
  EXPECT_EQ(in->constant, 0U);
}

TEST(AliasTable, AWrongLineIsRefusedWithItsNumber) {
  EXPECT_THAT(errorOf("# comment\n\na:b Nonsense\n"), HasSubstr("line 3: unknown kind of event Nonsense"));
  EXPECT_THAT(errorOf("a:b QemuFlush+Loud Vq=vq Count=n"), HasSubstr("unknown variant Loud"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq Amount=n"), HasSubstr("unknown field Amount"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq:octal Count=n"), HasSubstr("unknown format octal"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq"), HasSubstr("QemuFlush needs the field Count"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq Count?=n"), HasSubstr("QemuFlush needs the field Count"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq Count=n Token=t"), HasSubstr("QemuFlush has no field Token"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq Count=n Count=m"), HasSubstr("Count is given twice"));
  EXPECT_THAT(errorOf("a:b QemuFlush Vq=vq Count=#x"), HasSubstr("expected a number"));
  EXPECT_THAT(errorOf("ab QemuFlush"), HasSubstr("expected `group:event"));
  EXPECT_EQ(errorOf("a:b QemuFlush Vq=vq|queue Count=n\r\n"), "");
}

/// One event of the given kind through the checks of its family.
class Plausibility : public ::testing::Test {
 protected:
  EventType& type(EventKind kind) {
    m_alias.kind = kind;
    return m_types.add("test", &m_alias);
  }
  Batch accept(EventKind kind, std::vector<std::pair<Field, std::uint64_t>> values) {
    Batch batch;
    EventType& eventType = type(kind);
    Event& event = EventTypes::start(eventType, 7, batch);
    for (const auto& [field, value] : values) event.append(field, value);
    EventTypes::accept(eventType, batch);
    return batch;
  }
  static constexpr std::uint64_t negative(std::int64_t value) { return static_cast<std::uint64_t>(value); }

  Alias m_alias;
  EventTypes m_types;
};

TEST_F(Plausibility, AnImpossibleValueTakesTheEventOutAndIsReported) {
  const Batch batch = accept(EventKind::QemuNotify, {{Field::Device, 1}, {Field::Queue, 70000}, {Field::Vq, 2}});
  EXPECT_TRUE(batch.events.empty());
  ASSERT_EQ(batch.anomalies.size(), 1U);
  EXPECT_EQ(batch.anomalies[0].kind, "impossible-value");
  EXPECT_EQ(batch.anomalies[0].ns, 7);
  EXPECT_THAT(batch.anomalies[0].detail, HasSubstr("Queue is 70000"));
}

TEST_F(Plausibility, TheLargestPossibleValuesAreTaken) {
  EXPECT_EQ(
      accept(EventKind::QemuNotify, {{Field::Device, ~0ULL}, {Field::Queue, 65535}, {Field::Vq, 2}}).events.size(), 1U);
  EXPECT_EQ(accept(EventKind::GuestAddReturn, {{Field::Result, negative(-4095)}}).events.size(), 1U);
}

TEST_F(Plausibility, GuestEventsOfImpossibleQueuesOrResultsAreLeftOut) {
  EXPECT_TRUE(accept(EventKind::GuestNotify, {{Field::Device, negative(-1)}, {Field::Queue, 0}, {Field::Vq, 2}})
                  .events.empty());
  EXPECT_TRUE(accept(EventKind::GuestAddReturn, {{Field::Result, 1}}).events.empty());
  EXPECT_TRUE(accept(EventKind::GuestKickPrepare, {{Field::Vq, 2}, {Field::Packed, 7}}).events.empty());
  EXPECT_TRUE(accept(EventKind::GuestKickPrepare, {{Field::Vq, 2}, {Field::Size, 0}}).events.empty());
  EXPECT_TRUE(accept(EventKind::DmaMap, {{Field::Length, 16}, {Field::Direction, 3}}).events.empty());
  EXPECT_TRUE(accept(EventKind::DmaMap, {{Field::Length, 0}}).events.empty());
}

TEST_F(Plausibility, CountsThatAFailedFetchLeftOnTheStackAreTakenOutOnly) {
  const Batch batch = accept(
      EventKind::VhostFetchReturn,
      {{Field::Vq, 5}, {Field::Avail, 9}, {Field::Out, 0xffff8a55U}, {Field::In, 1}, {Field::Result, negative(-11)}});
  ASSERT_EQ(batch.events.size(), 1U);
  const Event& event = batch.events[0];
  EXPECT_FALSE(event.has(Field::Out));
  EXPECT_EQ(event[Field::Vq], 5U);
  EXPECT_EQ(event[Field::Avail], 9U);
  EXPECT_EQ(event[Field::In], 1U);
  EXPECT_EQ(event[Field::Result], negative(-11));
}

TEST_F(Plausibility, OnlyTheDoorbellRegisterOfVirtioMmioIsANotification) {
  EXPECT_EQ(accept(EventKind::QemuMmioNotify, {{Field::Address, 0x50}, {Field::Value, 0}}).events.at(0).kind,
            EventKind::QemuMmioNotify);
  EXPECT_EQ(accept(EventKind::QemuMmioNotify, {{Field::Address, 0x70}, {Field::Value, 1}}).events.at(0).kind,
            EventKind::Context);
}

TEST_F(Plausibility, MissingFieldsAreReportedOncePerEventType) {
  EventTypes types;
  EventType& damaged = types.add("descry", "add_sgs", having({"dev", "q"}));
  Batch batch;
  EventTypes::skip(damaged, 1, batch);
  EventTypes::skip(damaged, 2, batch);
  ASSERT_EQ(batch.anomalies.size(), 1U);
  EXPECT_EQ(batch.anomalies[0].kind, "missing-field");
  EXPECT_THAT(batch.anomalies[0].detail, HasSubstr("descry:add_sgs has no field vq"));
  TraceInfo info;
  types.writeCounts(info);
  EXPECT_EQ(info.counts.at("descry:add_sgs").count, 2);
  EXPECT_FALSE(info.counts.at("descry:add_sgs").kind.has_value());
}

}  // namespace
}  // namespace descry
