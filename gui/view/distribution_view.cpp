// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/distribution_view.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "gui/style/format.hpp"
#include "gui/view/notice.hpp"
#include "gui/view/spread_plot.hpp"

namespace descry::gui {

namespace {
constexpr std::size_t kMostLines = 6;
}  // namespace

DistributionView::DistributionView(Session& session, QWidget* parent)
    : View(session, parent),
      m_what(new QComboBox(this)),
      m_numbers(new QLabel(this)),
      m_plot(new SpreadPlot(this)),
      m_stack(new QStackedWidget(this)),
      m_notice(new Notice(this)),
      m_thread(session.newThread(this)) {
  m_what->addItem(tr("Latency"), kWholeLatency);
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    m_what->addItem(causeName(static_cast<Cause>(cause)), static_cast<int>(cause));
  m_what->setToolTip(tr("What is counted"));
  m_numbers->setTextFormat(Qt::RichText);
  m_numbers->setMinimumWidth(1);
  m_numbers->setWordWrap(true);
  m_plot->setAccessibleName(tr("Distribution"));
  m_stack->addWidget(m_plot);
  m_stack->addWidget(m_notice);
  auto* bar = new QHBoxLayout;
  bar->addWidget(m_what);
  bar->addWidget(m_numbers, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addLayout(bar);
  layout->addWidget(m_stack, 1);
  connect(m_what, &QComboBox::currentIndexChanged, this, &DistributionView::refreshWhenSeen);
  connect(&session, &Session::selectionChanged, this, &DistributionView::refreshWhenSeen);
  connect(&session, &Session::themeChanged, this, &DistributionView::draw);
  refreshWhenSeen();
}

void DistributionView::refresh() {
  const int cause = m_what->currentData().toInt();
  m_thread->ask(
      [this, cause, selection = session().selection(), shared = session().shared()](
          const Database& database, const QueryThread::Deliver& deliver) {
        auto found = std::make_shared<const Distribution>(readDistribution(database, *shared, selection, cause));
        deliver([this, found] {
          m_shown = found;
          draw();
        });
      },
      [this](const QString& message) {
        m_notice->setText(message);
        m_stack->setCurrentWidget(m_notice);
      });
}

void DistributionView::draw() {
  if (!m_shown) return;
  const Distribution& shown = *m_shown;
  if (shown.all.isFlat()) {
    m_notice->setText(shown.all.count() == 0
                          ? tr("No complete chain fits the selection.")
                          : tr("None of the %1 chains lost time to it.").arg(countText(shown.all.count())));
    m_numbers->clear();
    m_stack->setCurrentWidget(m_notice);
    return;
  }
  m_stack->setCurrentWidget(m_plot);
  const auto last = shown.queues.begin() + static_cast<std::ptrdiff_t>(std::min(kMostLines, shown.queues.size()));
  m_plot->setSpreads(std::vector<Spread>(shown.queues.begin(), last), theme());
  drawCursors();
  m_plot->replot();
}

/// p50, p99 and p99.9 of all chains together.
void DistributionView::drawCursors() {
  const Spread& all = m_shown->all;
  QStringList numbers;
  int line = 0;
  for (const auto& [name, ns] : {std::pair{QStringLiteral("p50"), all.p50},
                                 {QStringLiteral("p99"), all.p99},
                                 {QStringLiteral("p99.9"), all.p999}}) {
    numbers << QStringLiteral("%1 <b>%2</b>").arg(name, timeText(ns));
    if (ns > 0) m_plot->addCursor(name, ns, theme().text, line++);
  }
  const QString exact = all.exact ? tr("exact") : tr("from a histogram, at most 1.1 % off");
  m_numbers->setText(
      tr("%1 chains; %2; max <b>%3</b> (%4)")
          .arg(countText(all.count()), numbers.join(QStringLiteral(", ")), timeText(all.histogram.max()), exact));
}

bool DistributionView::writeCsv(QTextStream& out) {
  out << "queue,from_ns,to_ns,chains\n";
  if (!m_shown) return true;
  for (const Spread& spread : m_shown->queues) {
    const QString name = csvField(QString::fromStdString(spread.name));
    spread.histogram.forEach([&](int bucket, std::uint64_t count) {
      const bool isZero = bucket == Histogram::kZeroBucket;
      out << name << ',' << (isZero ? 0 : Histogram::edgeOf(bucket)) << ','
          << (isZero ? 0 : Histogram::edgeOf(bucket + 1)) << ',' << count << '\n';
    });
  }
  return true;
}

}  // namespace descry::gui
