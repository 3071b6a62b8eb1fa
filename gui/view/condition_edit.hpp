// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLineEdit>

#include "gui/query/session.hpp"

class QCompleter;
class QStringListModel;

namespace descry::gui {

/// A line for a condition over chains: completes fields and values, marks where it is wrong, and narrows the selection
/// when Enter is pressed.
class ConditionEdit : public QLineEdit {
  Q_OBJECT
 public:
  ConditionEdit(Session& session, QWidget* parent);
  /// What is wrong with the text; empty: nothing.
  QString problem() const { return m_problem; }

 signals:
  void problemChanged(const QString& problem);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void check();
  void complete();
  void insertCompletion(const QString& word);
  void apply();

  Session& m_session;
  QStringListModel* m_words;
  QCompleter* m_completer;
  QString m_problem;
  int m_wrongAt = -1, m_wrongLength = 0;
  int m_completedAt = 0;
};

}  // namespace descry::gui
