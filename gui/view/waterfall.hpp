// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "gui/data/chain_detail.hpp"
#include "gui/query/session.hpp"

namespace descry::gui {

/// One chain's life as a waterfall: a row per phase, the guest's on one ground and the host's on another, misses below.
class Waterfall : public QWidget {
  Q_OBJECT
 public:
  Waterfall(Session& session, QWidget* parent);

  void show(std::shared_ptr<const ChainDetail> chain);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {260, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Row {
    QString letters, name, duration, toolTip;
    Ns begin = 0, end = 0;
    std::vector<CauseSpan> causes;  ///< exactly what the bar is made of
    bool onHost = false, counted = true, isNeighbour = false;
    Ns error = 0;
  };
  void makeRows();
  int rowHeight() const { return fontMetrics().height() + 8; }
  int rowAt(int y) const;

  Session& m_session;
  std::shared_ptr<const ChainDetail> m_chain;
  std::vector<Row> m_rows;
  Ns m_begin = 0, m_end = 1;
};

}  // namespace descry::gui
