// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/timeline_view.hpp"

#include <QElapsedTimer>
#include <QVBoxLayout>

#include "gui/data/chain_detail.hpp"
#include "gui/timeline/timeline_widget.hpp"
#include "gui/view/notice.hpp"

namespace descry::gui {

TimelineView::TimelineView(Session& session, QWidget* parent)
    : View(session, parent),
      m_timeline(new TimelineWidget(session, this)),
      m_tiles(session.newThread(this)),
      m_places(session.newThread(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  if (all().chains == 0) {
    auto* notice = new Notice(this);
    notice->setText(tr("No chain to draw."));
    layout->addWidget(notice);
    m_timeline->hide();
    return;
  }
  layout->addWidget(m_timeline);
  connect(m_timeline, &TimelineWidget::viewportChanged, this, &TimelineView::refreshWhenSeen);
  connect(&session, &Session::selectionChanged, this, &TimelineView::refreshWhenSeen);
  connect(&session, &Session::selectionChanged, this, &TimelineView::followHistory);
  connect(&session, &Session::goToRequested, this, &TimelineView::goTo);
  connect(&session, &Session::timeWanted, this, [this](const TimeRange& range) { m_timeline->zoomTo(range); });
}

void TimelineView::refresh() {
  const Viewport viewport = m_timeline->viewport();
  const auto queues = m_timeline->queues();
  const auto& shown = m_timeline->tile();
  const Selection wanted = narrowing(session().selection());
  if (shown && shown->serves(viewport) && shown->narrowedBy == wanted &&
      std::all_of(queues.begin(), queues.end(), [&](QueueId queue) { return shown->lane(queue) != nullptr; }))
    return;
  QElapsedTimer clock;
  clock.start();
  m_tiles->ask([this, viewport, queues, clock, wanted, shared = session().shared()](
                   const Database& database, const QueryThread::Deliver& deliver) {
    // What is seen comes first, what panning will need next comes after it.
    const TimeRange near = viewport.range();
    const Ns margin = near.length() / 10;
    bool ahead = false;
    for (const TimeRange& range : {TimeRange{near.begin - margin, near.end + margin}, tileRange(viewport)}) {
      auto tile = std::make_shared<const Tile>(readTile(database, *shared, queues, range, viewport.nsPerPixel));
      deliver([this, tile, clock, ahead] {
        // The viewport may have gone back to where the present tile is the better one.
        const Viewport now = m_timeline->viewport();
        if (m_timeline->tile() && m_timeline->tile()->serves(now) && !tile->serves(now)) return;
        m_timeline->setTile(tile);
        if (!ahead) emit tileArrived(static_cast<double>(clock.nsecsElapsed()) / 1e6);
      });
      ahead = true;
    }
    if (!wanted.narrows()) return;
    Tile tile = readTile(database, *shared, queues, tileRange(viewport), viewport.nsPerPixel);
    narrowTile(database, *shared, wanted, tile);
    deliver([this, tile = std::make_shared<const Tile>(std::move(tile))] { m_timeline->setTile(tile); });
  });
}

void TimelineView::goTo(const ChainId& chain) {
  m_places->ask(
      [this, chain, shared = session().shared()](const Database& database, const QueryThread::Deliver& deliver) {
        const auto found = readChainDetail(database, *shared, chain);
        if (!found) return;
        const TimeRange range{found->begin,
                              found->begin + std::max<Ns>(seen(found->total) ? found->total : found->end(), 1)};
        deliver([this, range] {
          m_before.emplace(session().historyPlace(), m_timeline->viewport());
          m_timeline->zoomTo(range);
        });
      });
}

/// The way back through the selections undoes the zoom that came with each.
void TimelineView::followHistory() {
  const std::size_t place = session().historyPlace();
  if (place < m_historyPlace) {
    const auto undone = m_before.upper_bound(place);
    if (undone != m_before.end()) m_timeline->setViewport(undone->second);
    m_before.erase(undone, m_before.end());
  }
  m_historyPlace = place;
}

QWidget* TimelineView::focusTarget() {
  return m_timeline;
}

bool TimelineView::writeCsv(QTextStream& out) {
  out << "queue,begin_ns,end_ns,chains,worst_ns,worst_epoch,worst_position\n";
  if (!m_timeline->tile()) return true;
  for (const TileLane& lane : m_timeline->tile()->lanes) {
    const QueueInfo* queue = all().queue(lane.queueId);
    const QString name = csvField(QString::fromStdString(queue != nullptr ? queue->title() : ""));
    for (const TileBucket& bucket : lane.buckets)
      out << name << ',' << bucket.begin << ',' << bucket.end << ',' << bucket.chains << ',' << bucket.worst << ','
          << bucket.worstChain.epoch << ',' << bucket.worstChain.position << '\n';
    for (const TileChain& chain : lane.chains)
      out << name << ',' << chain.begin << ',' << chain.end() << ",1," << (seen(chain.total) ? chain.total : 0) << ','
          << chain.key.epoch << ',' << chain.key.position << '\n';
  }
  return true;
}

}  // namespace descry::gui
