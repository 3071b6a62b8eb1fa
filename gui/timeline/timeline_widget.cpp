// SPDX-License-Identifier: GPL-2.0-or-later
// Layout, mouse and keyboard of the timeline; timeline_paint.cpp draws it.
#include "gui/timeline/timeline_widget.hpp"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "gui/style/format.hpp"

namespace descry::gui {

namespace {
constexpr double kZoomStep = 1.25;
constexpr int kDragStart = 4;
constexpr int kFrameMs = 16;
constexpr double kFriction = 0.93;  // of the speed that is left after a frame
}  // namespace

TimelineWidget::TimelineWidget(Session& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_scroll(new QScrollBar(Qt::Vertical, this)) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setAccessibleName(tr("Timeline"));
  m_ruler = fontMetrics().height() + 10;
  for (const QueueInfo& queue : session.all().queues)
    m_header = std::max(m_header, fontMetrics().horizontalAdvance(QString::fromStdString(queue.title())) + 20);
  m_header = std::min(m_header, 220);
  m_kinetic.setInterval(kFrameMs);
  connect(&m_kinetic, &QTimer::timeout, this, [this] {
    setViewport(m_viewport.panned(-m_velocity * kFrameMs, m_session.all().range));
    m_velocity *= kFriction;
    if (std::abs(m_velocity) < 0.02) m_kinetic.stop();
  });
  connect(m_scroll, &QScrollBar::valueChanged, this, &TimelineWidget::contentChanged);
  connect(&session, &Session::themeChanged, this, &TimelineWidget::contentChanged);
  connect(&session, &Session::selectionChanged, this, [this] {
    layoutLanes();
    contentChanged();
  });
  m_viewport = Viewport::fitting(session.all().range, 800);
  layoutLanes();
}

int TimelineWidget::plotWidth() const {
  return std::max(1, width() - m_header - (m_scroll->isVisible() ? m_scroll->width() : 0) - 2);
}

std::vector<QueueId> TimelineWidget::queues() const {
  std::vector<QueueId> ids;
  for (const LanePlace& place : m_lanes) ids.push_back(place.queue->queueId);
  return ids;
}

void TimelineWidget::layoutLanes() {
  m_lanes.clear();
  const SideFilter side = m_session.selection().side;
  std::size_t count = 0;
  for (const QueueInfo& queue : m_session.all().queues) count += m_session.selection().hasQueue(queue.queueId) ? 1 : 0;
  const int room = (height() - m_ruler) / static_cast<int>(std::max<std::size_t>(1, count)) - 9;
  const int half = std::clamp(room / 2, fontMetrics().height() + 6, 240);
  int y = 0;
  for (const QueueInfo& queue : m_session.all().queues) {
    if (!m_session.selection().hasQueue(queue.queueId)) continue;
    LanePlace place;
    place.queue = &queue;
    place.top = y;
    const bool guest = !queue.onHost && side != SideFilter::Host;
    const bool host = queue.hostCaptureId != 0 && (side != SideFilter::Guest || queue.onHost);
    place.guestTop = y;
    place.guestHeight = guest || !host ? half : 0;
    place.hostTop = y + place.guestHeight + (place.guestHeight > 0 ? 2 : 0);
    place.hostHeight = host ? half : 0;
    place.bottom = place.hostTop + place.hostHeight;
    y = place.bottom + 6;
    m_lanes.push_back(place);
  }
  m_contentHeight = y;
  limitScroll();
}

void TimelineWidget::limitScroll() {
  const int room = height() - m_ruler;
  m_scroll->setGeometry(width() - m_scroll->sizeHint().width(), m_ruler, m_scroll->sizeHint().width(), room);
  m_scroll->setPageStep(room);
  m_scroll->setSingleStep(30);
  m_scroll->setRange(0, std::max(0, m_contentHeight - room));
  m_scroll->setVisible(m_contentHeight > room);
}

void TimelineWidget::contentChanged() {
  m_contentStale = true;
  update();
}

void TimelineWidget::setViewport(const Viewport& viewport) {
  const Viewport wanted = viewport.resized(plotWidth());
  m_fitted = false;
  m_viewport = wanted;
  contentChanged();
  emit viewportChanged();
}

void TimelineWidget::setTile(std::shared_ptr<const Tile> tile) {
  m_tile = std::move(tile);
  contentChanged();
}

void TimelineWidget::jumpTo(const Viewport& viewport) {
  constexpr std::size_t kMostJumps = 100;
  if (m_before.size() == kMostJumps) m_before.erase(m_before.begin());
  m_before.push_back(m_viewport);
  setViewport(viewport);
}

void TimelineWidget::zoomBack() {
  if (m_before.empty()) return;
  const Viewport before = m_before.back();
  m_before.pop_back();
  setViewport(before);
}

void TimelineWidget::fit() {
  jumpTo(Viewport::fitting(wholeRange(), plotWidth()));
  m_fitted = true;
}

TimeRange TimelineWidget::wholeRange() const {
  const TimeRange& whole = m_session.all().range;
  const Ns margin = whole.length() / 100;
  return {whole.begin - margin, whole.end + margin};
}

void TimelineWidget::zoomTo(const TimeRange& range) {
  const Ns margin = std::max<Ns>(range.length() / 8, 10);
  jumpTo(Viewport::fitting({range.begin - margin, range.end + margin}, plotWidth()));
}

void TimelineWidget::zoomToSelection() {
  if (m_session.selection().time) zoomTo(*m_session.selection().time);
}

void TimelineWidget::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  layoutLanes();
  const bool fitted = m_fitted;
  setViewport(fitted ? Viewport::fitting(wholeRange(), plotWidth()) : m_viewport);
  m_fitted = fitted;
}

