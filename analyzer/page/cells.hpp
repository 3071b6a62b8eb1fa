// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/page/page.hpp"

namespace descry {

// Cells of tables. `sql` returns the number of the cell.

Cell textCell(std::string text);
Cell timeCell(Ns ns, std::string sql = {}, bool about = false);
Cell countCell(std::int64_t count, std::string sql = {});
/// `shown` where a share of 0 has a word of its own.
Cell shareCell(double share, std::string sql = {}, std::string shown = {});
/// A change by this part of what was: +12.3 %, with `text` where there is more to say.
Cell changeCell(double relative, std::string text);
/// A time or count; 0 becomes "-".
Cell orDash(Cell cell);

}  // namespace descry
