// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "gui/view/causes_view.hpp"
#include "gui/view/chain_view.hpp"
#include "gui/view/chains_view.hpp"
#include "gui/view/compare_view.hpp"
#include "gui/view/distribution_view.hpp"
#include "gui/view/health_view.hpp"
#include "gui/view/heatmap_view.hpp"
#include "gui/view/overview_view.hpp"
#include "gui/view/sql_view.hpp"
#include "gui/view/timeline_view.hpp"
#include "gui/view/view.hpp"
#include "schemas/text/escape.hpp"

namespace descry::gui {

namespace {

template <typename Kind>
View* make(Session& session, QWidget* parent) {
  return new Kind(session, parent);
}

// The order is that of the menu and of the shortcuts.
constexpr std::array kKinds = {
    ViewKind{"overview", QT_TRANSLATE_NOOP("View", "Overview"), "Ctrl+1",
             QT_TRANSLATE_NOOP("View", "Where the time went, per transport, device and queue"), make<OverviewView>},
    ViewKind{"timeline", QT_TRANSLATE_NOOP("View", "Timeline"), "Ctrl+2",
             QT_TRANSLATE_NOOP("View", "Queues over time, guest and host on one axis"), make<TimelineView>},
    ViewKind{"chains", QT_TRANSLATE_NOOP("View", "Chains"), "Ctrl+3",
             QT_TRANSLATE_NOOP("View", "The chains of the selection as a table"), make<ChainsView>},
    ViewKind{"chain", QT_TRANSLATE_NOOP("View", "Chain"), "Ctrl+4",
             QT_TRANSLATE_NOOP("View", "One chain: its waterfall and what is known of it"), make<ChainView>},
    ViewKind{"distribution", QT_TRANSLATE_NOOP("View", "Distribution"), "Ctrl+5",
             QT_TRANSLATE_NOOP("View", "Histogram and percentiles of latencies, or of one cause"),
             make<DistributionView>},
    ViewKind{"heatmap", QT_TRANSLATE_NOOP("View", "Heatmap"), "Ctrl+6",
             QT_TRANSLATE_NOOP("View", "Latency by time; draw a rectangle to look only at its chains"),
             make<HeatmapView>},
    ViewKind{"causes", QT_TRANSLATE_NOOP("View", "Causes"), "Ctrl+7",
             QT_TRANSLATE_NOOP("View", "What each cause means, its share, the rule and the SQL"), make<CausesView>},
    ViewKind{"sql", QT_TRANSLATE_NOOP("View", "SQL"), "Ctrl+8", QT_TRANSLATE_NOOP("View", "Asks the database in SQL"),
             make<SqlView>},
    ViewKind{"health", QT_TRANSLATE_NOOP("View", "Health"), "Ctrl+9",
             QT_TRANSLATE_NOOP("View", "Captures, clocks, loss, anomalies: may the traces be trusted?"),
             make<HealthView>},
    ViewKind{"compare", QT_TRANSLATE_NOOP("View", "Compare"), "Ctrl+0",
             QT_TRANSLATE_NOOP("View", "Another case beside this one: what changed, and by which cause"),
             make<CompareView>},
};

}  // namespace

std::span<const ViewKind> viewKinds() {
  return kKinds;
}

View::View(Session& session, QWidget* parent) : QWidget(parent), m_session(session) {}

void View::refreshWhenSeen() {
  m_stale = !isVisible();
  if (!m_stale) refresh();
}

void View::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (!m_stale) return;
  m_stale = false;
  refresh();
}

QString csvField(const QString& text) {
  return text.isEmpty() ? text : QString::fromStdString(csvText(text.toStdString()));
}

}  // namespace descry::gui
