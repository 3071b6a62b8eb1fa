// SPDX-License-Identifier: GPL-2.0-or-later
// A facts file of any form, on its way to the devices of a machine.
#include "collector/facts/facts_file.hpp"
#include "collector/facts/same_devices.hpp"
#include "schemas/model/error.hpp"
#include "tests/fuzz/bytes_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const descry::fuzz::BytesFile file(data, size);
  descry::factsBesideTrace(file.path());
  try {
    const std::vector<descry::MachineFacts> said = {descry::readFacts(file.path()), descry::readFacts(file.path())};
    const descry::SameDevices same(said, {{"virtio0", "net"}, {"virtio1", "unknown"}});
  } catch (const descry::Error&) {  // what a bad file gives
  }
  return 0;
}
