// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "gui/data/chain_detail.hpp"
#include "gui/view/view.hpp"

class QLabel;
class QPushButton;
class QStackedWidget;

namespace descry::gui {

class Notice;
class Waterfall;

/// One chain: its waterfall, its misses and bounces, and who made it wait.
class ChainView : public View {
  Q_OBJECT
 public:
  ChainView(Session& session, QWidget* parent);

  bool writeCsv(QTextStream& out) override;
  /// What is shown, as text to be pasted into a mail.
  QString asText() const;

 private:
  void follow();
  void show(std::shared_ptr<const ChainDetail> chain);
  QString heading() const;
  QString details() const;

  std::shared_ptr<const ChainDetail> m_chain;
  ChainId m_wanted;
  QLabel* m_heading;
  QWidget* m_bar;
  Waterfall* m_waterfall;
  QLabel* m_details;
  QPushButton* m_previous;
  QPushButton* m_next;
  QStackedWidget* m_stack;
  Notice* m_notice;
  QueryThread* m_thread;
};

}  // namespace descry::gui
