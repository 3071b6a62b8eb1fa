// SPDX-License-Identifier: GPL-2.0-or-later
// A file of any format that is one file: ftrace text, a log of QEMU, trace.dat. The seeds decide which.
#include "tests/fuzz/bytes_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const descry::fuzz::BytesFile file(data, size);
  descry::fuzz::readTrace(file.path());
  return 0;
}
