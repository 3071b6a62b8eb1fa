// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <filesystem>
#include <memory>

#include "gui/data/selection.hpp"
#include "gui/query/query_thread.hpp"
#include "gui/style/theme.hpp"

namespace descry::gui {

/// The open case and what all its views share: the selection with its history, the theme, the count of running
/// questions. Views never talk to each other, only to this. GUI thread.
class Session : public QObject {
  Q_OBJECT
 public:
  Session(std::shared_ptr<const Case> opened, const Theme& theme, QObject* parent = nullptr);

  const Case& all() const { return *m_case; }
  std::shared_ptr<const Case> shared() const { return m_case; }
  const Selection& selection() const { return m_history.current(); }
  const Theme& theme() const { return m_theme; }
  Activity& activity() { return m_activity; }
  /// A thread for one kind of question.
  QueryThread* newThread(QObject* parent) { return new QueryThread(m_case->path, m_case->file, m_activity, parent); }

  void select(const Selection& selection);
  /// Looks at one chain; the rest of the selection stays.
  void lookAt(const ChainId& chain);
  /// Shows the chain everywhere, also in the timeline: zooms to it.
  void goTo(const ChainId& chain);
  void clearSelection();
  void back();
  void forward();
  bool canGoBack() const { return m_history.canGoBack(); }
  bool canGoForward() const { return m_history.canGoForward(); }
  /// Grows with each selection and shrinks on the way back.
  std::size_t historyPlace() const { return m_history.place(); }
  /// The case that this one is compared with; empty: none was chosen.
  const std::filesystem::path& base() const { return m_base; }
  void compareWith(const std::filesystem::path& base);
  void setTheme(const Theme& theme);

  /// The selection in words, for the status line.
  QString selectionText() const;

 signals:
  void selectionChanged();
  /// The order in which chains are to be listed; a Cause, or -1 for the whole latency.
  void orderWanted(int cause);
  void goToRequested(const descry::ChainId& chain);
  void viewWanted(const QString& id);
  /// The SQL view is to ask this.
  void sqlWanted(const QString& text);
  void timeWanted(const descry::TimeRange& range);
  void themeChanged();
  void baseChanged();
  /// The user wants to choose one.
  void baseWanted();

 private:
  std::shared_ptr<const Case> m_case;
  SelectionHistory m_history;
  Theme m_theme;
  std::filesystem::path m_base;
  Activity m_activity;
};

}  // namespace descry::gui
