// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace descry {

enum class Finding { Good, Limited, Missing };

/// One thing that was looked at.
struct Examination {
  std::string id;    ///< kebab-case, stable: for programs
  std::string what;  ///< for people
  Finding finding = Finding::Good;
  std::string found;  ///< what there is
  std::string means;  ///< what it means for a recording or report here; empty when all is well
  std::string fix;    ///< command that changes it; empty when there is none
};

/// What a report of a recording made here will be able to say of one cause.
struct Attribution {
  std::string cause;
  bool possible = false;
  std::string why;
};

struct Diagnosis {
  std::string kernel, architecture;
  std::vector<Examination> examinations;
  std::vector<Attribution> attributions;
};

/// Looks at this machine. Changes nothing; needs no capability, but sees more with them.
Diagnosis examine();

}  // namespace descry
