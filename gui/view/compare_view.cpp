// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/compare_view.hpp"

#include <QComboBox>
#include <QDragEnterEvent>
#include <QFontDatabase>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "analyzer/compare/sentences.hpp"
#include "gui/style/format.hpp"
#include "gui/view/compare_bars.hpp"
#include "gui/view/notice.hpp"
#include "gui/view/spread_plot.hpp"
#include "schemas/model/error.hpp"

namespace descry::gui {

namespace {

constexpr int kSideBySide = 720;  // pixels: narrower, bars and distributions are below each other
constexpr int kRoomForNotes = 520;

QString pathText(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

QString listed(const std::vector<std::string>& lines) {
  QString html;
  for (const std::string& line : lines)
    html += QStringLiteral("<li>%1</li>").arg(QString::fromStdString(line).toHtmlEscaped());
  return html;
}

QFrame* scrolled(QWidget* widget, QWidget* parent) {
  auto* area = new QScrollArea(parent);
  area->setWidget(widget);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFrameShape(QFrame::NoFrame);
  return area;
}

}  // namespace

CompareView::CompareView(Session& session, QWidget* parent)
    : View(session, parent),
      m_places(new QComboBox(this)),
      m_what(new QComboBox(this)),
      m_choose(new QPushButton(tr("Compare with …"), this)),
      m_stop(new QPushButton(this)),
      m_sentences(new QTextBrowser(this)),
      m_bars(new CompareBars(this)),
      m_plot(new SpreadPlot(this)),
      m_notice(new Notice(this)),
      m_noSpread(new Notice(this)),
      m_stack(new QStackedWidget(this)),
      m_spreadStack(new QStackedWidget(this)),
      m_numbers(new QLabel(this)),
      m_command(new QLineEdit(this)),
      m_nowThread(session.newThread(this)),
      m_comparing(session.newThread(this)) {
  setAcceptDrops(true);
  m_places->setToolTip(tr("Transport, device or queue that both cases have"));
  m_what->setToolTip(tr("What the distributions count"));
  m_what->addItem(tr("Latency"), kWholeLatency);
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    m_what->addItem(causeName(static_cast<Cause>(cause)), static_cast<int>(cause));
  m_stack->addWidget(m_notice);
  m_stack->addWidget(makePage());
  auto* bar = new QHBoxLayout;
  bar->addWidget(m_places);
  bar->addWidget(m_what);
  bar->addStretch(1);
  bar->addWidget(m_stop);
  bar->addWidget(m_choose);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addLayout(bar);
  layout->addWidget(m_stack, 1);
  connect(m_choose, &QPushButton::clicked, &session, &Session::baseWanted);
  connect(m_stop, &QPushButton::clicked, this, [this] { m_comparing->isBusy() ? cancel() : start(); });
  connect(m_places, &QComboBox::currentIndexChanged, this, &CompareView::showPlace);
  connect(m_what, &QComboBox::currentIndexChanged, this, [this] {
    m_bars->setChosen(m_what->currentData().toInt());
    readSpreads();
  });
  connect(m_bars, &CompareBars::chosen, this, [this](int cause) { m_what->setCurrentIndex(m_what->findData(cause)); });
  // Not in the failure itself: only then the thread rests, and the button offers another try.
  connect(m_comparing, &QueryThread::answered, this, [this] {
    if (!m_problem.isEmpty())
      say(tr("The cases cannot be compared.\n\n%1\n\nChoose another database with “Compare with …”.").arg(m_problem));
  });
  connect(&session, &Session::baseChanged, this, [this] {
    m_base.clear();  // the same file may have been made anew
    refreshWhenSeen();
  });
  connect(&session, &Session::themeChanged, this, [this] {
    showSentences();
    if (const ComparedLevel* shown = place()) m_bars->setPlace(*shown, m_shown->options, theme());
    drawSpreads();
  });
  say({});
}

CompareView::~CompareView() = default;

QWidget* CompareView::makePage() {
  auto* page = new QWidget(this);
  m_sentences->setFrameShape(QFrame::NoFrame);
  m_sentences->setOpenLinks(false);
  m_sentences->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_sentences->document()->setIndentWidth(18);
  m_sentences->setAccessibleName(tr("What changed"));
  m_plot->setAccessibleName(tr("Distributions of both cases"));
  m_spreadStack->addWidget(m_plot);
  m_spreadStack->addWidget(m_noSpread);
  m_numbers->setTextFormat(Qt::RichText);
  m_numbers->setWordWrap(true);
  m_numbers->setMinimumWidth(1);
  m_command->setReadOnly(true);
  m_command->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  m_command->setAccessibleName(tr("The command with the same result"));
  m_command->setToolTip(tr("Prints the same as text, or as HTML or JSON with --format"));
  m_note = new QLabel(tr("Mean per chain: hollow is the base, full is the new case. Whiskers: where the new mean "
                         "lies with 95 % certainty; * is significant."),
                      page);
  m_note->setWordWrap(true);
  m_note->setMinimumWidth(1);
  m_note->setForegroundRole(QPalette::PlaceholderText);
  auto* left = new QVBoxLayout;
  left->addWidget(scrolled(m_bars, page), 1);
  left->addWidget(m_note);
  auto* right = new QVBoxLayout;
  right->addWidget(m_numbers);
  right->addWidget(m_spreadStack, 1);
  m_halves = new QBoxLayout(QBoxLayout::LeftToRight);
  m_halves->setSpacing(12);
  m_halves->addLayout(left, 1);
  m_halves->addLayout(right, 1);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(m_sentences);
  layout->addLayout(m_halves, 1);
  layout->addWidget(m_command);
  return page;
}

QWidget* CompareView::focusTarget() {
  return m_shown ? static_cast<QWidget*>(m_bars) : m_choose;
}

const ComparedLevel* CompareView::place() const {
  const auto index = static_cast<std::size_t>(m_places->currentData().toInt());
  return m_shown && m_places->currentIndex() >= 0 && index < m_shown->levels.size() ? &m_shown->levels[index] : nullptr;
}

/// A text in place of a comparison; without one it says how to get a comparison.
void CompareView::say(const QString& text) {
  m_notice->setText(text.isEmpty()
                        ? tr("Nothing to compare with yet.\n\nChoose another database with “Compare with …”"
                             " (%1), or drop it here. It becomes the base; the open one is the new case.")
                              .arg(QKeySequence(QStringLiteral("Ctrl+Shift+D")).toString(QKeySequence::NativeText))
                        : text);
  m_stack->setCurrentWidget(m_notice);
  m_places->setVisible(false);
  m_what->setVisible(false);
  m_stop->setVisible(!m_base.empty());
  m_stop->setText(m_comparing->isBusy() ? tr("Cancel") : tr("Compare again"));
}

void CompareView::refresh() {
  if (!session().base().empty() && m_base != session().base()) start();
}

void CompareView::start() {
  m_base = session().base();
  m_problem.clear();
  m_shown.reset();
  m_baseCase.reset();
  m_baseThread.reset();
  m_comparing->ask(
      [this, path = m_base](const Database& now, const QueryThread::Deliver& deliver) {
        const FileState state = FileState::of(path);
        Database base = Database::openReadOnly(path);
        base.stopWhen([&deliver] { return !deliver.isWanted(); });
        const auto stopIfUnwanted = [&deliver] {
          if (!deliver.isWanted()) throw Cancelled();
        };
        auto found = std::make_shared<const Comparison>(compareCases(base, now, {}, stopIfUnwanted));
        deliver([this, found, state] {
          m_shown = found;
          take(state);
        });
      },
      [this](const QString& message) { m_problem = message; });
  say(tr("Comparing with %1 …").arg(pathText(m_base)));
}

void CompareView::cancel() {
  if (!m_comparing->isBusy()) return;
  m_comparing->cancel();
  say(tr("The comparison was cancelled. “Compare again” starts it from the beginning."));
}

void CompareView::take(const FileState& state) {
  m_baseThread = std::make_unique<QueryThread>(m_base, state, session().activity(), nullptr);
  m_places->blockSignals(true);
  m_places->clear();
  int first = -1;
  for (std::size_t index = 0; index < m_shown->levels.size(); ++index) {
    const ComparedLevel& each = m_shown->levels[index];
    const QString indent(each.level == ReportLevel::Queue ? 2 : 0, QLatin1Char(' '));
    m_places->addItem(indent + QString::fromStdString(nameOf(each)), static_cast<int>(index));
    // The devices first: a transport mixes them.
    if (first < 0 && each.level == ReportLevel::Device) first = static_cast<int>(index);
  }
  m_places->setCurrentIndex(std::max(first, m_places->count() > 0 ? 0 : -1));
  m_places->blockSignals(false);
  m_command->setText(QString::fromStdString(diffCommand(m_base.string(), all().path.string())));
  m_command->setCursorPosition(0);
  m_stop->setVisible(false);
  m_places->setVisible(true);
  m_what->setVisible(true);
  m_stack->setCurrentIndex(1);
  showSentences();
  showPlace();
}

void CompareView::showSentences() {
  if (!m_shown) return;
  const Theme& colours = theme();
  const QColor colour = m_shown->slower ? colours.error : m_shown->faster ? colours.good : colours.text;
  QString html = QStringLiteral("<style>li, p { margin: 0 0 2px 0 } ul { margin: 0 0 4px 0 }</style>");
  for (const std::string& line : m_shown->verdict)
    html += QStringLiteral("<p style='color:%1'><b>%2</b></p>")
                .arg(colour.name(), QString::fromStdString(line).toHtmlEscaped());
  html += tr("<p>Base: %1 · new: %2</p>")
              .arg(pathText(m_base.filename()).toHtmlEscaped(), pathText(all().path.filename()).toHtmlEscaped());
  if (m_shown->baseDamaged || m_shown->nowDamaged)
    html += QStringLiteral("<p style='color:%1'>%2</p>")
                .arg(colours.warning.name(),
                     m_shown->baseDamaged && m_shown->nowDamaged
                         ? tr("Both captures lost events or contradict themselves: see Health.")
                     : m_shown->baseDamaged ? tr("The base's capture lost events or contradicts itself.")
                                            : tr("The new capture lost events or contradicts itself: see Health."));
  if (!m_shown->changed.empty())
    html += tr("<p>What else changed:</p>") + QStringLiteral("<ul>%1</ul>").arg(listed(m_shown->changed));
  if (!m_shown->unmatched.empty())
    html += tr("<p>Without a counterpart:</p>") + QStringLiteral("<ul>%1</ul>").arg(listed(m_shown->unmatched));
  m_sentences->setHtml(html);
  fitSentences();
}

/// As high as its text, but never more than a good third of the view.
void CompareView::fitSentences() {
  const std::unique_ptr<QTextDocument> measured(m_sentences->document()->clone());
  measured->setIndentWidth(m_sentences->document()->indentWidth());
  measured->setTextWidth(std::max(100, m_stack->width() - 20));
  const int wanted = static_cast<int>(measured->size().height()) + 6;
  m_sentences->setFixedHeight(std::min(wanted, std::max(60, height() * 32 / 100)));
}

void CompareView::resizeEvent(QResizeEvent* event) {
  View::resizeEvent(event);
  m_halves->setDirection(width() >= kSideBySide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
  m_note->setVisible(height() >= kRoomForNotes);
  fitSentences();
}

void CompareView::showPlace() {
  const ComparedLevel* shown = place();
  if (shown == nullptr) {
    m_bars->clear();
    m_numbers->clear();
    m_noSpread->setText(tr("The cases have no transport, device or queue in common."));
    m_spreadStack->setCurrentWidget(m_noSpread);
    return;
  }
  m_bars->setPlace(*shown, m_shown->options, theme());
  m_bars->setChosen(m_what->currentData().toInt());
  const auto change = [](const QString& name, const Change& number) {
    return QStringLiteral("%1 %2 → <b>%3</b>")
        .arg(name, timeText(static_cast<Ns>(number.base)), timeText(static_cast<Ns>(number.now)));
  };
  m_numbers->setText(tr("%1 → %2 chains; latency %3, %4, %5")
                         .arg(countText(shown->baseChains), countText(shown->nowChains),
                              change(QStringLiteral("p50"), shown->p50), change(QStringLiteral("p99"), shown->p99),
                              change(QStringLiteral("p99.9"), shown->p999)));
  readSpreads();
}

void CompareView::readSpreads() {
  const ComparedLevel* shown = place();
  if (shown == nullptr || !m_baseThread) return;
  const int cause = m_what->currentData().toInt();
  m_baseSpread.reset();
  m_nowSpread.reset();
  const auto failed = [this](const QString& message) {
    m_noSpread->setText(message);
    m_spreadStack->setCurrentWidget(m_noSpread);
  };
  m_baseThread->ask(
      [this, cause, place = *shown, opened = m_baseCase](const Database& database,
                                                         const QueryThread::Deliver& deliver) {
        const auto base = opened ? opened : std::make_shared<const Case>(readCase(database));
        auto found = std::make_shared<const Distribution>(
            readDistribution(database, *base, selectionOf(place, *base, true), cause));
        deliver([this, base, found] {
          m_baseCase = base;
          m_baseSpread = found;
          drawSpreads();
        });
      },
      failed);
  m_nowThread->ask(
      [this, cause, place = *shown, now = session().shared()](const Database& database,
                                                              const QueryThread::Deliver& deliver) {
        auto found = std::make_shared<const Distribution>(
            readDistribution(database, *now, selectionOf(place, *now, false), cause));
        deliver([this, found] {
          m_nowSpread = found;
          drawSpreads();
        });
      },
      failed);
}

void CompareView::drawSpreads() {
  if (!m_baseSpread || !m_nowSpread) return;
  std::vector<Spread> spreads = {m_baseSpread->all, m_nowSpread->all};
  spreads[0].name = tr("base").toStdString();
  spreads[1].name = tr("new").toStdString();
  if (spreads[0].isFlat() && spreads[1].isFlat()) {
    m_noSpread->setText(tr("No chain lost time to %1, in either case.").arg(m_what->currentText()));
    m_spreadStack->setCurrentWidget(m_noSpread);
    return;
  }
  m_spreadStack->setCurrentWidget(m_plot);
  m_plot->setSpreads(spreads, theme());
  int row = 0;
  for (const auto& [name, percentile] :
       {std::pair{QStringLiteral("p50"), &Spread::p50}, {QStringLiteral("p99"), &Spread::p99}})
    for (const bool isBase : {true, false}) {
      const Ns ns = spreads[isBase ? 0 : 1].*percentile, other = spreads[isBase ? 1 : 0].*percentile;
      // The names stand outside of the two lines: each at its own.
      const auto side = ns < other || (ns == other && isBase) ? Qt::AlignLeft : Qt::AlignRight;
      const QString text = isBase ? tr("%1 base").arg(name) : tr("%1 new").arg(name);
      if (ns > 0) m_plot->addCursor(text, ns, theme().text, row, side);
      ++row;
    }
  m_plot->replot();
}

void CompareView::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile()) event->acceptProposedAction();
}

void CompareView::dropEvent(QDropEvent* event) {
  if (event->mimeData()->urls().isEmpty()) return;
  event->acceptProposedAction();
  session().compareWith(event->mimeData()->urls().front().toLocalFile().toStdString());
}

bool CompareView::writeCsv(QTextStream& out) {
  out << "level,place,quantity,base_ns,new_ns,low_ns,high_ns,significant\n";
  if (!m_shown) return true;
  constexpr const char* kLevels[] = {"transport", "device", "queue"};
  for (const ComparedLevel& each : m_shown->levels) {
    const auto line = [&](const QString& quantity, const Change& change) {
      const auto whole = [](double value) { return QString::number(value, 'f', 0); };
      out << kLevels[static_cast<std::size_t>(each.level)] << ',' << csvField(QString::fromStdString(nameOf(each)))
          << ',' << quantity << ',' << whole(change.base) << ',' << whole(change.now) << ','
          << (change.tested ? whole(change.low) : QString()) << ',' << (change.tested ? whole(change.high) : QString())
          << ',' << (change.significant ? 1 : 0) << '\n';
    };
    line(QStringLiteral("latency_mean"), each.mean);
    line(QStringLiteral("latency_p50"), each.p50);
    line(QStringLiteral("latency_p99"), each.p99);
    line(QStringLiteral("latency_p999"), each.p999);
    for (const ComparedCause& cause : each.causes) line(QString::fromStdString(std::string(cause.cause)), cause.mean);
  }
  return true;
}

}  // namespace descry::gui
