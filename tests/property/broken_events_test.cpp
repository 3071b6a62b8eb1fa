// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>

#include "collector/decode/decoders.hpp"
#include "tests/property/random_scenario.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

using namespace simulate;

namespace {

/// Leaves the times alone: a source delivers in order, even from a damaged trace.
void swapContents(Event& a, Event& b) {
  std::swap(a, b);
  std::swap(a.ns, b.ns);
}

/// What the decoders let through: an event of this kind has the fields it needs and no impossible value.
bool isAccepted(Event& event) {
  const FieldSet needs = ruleOf(event.kind).needs;
  const PlausibilityCheck check = checkOf(event.kind);
  return (event.present & needs) == needs && (check == nullptr || !check(event));
}

void breakEvents(std::vector<Event>& events, Random& random, std::uint64_t oneIn) {
  std::vector<Event> broken;
  for (std::size_t index = 0; index < events.size(); ++index) {
    Event event = events[index];
    if (!random.oneIn(oneIn)) {
      broken.push_back(event);
      continue;
    }
    switch (random.below(6)) {
      case 0:
        break;  // gone
      case 1:
        broken.push_back(event);
        broken.push_back(event);
        break;
      case 2:
        if (!broken.empty()) swapContents(broken.back(), event);
        broken.push_back(event);
        break;
      case 3:
        for (std::uint64_t& value : event.values) value = random.oneIn(2) ? random.next() : random.below(4);
        broken.push_back(event);
        break;
      case 4:
        event.tid = static_cast<std::int32_t>(random.below(8));
        event.cpu = static_cast<std::uint16_t>(random.below(4));
        broken.push_back(event);
        break;
      default:
        event.kind = static_cast<EventKind>(random.below(kEventKinds));
        broken.push_back(event);
        break;
    }
  }
  std::erase_if(broken, [](Event& event) { return !isAccepted(event); });
  events = std::move(broken);
}

}  // namespace

TEST(BrokenEvents, NeverCrashAndNeverBreakTheSums) {
  forEachSeed(500, [](std::uint64_t seed) {
    Random random(seed);
    const Choose choose = chooseFrom(random);
    auto simulation = std::make_unique<Simulation>(anyScenario(choose));
    const std::uint64_t oneIn = std::uint64_t{1} << random.below(9);
    breakEvents(simulation->guest.events, random, oneIn);
    breakEvents(simulation->host.events, random, oneIn);
    try {
      const PlayedWorld world(std::move(simulation));
      const Failures failures = checkRows(world);
      EXPECT_TRUE(failures.empty()) << "seed " << seed << ":\n" << join(failures);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "seed " << seed << ": " << error.what();
    }
  });
}

TEST(BrokenEvents, MayBeNoEventsAtAll) {
  Random random(1);
  for (const bool guest : {true, false}) {
    auto simulation = std::make_unique<Simulation>(anyScenario(chooseFrom(random)));
    (guest ? simulation->guest : simulation->host).events.clear();
    const PlayedWorld world(std::move(simulation));
    EXPECT_TRUE(checkRows(world).empty());
  }
}

}  // namespace descry::property
