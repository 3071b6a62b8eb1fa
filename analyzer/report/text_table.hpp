// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/report/text_page.hpp"

namespace descry {

/// Writes a table in columns, and a legend under it when it has bars.
void printTextTable(const Table& table, TextPage& page);

}  // namespace descry
