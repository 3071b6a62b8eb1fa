// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>

#include "gui/data/viewport.hpp"
#include "gui/view/view.hpp"

namespace descry::gui {

class TimelineWidget;

/// The timeline with what reads its tiles: newest viewport first, and the old tile stays until the new one is there.
class TimelineView : public View {
  Q_OBJECT
 public:
  TimelineView(Session& session, QWidget* parent);

  TimelineWidget& timeline() { return *m_timeline; }
  QWidget* focusTarget() override;
  bool writeCsv(QTextStream& out) override;
  /// Zooms to a chain and looks at it.
  void goTo(const ChainId& chain);

 signals:
  /// A tile for the present viewport has arrived; ms since it was asked for.
  void tileArrived(double milliseconds);

 protected:
  void refresh() override;

 private:
  void followHistory();

  TimelineWidget* m_timeline;
  QueryThread* m_tiles;
  QueryThread* m_places;
  std::size_t m_historyPlace = 0;
  std::map<std::size_t, Viewport> m_before;  ///< what was shown before going to the chain of that place in the history
};

}  // namespace descry::gui
