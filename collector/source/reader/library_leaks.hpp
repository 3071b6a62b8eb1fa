// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace descry {

/// While it lives, what is allocated is not reported as leaked by LeakSanitizer: libtracecmd loses a few bytes for each
/// version 6 file, libbabeltrace2 for each syntax error in metadata and for the event at which a stream breaks off.
class LibraryLeaks {
 public:
#if defined(__SANITIZE_ADDRESS__)
  LibraryLeaks() {
    __lsan_disable();
  }
  ~LibraryLeaks() {
    __lsan_enable();
  }
#else
  LibraryLeaks() = default;
  ~LibraryLeaks() {}  // not trivial, so that the variable counts as used
#endif
  LibraryLeaks(const LibraryLeaks&) = delete;
  LibraryLeaks& operator=(const LibraryLeaks&) = delete;
};

}  // namespace descry
