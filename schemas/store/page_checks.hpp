// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

struct sqlite3;

namespace descry {

// A checksum in the last 8 bytes of each page, which SQLite leaves to others ("reserved bytes"): a bit that flipped on
// a disk must not become another number in a report. Every page is compared when it is read. Plain sqlite3 reads such a
// file as any other. When it writes to it, the first page, which changes with every transaction, no longer has its
// checksum: then the others are not compared, because theirs may be old for the same reason.

/// The VFS of SQLite that writes and compares them; known to SQLite after the call.
const char* checkedVfs();
/// For a new file, before anything is written: its pages get checksums.
void giveChecksums(sqlite3* database);
/// True when the pages of the file are compared. Needs a page to have been read.
bool hasChecksums(sqlite3* database);

}  // namespace descry