void TimelineWidget::wheelEvent(QWheelEvent* event) {
  m_kinetic.stop();
  const QPoint angle = event->angleDelta();
  if ((event->modifiers() & Qt::ShiftModifier) != 0) {
    m_scroll->setValue(m_scroll->value() - (angle.y() != 0 ? angle.y() : angle.x()) / 2);
  } else if (std::abs(angle.x()) > std::abs(angle.y())) {
    setViewport(m_viewport.panned(-angle.x() / 2.0, m_session.all().range));
  } else {
    const double x = event->position().x() - plotLeft();
    setViewport(m_viewport.zoomed(x, std::pow(kZoomStep, angle.y() / 120.0), m_session.all().range));
  }
  event->accept();
}

void TimelineWidget::mousePressEvent(QMouseEvent* event) {
  m_kinetic.stop();
  m_pressed = m_last = event->position().toPoint();
  m_moved = false;
  m_velocity = 0;
  m_lastMove.restart();
  const bool onRuler = m_pressed.y() < m_ruler;
  if (event->button() == Qt::LeftButton)
    m_drag = (event->modifiers() & Qt::ShiftModifier) != 0 || onRuler ? Drag::Brush
             : (event->modifiers() & Qt::ControlModifier) != 0        ? Drag::Box
                                                                      : Drag::Pan;
  else if (event->button() == Qt::MiddleButton)
    m_drag = Drag::Box;
}

void TimelineWidget::mouseMoveEvent(QMouseEvent* event) {
  m_mouse = event->position().toPoint();
  if (m_drag != Drag::None && (m_mouse - m_pressed).manhattanLength() >= kDragStart) m_moved = true;
  if (m_drag == Drag::Pan && m_moved) {
    const int step = m_mouse.x() - m_last.x();
    const auto elapsed = static_cast<double>(std::max<qint64>(1, m_lastMove.restart()));
    m_velocity = 0.6 * m_velocity + 0.4 * (step / elapsed);
    m_scroll->setValue(m_scroll->value() - (m_mouse.y() - m_last.y()));
    setViewport(m_viewport.panned(-step, m_session.all().range));
    setCursor(Qt::ClosedHandCursor);
  }
  m_last = m_mouse;
  update();
}

void TimelineWidget::mouseReleaseEvent(QMouseEvent* event) {
  const Drag drag = m_drag;
  m_drag = Drag::None;
  unsetCursor();
  update();
  if (!m_moved) {
    if (event->button() != Qt::LeftButton) return;
    if (const auto found = hit(event->position().toPoint()); found && found->chain.valid()) {
      m_session.lookAt(found->chain);
      emit m_session.viewWanted(QStringLiteral("chain"));
    }
    return;
  }
  if (drag == Drag::Pan) {
    if (m_lastMove.elapsed() < 60 && std::abs(m_velocity) > 0.2) m_kinetic.start();
    return;
  }
  const TimeRange range{timeAt(std::min(m_pressed.x(), m_mouse.x())), timeAt(std::max(m_pressed.x(), m_mouse.x())) + 1};
  if (drag == Drag::Box) return zoomTo(range);
  Selection selection = m_session.selection();
  selection.time = range;
  m_session.select(selection);
}

void TimelineWidget::mouseDoubleClickEvent(QMouseEvent* event) {
  if (const auto found = hit(event->position().toPoint()); found && found->chain.valid()) m_session.goTo(found->chain);
}

void TimelineWidget::leaveEvent(QEvent*) {
  m_mouse = {-1, -1};
  update();
}

