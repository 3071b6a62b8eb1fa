// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/overview_view.hpp"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include "gui/model/overview_model.hpp"
#include "gui/style/format.hpp"
#include "gui/view/attribution_delegate.hpp"
#include "gui/view/findings_panel.hpp"
#include "gui/view/legend.hpp"
#include "gui/view/notice.hpp"

namespace descry::gui {

OverviewView::OverviewView(Session& session, QWidget* parent)
    : View(session, parent),
      m_model(new OverviewModel(session.shared(), this)),
      m_delegate(new AttributionDelegate(session, this)),
      m_headline(new QLabel(headline(), this)),
      m_scale(new QComboBox(this)),
      m_tree(new QTreeView(this)),
      m_findings(new FindingsPanel(session, this)) {
  m_headline->setWordWrap(true);
  m_headline->setTextFormat(Qt::RichText);
  m_headline->setTextInteractionFlags(Qt::TextSelectableByMouse);

  m_scale->addItems({tr("Share of latency"), tr("Absolute time")});
  m_scale->setToolTip(tr("Bars of equal length, or in proportion to the time"));
  connect(m_scale, &QComboBox::currentIndexChanged, this, [this](int scale) {
    m_delegate->setAbsolute(scale == 1);
    m_tree->viewport()->update();
  });
  auto* worst = new QPushButton(tr("&Worst chain"), this);
  worst->setToolTip(tr("Shows the slowest chain of the cause that cost most (Shift+W)"));
  connect(worst, &QPushButton::clicked, this, &OverviewView::goToWorst);

  const Case& shown = all();
  const Ns error = shown.clockError();
  const bool both = shown.hasSide("guest") && shown.hasSide("host");
  const QString clock = !both         ? tr("One side only")
                        : seen(error) ? tr("Clock ±%1").arg(timeText(error))
                                      : tr("Clocks apart");
  const QString clockText =
      !both         ? tr("Only one side was recorded: times within it are exact, and nothing crosses clocks.")
      : seen(error) ? tr("The two clocks are known to within ±%1 at worst. Every phase that crosses them carries this "
                         "uncertainty. View Health shows the model.")
                          .arg(bothTimeText(error))
                    : tr("Nothing ties the two clocks together: phases that cross them are not attributed.");
  const bool healthy = shown.chains > 0 && shown.lossRanges == 0 && shown.errors == 0 && shown.warnings == 0;
  const QString health = healthy                ? tr("Capture sound")
                         : shown.chains == 0    ? tr("No chain")
                         : shown.lossRanges > 0 ? tr("Events lost")
                                                : countText(shown.warnings + shown.errors, "anomaly", "anomalies");
  const QString healthText =
      healthy ? tr("No loss, and no anomaly that matters. %1 halves found no partner.").arg(countText(shown.unpaired))
      : shown.chains == 0
          ? tr("There is no chain to judge. View Health says what the captures contain.")
          : tr("%1 time ranges with lost events (%2 of known number), %3 anomalies that affect some chains, %4 that "
               "make results doubtful. View Health lists them.")
                .arg(countText(shown.lossRanges), countText(shown.lostEvents), countText(shown.warnings),
                     countText(shown.errors));

  auto* bar = new QHBoxLayout;
  bar->addWidget(badge(health, healthy, healthText));
  bar->addWidget(badge(clock, both && seen(error), clockText));
  bar->addStretch(1);
  bar->addWidget(worst);
  bar->addWidget(m_scale);

  m_tree->setModel(m_model);
  m_tree->setItemDelegateForColumn(OverviewModel::Attribution, m_delegate);
  m_tree->setUniformRowHeights(true);
  m_tree->setAllColumnsShowFocus(true);
  m_tree->setAccessibleName(tr("Where the time went"));
  m_tree->expandAll();
  m_tree->header()->setStretchLastSection(false);
  m_tree->header()->setMinimumSectionSize(40);
  for (int column = 0; column < OverviewModel::kColumns; ++column)
    m_tree->header()->setSectionResizeMode(
        column, column == OverviewModel::Attribution ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
  connect(m_delegate, &AttributionDelegate::causeClicked, this, &OverviewView::selectRow);
  connect(m_tree, &QTreeView::activated, this, [this](const QModelIndex& index) {
    if (index.column() != OverviewModel::Attribution) selectRow(index, -1);
  });
  connect(&session, &Session::selectionChanged, this, &OverviewView::followSelection);
  connect(&session, &Session::themeChanged, this, [this] {
    m_headline->setText(headline());
    m_tree->viewport()->update();
  });

  m_findings->setVisible(!shown.findings.empty());

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addWidget(m_headline);
  layout->addLayout(bar);
  layout->addWidget(new Legend(session, this));
  if (shown.levels.empty()) {
    auto* notice = new Notice(this);
    notice->setText(tr("No chain was seen from its start to its end.\nView Health says what the captures contain."));
    layout->addWidget(notice, 1);
    m_tree->hide();
  } else {
    layout->addWidget(m_tree, 1);
  }
  layout->addWidget(m_findings);
}

QToolButton* OverviewView::badge(const QString& text, bool good, const QString& explanation) {
  auto* button = new QToolButton(this);
  button->setText((good ? QStringLiteral("✓ ") : QStringLiteral("⚠ ")) + text);
  button->setToolTip(explanation);
  button->setAccessibleDescription(explanation);
  connect(button, &QToolButton::clicked, this, [this] { emit session().viewWanted(QStringLiteral("health")); });
  return button;
}

/// The answer in a sentence per device, the costliest first.
QString OverviewView::headline() const {
  std::vector<const LevelRow*> devices;
  for (const LevelRow& level : all().levels)
    if (level.kind == LevelRow::Kind::Device && level.latency.total > 0) devices.push_back(&level);
  std::sort(devices.begin(), devices.end(),
            [](const auto* a, const auto* b) { return a->latency.total > b->latency.total; });
  QStringList lines;
  if (all().ticks)
    lines << tr("<b>The times are not nanoseconds: the trace clock counts ticks, and one is shown as 1 ns.</b>");
  for (const FindingSummary& finding : all().findings)
    if (finding.severity == Severity::Critical)
      lines << QStringLiteral("<b>%1</b>").arg(QString::fromStdString(finding.title).toHtmlEscaped());
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < devices.size() && i < kShown; ++i) {
    const LevelRow& device = *devices[i];
    std::array<std::size_t, kCauses> order{};
    for (std::size_t cause = 0; cause < kCauses; ++cause) order[cause] = cause;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return device.share(a) > device.share(b); });
    QStringList shares;
    for (std::size_t n = 0; n < 3 && device.share(order[n]) >= 0.01; ++n)
      shares << percentText(device.share(order[n])) + QStringLiteral(" ") + causeName(static_cast<Cause>(order[n]));
    lines << tr("<b>%1</b> (%2, %3): %4 median; <b>%5</b>%6")
                 .arg(QString::fromStdString(device.name), QString::fromStdString(device.transport),
                      QString::fromStdString(device.deviceKind),
                      device.ticks ? countText(device.latency.p50, "clock tick", "clock ticks")
                                   : timeText(device.latency.p50),
                      shares.isEmpty() ? QString() : shares.front(),
                      shares.size() > 1 ? QStringLiteral(", ") + QStringList(shares.mid(1)).join(QStringLiteral(", "))
                                        : QString());
  }
  if (devices.size() > kShown)
    lines << tr("and %1").arg(
        countText(static_cast<std::int64_t>(devices.size() - kShown), "more device", "more devices"));
  return lines.join(QStringLiteral("<br>"));
}

