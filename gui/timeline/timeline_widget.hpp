// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QPixmap>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>

#include "gui/data/tile.hpp"
#include "gui/query/session.hpp"

class QScrollBar;

namespace descry::gui {

/// What lies under a pixel of the timeline.
struct TimelineHit {
  QueueId queueId = kNoQueue;
  ChainId chain;  ///< the chain, or the worst one of a bucket
  QString text;
};

/// Lanes of queues over one time axis. Draws from the tile that is there, scaled if it has to be, and says which one it
/// would like; never asks the database itself.
class TimelineWidget : public QWidget {
  Q_OBJECT
 public:
  TimelineWidget(Session& session, QWidget* parent);

  const Viewport& viewport() const { return m_viewport; }
  void setViewport(const Viewport& viewport);
  /// Back to what was shown before the last jump: fit(), zoomTo() or a selected stretch.
  void zoomBack();
  void setTile(std::shared_ptr<const Tile> tile);
  const std::shared_ptr<const Tile>& tile() const { return m_tile; }
  /// Queues whose lanes are shown.
  std::vector<QueueId> queues() const;
  void fit();
  void zoomTo(const TimeRange& range);
  void zoomToSelection();
  /// GUI-thread time of the last repaint, in ms; for the benchmark.
  double lastPaintMs() const { return m_lastPaintMs; }
  std::optional<TimelineHit> hit(const QPoint& position) const;

  QSize minimumSizeHint() const override { return {240, 140}; }

 signals:
  void viewportChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  enum class Drag : std::uint8_t { None, Pan, Brush, Box };
  /// A pixel column of a lane far out.
  struct Column {
    std::array<double, kCauses> busy{};  ///< ns of latency per ns: chains in flight
    Ns worst = 0;
    ChainId chain;
    std::int64_t chains = 0;
  };
  struct LanePlace {
    const QueueInfo* queue = nullptr;
    int top = 0, guestTop = 0, guestHeight = 0, hostTop = 0, hostHeight = 0, bottom = 0;
  };

  void jumpTo(const Viewport& viewport);
  TimeRange wholeRange() const;
  void layoutLanes();
  int plotLeft() const { return m_header; }
  int plotWidth() const;
  double xOf(Ns ns) const { return plotLeft() + m_viewport.xOf(ns); }
  Ns timeAt(int x) const { return m_viewport.timeAt(x - plotLeft()); }
  void limitScroll();
  void contentChanged();

  void paintContent(QPainter& painter);
  void paintRuler(QPainter& painter);
  void paintLane(QPainter& painter, const LanePlace& place);
  void paintHeader(QPainter& painter, const LanePlace& place);
  void paintBuckets(QPainter& painter, const LanePlace& place, const TileLane& lane);
  void paintChains(QPainter& painter, const LanePlace& place, const TileLane& lane);
  void paintChain(QPainter& painter, const LanePlace& place, const TileLane& lane, const TileChain& chain, bool chosen);
  void paintMarks(QPainter& painter, const LanePlace& place, const TileLane& lane);
  void paintLosses(QPainter& painter, const LanePlace& place);
  void paintStuck(QPainter& painter, const LanePlace& place);
  void paintOverlay(QPainter& painter);
  void paintArrows(QPainter& painter);
  void paintHover(QPainter& painter);
  /// True when the tile knows which chains fit the selection.
  bool isNarrowed() const;
  std::vector<Column> columnsOf(const std::vector<TileBucket>& buckets) const;
  void paintDensity(QPainter& painter, const QRect& area, const std::vector<Column>& columns, double most, bool faded);
  void paintSlowest(QPainter& painter, const LanePlace& place, const std::vector<Column>& columns, Ns slowest,
                    bool faded);
  QRectF rowRect(const LanePlace& place, const TileLane& lane, const TileChain& chain, bool onHost) const;
  const LanePlace* laneAt(int y) const;
  const TileChain* chainAt(const LanePlace& place, const TileLane& lane, const QPoint& position) const;
  QString describe(const TileChain& chain) const;

  Session& m_session;
  Viewport m_viewport;
  std::vector<Viewport> m_before;  ///< of each jump, the latest last
  std::shared_ptr<const Tile> m_tile;
  std::vector<LanePlace> m_lanes;
  QScrollBar* m_scroll;
  int m_header = 120, m_ruler = 24, m_contentHeight = 0;
  QPixmap m_content;
  bool m_contentStale = true;
  Drag m_drag = Drag::None;
  QPoint m_pressed, m_last, m_mouse{-1, -1};
  bool m_moved = false;
  double m_velocity = 0;  ///< pixels per ms, of the kinetic pan
  QElapsedTimer m_lastMove;
  QTimer m_kinetic;
  double m_lastPaintMs = 0;
  bool m_fitted = true;  ///< shows the whole, also after a resize
};

}  // namespace descry::gui
