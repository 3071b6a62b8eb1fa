// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QStringList>
#include <filesystem>

namespace descry::gui {

/// Where the case of these traces is kept: in the user's cache, so that nothing is ever written beside them. The name
/// says which traces and in which state (names, sizes and times of change of all files, version of the tables): an
/// existing file is the case of the traces as they are. Makes the folder.
QString cachedCaseOf(const QStringList& traces);

/// Removes cases of the same traces in an earlier state that are older than a week; others may still be open.
void dropOldCases(const QString& kept);

/// What stays the same for a case in the cache when its traces change; empty: the database is not there.
QString cachedName(const std::filesystem::path& database);

/// True for a folder, and for a file that is not a database.
bool looksLikeTraces(const QString& path);

}  // namespace descry::gui
