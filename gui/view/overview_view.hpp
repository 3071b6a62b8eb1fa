// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gui/view/view.hpp"

class QComboBox;
class QLabel;
class QToolButton;
class QTreeView;

namespace descry::gui {

class AttributionDelegate;
class FindingsPanel;
class OverviewModel;

/// The answer: where the time went, per transport, device and queue.
class OverviewView : public View {
  Q_OBJECT
 public:
  OverviewView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  QWidget* focusTarget() override;

 public slots:
  /// The slowest chain of the cause that cost most: straight to it.
  void goToWorst();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QString headline() const;
  QToolButton* badge(const QString& text, bool good, const QString& explanation);
  void selectRow(const QModelIndex& index, int cause);
  void followSelection();

  OverviewModel* m_model;
  AttributionDelegate* m_delegate;
  QLabel* m_headline;
  QComboBox* m_scale;
  QTreeView* m_tree;
  std::set<QueueId> m_followed;  ///< queues of the selection that the marked row follows
  FindingsPanel* m_findings;
};

}  // namespace descry::gui