void OverviewView::selectRow(const QModelIndex& index, int cause) {
  Selection selection = session().selection();
  const auto queues = m_model->queuesOf(index);
  selection.queues = {queues.begin(), queues.end()};
  selection.causes = cause >= 0 ? 1U << cause : 0;
  emit session().orderWanted(cause);
  session().select(selection);
  emit session().viewWanted(QStringLiteral("chains"));
}

void OverviewView::followSelection() {
  const auto& queues = session().selection().queues;
  // A row that only the keyboard has reached stays until other queues are selected.
  if (queues != m_followed) {
    m_followed = queues;
    const auto marked = m_model->queuesOf(m_tree->currentIndex());
    if (std::set<QueueId>(marked.begin(), marked.end()) != queues)
      m_tree->setCurrentIndex(queues.size() == 1 ? m_model->indexOf(*queues.begin()) : QModelIndex());
  }
  m_tree->viewport()->update();
}

void OverviewView::goToWorst() {
  std::size_t cause = 0;
  const LevelRow* worst = all().worst(cause);
  if (worst == nullptr) return;
  Selection selection;
  selection.queues = {worst->queueId};
  selection.causes = 1U << cause;
  emit session().orderWanted(static_cast<int>(cause));
  session().select(selection);
  auto* thread = session().newThread(this);
  const QueueId queueId = worst->queueId;
  thread->ask([this, queueId, cause](const Database& database, const QueryThread::Deliver& deliver) {
    Statement row =
        database.prepare("SELECT epoch, position FROM slowest WHERE queue_id = ? AND cause = ? AND rank = 0");
    row.bind(0, queueId);
    row.bind(1, kCauseNames[cause]);
    if (!row.step()) return;
    const ChainId key{queueId, row.integer(0), row.integer(1)};
    deliver([this, key] {
      session().goTo(key);
      emit session().viewWanted(QStringLiteral("chain"));
    });
  });
  connect(thread, &QueryThread::answered, thread, &QObject::deleteLater);
}

