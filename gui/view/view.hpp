// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTextStream>
#include <QWidget>
#include <span>

#include "gui/query/session.hpp"

namespace descry::gui {

/// A picture of the session's case. Follows the session's selection, and may change it.
class View : public QWidget {
  Q_OBJECT
 public:
  View(Session& session, QWidget* parent);

  /// Writes what is shown as a table; false when the view has none.
  virtual bool writeCsv(QTextStream&) { return false; }
  /// Where the keyboard should be when the view is chosen.
  virtual QWidget* focusTarget() { return this; }

 protected:
  /// Asks for what is to be shown. Only called while the view can be seen.
  virtual void refresh() {}
  /// Calls refresh() now, or when the view is seen the next time.
  void refreshWhenSeen();
  void showEvent(QShowEvent* event) override;

  Session& session() const { return m_session; }
  const Case& all() const { return m_session.all(); }
  const Theme& theme() const { return m_session.theme(); }

 private:
  Session& m_session;
  bool m_stale = false;
};

/// A kind of view: one line in the list in views.cpp.
struct ViewKind {
  const char* id;
  const char* title;     ///< to be translated in context "View"
  const char* shortcut;  ///< of choosing it
  const char* purpose;   ///< one sentence, to be translated as well
  View* (*make)(Session& session, QWidget* parent);
};

std::span<const ViewKind> viewKinds();

/// A text field of a CSV file, as in reports; a text that is empty gives an empty field.
QString csvField(const QString& text);

}  // namespace descry::gui
