// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/health_view.hpp"

#include <QGridLayout>
#include <QLabel>
#include <QTabWidget>
#include <QVBoxLayout>

#include "gui/style/format.hpp"
#include "gui/view/plot_style.hpp"
#include "gui/view/result_table.hpp"

namespace descry::gui {

HealthView::HealthView(Session& session, QWidget* parent)
    : View(session, parent),
      m_answers(new QGridLayout),
      m_tabs(new QTabWidget(this)),
      m_hullPlot(new QCustomPlot(this)),
      m_clockText(new QLabel(this)),
      m_thread(session.newThread(this)) {
  m_pages = {
      {QT_TR_NOOP("Captures"),
       "SELECT side, path, events, decoded, unknown, discarded, loss_ranges, lost_events, infos, warnings, errors FROM "
       "health_view",
       QT_TR_NOOP("The database contains no capture.")},
      {QT_TR_NOOP("Clock"),
       "SELECT begin_ns, end_ns, offset_ns, error_ns, drift_ppb, drift_error_ppb, quality, constraints, guest_path, "
       "host_path FROM clock_view",
       QT_TR_NOOP("There is no clock model: only one side was recorded, or nothing ties the two together. Times within "
                  "one side are exact.")},
      {QT_TR_NOOP("Loss"),
       "SELECT side, device, queue_name, begin_ns, end_ns, count, reason FROM loss_view ORDER BY begin_ns",
       QT_TR_NOOP("No event was lost, as far as the tracers say.")},
      {QT_TR_NOOP("Anomalies"),
       "SELECT severity, kind, count, side, device, queue_name, detail FROM anomaly_view ORDER BY severity = 'info', "
       "count DESC",
       QT_TR_NOOP("No event contradicted another.")},
      {QT_TR_NOOP("Unpaired"),
       "SELECT device, queue_name, side, epoch, chains, reason FROM unpaired_view ORDER BY chains DESC",
       QT_TR_NOOP("Every half found its partner.")},
      {QT_TR_NOOP("Devices"),
       "SELECT device, guest_name, host_name, paired_by, transport, device_kind, bus_id, access_platform, dma_api, "
       "iommu_group_type, translation, translation_reason, swiotlb_forced, vhost FROM device_view",
       QT_TR_NOOP("No device was seen.")},
  };
  for (Page& page : m_pages) addPage(page);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  m_answers->setColumnStretch(2, 1);
  m_answers->setHorizontalSpacing(10);
  layout->addLayout(m_answers);
  layout->addSpacing(8);
  layout->addWidget(m_tabs, 1);
  connect(&session, &Session::themeChanged, this, [this] {
    showVerdicts();
    drawHulls();
  });
  refreshWhenSeen();
}

void HealthView::addPage(Page& page) {
  auto* widget = new QWidget(this);
  auto* layout = new QVBoxLayout(widget);
  page.text = new QLabel(widget);
  page.text->setWordWrap(true);
  page.table = new ResultTable(widget);
  page.table->setAccessibleName(tr(page.title));
  page.table->setReadable(true);
  layout->addWidget(page.text);
  layout->addWidget(page.table, 1);
  if (page.title == m_pages[1].title) {
    m_clockText->setWordWrap(true);
    m_clockText->setForegroundRole(QPalette::PlaceholderText);
    m_clockText->setText(
        tr("The guest's clock minus the host's lies between the lines: every published chain is fetched "
           "later, every used one is reaped later."));
    m_hullPlot->setMinimumHeight(160);
    m_hullPlot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_hullPlot->setAccessibleName(tr("Hulls of the clock model"));
    page.table->setMaximumHeight(fontMetrics().height() * 7);
    layout->addWidget(m_clockText);
    layout->addWidget(m_hullPlot, 2);
  }
  m_tabs->addTab(widget, tr(page.title));
}

void HealthView::refresh() {
  if (m_loaded) return;
  m_loaded = true;
  std::vector<std::string> questions;
  for (const Page& page : m_pages) questions.emplace_back(page.sql);
  m_thread->ask(
      [this, questions, shared = session().shared()](const Database& database, const QueryThread::Deliver& deliver) {
        auto verdicts = healthVerdicts(readSummary(database, 0));
        deliver([this, verdicts = std::move(verdicts)] {
          m_verdicts = verdicts;
          showVerdicts();
        });
        for (std::size_t i = 0; i < questions.size(); ++i) {
          auto result = std::make_shared<const SqlResult>(runSql(database, questions[i]));
          deliver([this, i, result] {
            Page& page = m_pages[i];
            page.table->show(result);
            const bool none = result->rows.empty();
            page.table->setVisible(!none);
            page.text->setText(!result->error.empty() ? QString::fromStdString(result->error)
                               : none                 ? tr(page.none)
                                                      : QString());
            page.text->setVisible(!page.text->text().isEmpty());
            m_tabs->setTabText(static_cast<int>(i),
                               none ? tr(page.title) : tr("%1 (%2)").arg(tr(page.title)).arg(result->rows.size()));
          });
        }
        auto hulls = std::make_shared<std::vector<Hull>>();
        for (const ClockSegmentRow& segment : shared->clock) {
          Hull& hull = hulls->emplace_back();
          const CaptureRow* guest = shared->capture(segment.guestCaptureId);
          const CaptureRow* host = shared->capture(segment.hostCaptureId);
          const Ns middle = segment.offset - (guest->origin - host->origin);
          Statement rows = database.prepare(
              "SELECT bound, host_ns, guest_ns FROM clock_hull WHERE segment_id = ? ORDER BY bound, host_ns");
          rows.bind(0, segment.segmentId);
          while (rows.step()) {
            const auto host_ns = static_cast<double>(rows.integer(1));
            const auto offset = static_cast<double>(rows.integer(2) - rows.integer(1) - middle);
            (rows.text(0) == "low" ? hull.low : hull.high).emplace_back(host_ns, offset);
          }
        }
        deliver([this, hulls] {
          m_hulls = hulls;
          m_hullPlot->setVisible(!hulls->empty());
          m_clockText->setVisible(!hulls->empty());
          drawHulls();
        });
      });
}

/// The light is a shape too: who does not tell red from green reads a tick, a question mark or a cross.
void HealthView::showVerdicts() {
  while (QLayoutItem* item = m_answers->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  int row = 0;
  for (const HealthVerdict& verdict : m_verdicts) {
    using Light = HealthVerdict::Light;
    const auto [sign, colour] = verdict.light == Light::Good       ? std::pair(u"✓", theme().good)
                                : verdict.light == Light::Doubtful ? std::pair(u"!", theme().warning)
                                : verdict.light == Light::Bad      ? std::pair(u"✗", theme().error)
                                                                   : std::pair(u"–", theme().faint);
    auto* light = new QLabel(QString::fromUtf16(sign), this);
    QFont bold = font();
    bold.setBold(true);
    light->setFont(bold);
    light->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    QPalette palette = light->palette();
    palette.setColor(QPalette::WindowText, colour);
    light->setPalette(palette);
    auto* question = new QLabel(QString::fromStdString(verdict.question), this);
    question->setFont(bold);
    question->setAlignment(Qt::AlignTop);
    auto* answer = new QLabel(QString::fromStdString(verdict.answer), this);
    answer->setTextFormat(Qt::PlainText);
    answer->setWordWrap(true);
    answer->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    answer->setAccessibleName(question->text());
    m_answers->addWidget(light, row, 0);
    m_answers->addWidget(question, row, 1);
    m_answers->addWidget(answer, row, 2);
    ++row;
  }
}

void HealthView::drawHulls() {
  if (!m_hulls) return;
  // The offset in the unit that suits it: axes with nine digits say nothing.
  double largest = 1;
  for (const Hull& hull : *m_hulls)
    for (const auto* side : {&hull.low, &hull.high})
      for (const auto& [host, offset] : *side) largest = std::max(largest, std::abs(offset));
  const double unit = largest >= 1e6 ? 1e6 : largest >= 1e3 ? 1e3 : 1;
  m_hullPlot->clearGraphs();
  stylePlot(*m_hullPlot, theme());
  m_hullPlot->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new AxisTimeTicker));
  m_hullPlot->xAxis->setLabel(tr("host time"));
  m_hullPlot->yAxis->setLabel(unit == 1e6   ? tr("offset − estimate, ms")
                              : unit == 1e3 ? tr("offset − estimate, us")
                                            : tr("offset − estimate, ns"));
  bool first = true;
  for (const Hull& hull : *m_hulls) {
    int number = 0;
    for (const auto* side : {&hull.low, &hull.high}) {
      QVector<double> x, y;
      for (const auto& [host, offset] : *side) {
        x << host;
        y << offset / unit;
      }
      QCPGraph* graph = m_hullPlot->addGraph();
      graph->setData(x, y, true);
      graph->setPen(linePen(theme(), static_cast<std::size_t>(number)));
      graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 5));
      graph->setName(number == 0 ? tr("at least") : tr("at most"));
      if (!first) graph->removeFromLegend();
      ++number;
    }
    first = false;
  }
  m_hullPlot->legend->setVisible(true);
  m_hullPlot->rescaleAxes();
  m_hullPlot->yAxis->scaleRange(1.2);
  m_hullPlot->replot();
}

bool HealthView::writeCsv(QTextStream& out) {
  m_pages[static_cast<std::size_t>(m_tabs->currentIndex())].table->writeCsv(out);
  return true;
}

}  // namespace descry::gui