void TimelineWidget::keyPressEvent(QKeyEvent* event) {
  const TimeRange& whole = m_session.all().range;
  const double middle = m_mouse.x() > plotLeft() ? m_mouse.x() - plotLeft() : plotWidth() / 2.0;
  const double step = plotWidth() / ((event->modifiers() & Qt::ShiftModifier) != 0 ? 1.2 : 8.0);
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_A:
      return setViewport(m_viewport.panned(-step, whole));
    case Qt::Key_Right:
    case Qt::Key_D:
      return setViewport(m_viewport.panned(step, whole));
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Up:
    case Qt::Key_W:
      return setViewport(m_viewport.zoomed(middle, 1.5, whole));
    case Qt::Key_Minus:
    case Qt::Key_Down:
    case Qt::Key_S:
      return setViewport(m_viewport.zoomed(middle, 1 / 1.5, whole));
    case Qt::Key_PageUp:
      return m_scroll->setValue(m_scroll->value() - m_scroll->pageStep());
    case Qt::Key_PageDown:
      return m_scroll->setValue(m_scroll->value() + m_scroll->pageStep());
    case Qt::Key_Home:
    case Qt::Key_F:
      return fit();
    case Qt::Key_Backspace:
      return zoomBack();
    case Qt::Key_Z:
      return zoomToSelection();
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (m_session.selection().chain.valid()) return m_session.goTo(m_session.selection().chain);
      break;
    default:
      break;
  }
  QWidget::keyPressEvent(event);
}

const TimelineWidget::LanePlace* TimelineWidget::laneAt(int y) const {
  const int inside = y - m_ruler + m_scroll->value();
  for (const LanePlace& place : m_lanes)
    if (y >= m_ruler && inside >= place.top && inside < place.bottom) return &place;
  return nullptr;
}

const TileChain* TimelineWidget::chainAt(const LanePlace& place, const TileLane& lane, const QPoint& position) const {
  const TileChain* best = nullptr;
  double distance = 4;
  for (const TileChain& chain : lane.chains) {
    const bool onHost = position.y() - m_ruler + m_scroll->value() >= place.hostTop && place.hostHeight > 0;
    const QRectF row = rowRect(place, lane, chain, onHost);
    if (position.y() < row.top() - 1 || position.y() > row.bottom() + 1) continue;
    const double left = xOf(chain.begin), right = std::max(left + 2, xOf(chain.end()));
    const double away = position.x() < left ? left - position.x() : position.x() > right ? position.x() - right : 0;
    // Where several lie under the pixel, the longest is meant.
    if (away < distance || (away == distance && best != nullptr && chain.total > best->total)) {
      best = &chain;
      distance = away;
    }
  }
  return best;
}

QString TimelineWidget::describe(const TileChain& chain) const {
  const QueueInfo* queue = m_session.all().queue(chain.key.queueId);
  QString text = tr("<b>%1 #%2</b> %3")
                     .arg(QString::fromStdString(queue != nullptr ? queue->title() : ""), countText(chain.key.position),
                          seen(chain.total) ? timeText(chain.total) : tr("no end was seen"));
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    if (chain.causes[cause] > 0)
      text += QStringLiteral("<br>") + causeName(static_cast<Cause>(cause)) + QStringLiteral(" ") +
              timeText(chain.causes[cause]);
  if (seen(chain.error) && chain.error > 0) text += tr("<br>clock ±%1").arg(timeText(chain.error));
  return text;
}

std::optional<TimelineHit> TimelineWidget::hit(const QPoint& position) const {
  const LanePlace* place = laneAt(position.y());
  if (place == nullptr || !m_tile || position.x() < plotLeft()) return std::nullopt;
  const TileLane* lane = m_tile->lane(place->queue->queueId);
  if (lane == nullptr) return std::nullopt;
  TimelineHit result{place->queue->queueId, {}, {}};
  if (lane->near) {
    const TileChain* chain = chainAt(*place, *lane, position);
    if (chain == nullptr) return std::nullopt;
    result.chain = chain->key;
    result.text = describe(*chain);
    return result;
  }
  const bool narrowed = isNarrowed() && m_tile->narrowedBy.narrows();
  const auto columns = columnsOf(narrowed ? lane->fitting : lane->buckets);
  const int x = position.x() - plotLeft();
  if (x >= static_cast<int>(columns.size()) || columns[static_cast<std::size_t>(x)].chains == 0) return std::nullopt;
  const Column& column = columns[static_cast<std::size_t>(x)];
  result.chain = column.chain;
  double inFlight = 0;
  for (const double busy : column.busy) inFlight += busy;
  result.text = tr("<b>%1</b>: about %2 chains here, %3 in flight<br>slowest: #%4, %5 (click to look at it)")
                    .arg(QString::fromStdString(place->queue->title()), countText(column.chains),
                         QString::number(inFlight, 'g', 3), countText(column.chain.position), timeText(column.worst));
  return result;
}

bool TimelineWidget::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    auto* help = static_cast<QHelpEvent*>(event);
    if (const auto found = hit(help->pos()))
      QToolTip::showText(help->globalPos(), found->text, this);
    else
      QToolTip::hideText();
    return true;
  }
  return QWidget::event(event);
}

}  // namespace descry::gui