/// The bars are the answer: where there is little room, numbers that the tooltips also say make way for them.
void OverviewView::resizeEvent(QResizeEvent* event) {
  View::resizeEvent(event);
  m_findings->setFixedHeight(std::min(m_findings->wantedHeight(), std::max(90, height() * 4 / 10)));
  constexpr int kLeastBar = 220;
  QHeaderView* header = m_tree->header();
  const std::array optional = {OverviewModel::P999, OverviewModel::Rate, OverviewModel::Max, OverviewModel::P50};
  const int number = fontMetrics().horizontalAdvance(QStringLiteral("99.9 ms")) + 14;
  const auto wide = [&](int column) { return std::max(header->sectionSizeHint(column), number); };
  int bar = m_tree->viewport()->width() - header->sectionSize(OverviewModel::Name);
  for (int column = OverviewModel::Chains; column < OverviewModel::kColumns; ++column) bar -= wide(column);
  for (const int column : optional) {
    header->setSectionHidden(column, bar < kLeastBar);
    if (bar < kLeastBar) bar += wide(column);
  }
}

QWidget* OverviewView::focusTarget() {
  return m_tree;
}

bool OverviewView::writeCsv(QTextStream& out) {
  out << "level,transport,device,queue,chains,total_ns,p50_ns,p99_ns,p999_ns,max_ns";
  for (const auto name : kCauseNames)
    out << ',' << QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())) << "_ns";
  out << '\n';
  for (const LevelRow& level : all().levels) {
    const bool isQueue = level.kind == LevelRow::Kind::Queue;
    const QueueInfo* queue = all().queue(level.queueId);
    const QString device = isQueue ? QString::fromStdString(queue != nullptr ? queue->device : "")
                           : level.kind == LevelRow::Kind::Device ? QString::fromStdString(level.name)
                                                                  : QString();
    out << (isQueue                                ? "queue"
            : level.kind == LevelRow::Kind::Device ? "device"
                                                   : "transport")
        << ',' << csvField(QString::fromStdString(level.transport)) << ',' << csvField(device) << ','
        << csvField(isQueue ? QString::fromStdString(level.name) : QString()) << ',' << level.chains;
    for (const Ns ns :
         {level.latency.total, level.latency.p50, level.latency.p99, level.latency.p999, level.latency.max})
      out << ',' << ns;
    for (const CauseSum& cause : level.causes) out << ',' << cause.total;
    out << '\n';
  }
  return true;
}

}  // namespace descry::gui
