// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <vector>

#include "gui/data/case.hpp"

namespace descry::gui {

/// A place that somebody marked.
struct Bookmark {
  QString title;
  ChainId chain;          ///< invalid: a time range
  TimeRange range;        ///< on the axis
  std::string condition;  ///< by which chains were narrowed
};

/// What belongs to a user and not to the case: bookmarks, notes and the layout. A small JSON file beside the database,
/// or in the user's data folder where that place may not be written. Older versions are read, newer ones left alone.
class Sidecar {
 public:
  static constexpr int kVersion = 1;

  explicit Sidecar(const std::filesystem::path& database);

  /// What went wrong when it was read; it is then never written.
  const QString& problem() const { return m_problem; }
  /// Returns what went wrong, or nothing. An empty sidecar makes no file.
  QString save();
  const QString& path() const { return m_path; }

  std::vector<Bookmark> bookmarks;
  QString notes;
  QByteArray layout;

 private:
  void load();

  QString m_path, m_problem;
};

}  // namespace descry::gui
