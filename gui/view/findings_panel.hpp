// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QScrollArea>

#include "gui/query/session.hpp"

class QLabel;

namespace descry::gui {

/// The findings of a case, one card each, the worst first: what is wrong, what to do with a command to copy, and the
/// ways on: its chains, its evidence, and why. The words are those of the report.
class FindingsPanel : public QScrollArea {
  Q_OBJECT
 public:
  FindingsPanel(Session& session, QWidget* parent);

  /// What its cards need, without the details that are folded away.
  int wantedHeight() const;

 private:
  QWidget* cardOf(const FindingSummary& finding);
  QWidget* buttonsOf(const FindingSummary& finding, QWidget* details);
  QWidget* detailsOf(const FindingSummary& finding);
  void showChains(const FindingSummary& finding);
  void colour();

  Session& m_session;
  QWidget* m_cards;
  std::vector<std::pair<QLabel*, Severity>> m_signs;
};

/// The command at the end of what to do: behind the last colon and blank; empty where there is none.
QString commandOf(const std::string& action);

}  // namespace descry::gui
