// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/chain_view.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "gui/style/format.hpp"
#include "gui/view/notice.hpp"
#include "gui/view/waterfall.hpp"

namespace descry::gui {

namespace {

/// The chain's causes as one bar.
class CauseBar : public QWidget {
 public:
  CauseBar(Session& session, const std::shared_ptr<const ChainDetail>& chain, QWidget* parent)
      : QWidget(parent), m_session(session), m_chain(chain) {
    setFixedHeight(fontMetrics().height() + 8);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    if (!m_chain || !seen(m_chain->total) || m_chain->total <= 0) return;
    QPainter painter(this);
    double left = 0;
    for (std::size_t cause = 0; cause < kCauses; ++cause) {
      const double share = static_cast<double>(m_chain->causes[cause]) / static_cast<double>(m_chain->total);
      if (share <= 0) continue;
      const QRectF part(left, 0, width() * share, height());
      const QColor colour = m_session.theme().cause(static_cast<Cause>(cause));
      m_session.theme().fill(painter, part, static_cast<Cause>(cause));
      left += part.width();
      QString text = causeName(static_cast<Cause>(cause)) + QStringLiteral(" ") + timeText(m_chain->causes[cause]);
      if (fontMetrics().horizontalAdvance(text) + 12 > part.width()) text = percentText(share);
      const int wide = fontMetrics().horizontalAdvance(text);
      if (wide + 8 > part.width()) continue;
      const QRectF plate(part.center().x() - wide / 2.0 - 3, 2, wide + 6, height() - 4);
      painter.fillRect(plate, colour);
      painter.setPen(m_session.theme().textOn(colour));
      painter.drawText(plate, Qt::AlignCenter, text);
    }
  }

 private:
  Session& m_session;
  const std::shared_ptr<const ChainDetail>& m_chain;
};

}  // namespace

ChainView::ChainView(Session& session, QWidget* parent)
    : View(session, parent),
      m_heading(new QLabel(this)),
      m_bar(new CauseBar(session, m_chain, this)),
      m_waterfall(new Waterfall(session, this)),
      m_details(new QLabel(this)),
      m_previous(new QPushButton(tr("◀ Previous"), this)),
      m_next(new QPushButton(tr("Next ▶"), this)),
      m_stack(new QStackedWidget(this)),
      m_notice(new Notice(this)),
      m_thread(session.newThread(this)) {
  m_heading->setTextFormat(Qt::RichText);
  m_heading->setWordWrap(true);
  m_heading->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_details->setTextFormat(Qt::RichText);
  m_details->setWordWrap(true);
  m_details->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_previous->setToolTip(tr("The chain before it in the queue (Alt+Up)"));
  m_previous->setShortcut(QKeySequence(QStringLiteral("Alt+Up")));
  m_next->setToolTip(tr("The chain after it in the queue (Alt+Down)"));
  m_next->setShortcut(QKeySequence(QStringLiteral("Alt+Down")));
  for (const auto& [key, button] : {std::pair{Qt::Key_BracketLeft, m_previous}, {Qt::Key_BracketRight, m_next}})
    connect(new QShortcut(QKeySequence(key), this), &QShortcut::activated, button,
            [button = button] { button->click(); });
  auto* copy = new QPushButton(tr("Copy as text"), this);
  copy->setToolTip(tr("The whole chain as text, for a mail or a report (Ctrl+Shift+C)"));
  copy->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+C")));
  connect(copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(asText()); });
  connect(m_previous, &QPushButton::clicked, this, [this] {
    if (m_chain) this->session().goTo(m_chain->previous);
  });
  connect(m_next, &QPushButton::clicked, this, [this] {
    if (m_chain) this->session().goTo(m_chain->next);
  });

  auto* buttons = new QHBoxLayout;
  buttons->addWidget(m_previous);
  buttons->addWidget(m_next);
  buttons->addStretch(1);
  buttons->addWidget(copy);

  auto* inside = new QWidget(this);
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_waterfall);
  column->addWidget(m_details);
  column->addStretch(1);
  auto* scroll = new QScrollArea(this);
  scroll->setWidget(inside);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

  auto* page = new QWidget(this);
  auto* layout = new QVBoxLayout(page);
  layout->setContentsMargins(8, 8, 8, 8);
  layout->addWidget(m_heading);
  layout->addWidget(m_bar);
  layout->addWidget(scroll, 1);
  layout->addLayout(buttons);
  m_notice->setText(
      tr("No chain is chosen.\nClick a row of Chains or a bar of the Timeline, or press Shift+W for the slowest "
         "chain of the cause that cost most."));
  m_stack->addWidget(m_notice);
  m_stack->addWidget(page);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(m_stack);
  connect(&session, &Session::selectionChanged, this, &ChainView::follow);
  connect(&session, &Session::themeChanged, this, [this] {
    m_details->setText(details());
    m_bar->update();
  });
  follow();
}

void ChainView::follow() {
  const ChainId key = session().selection().chain;
  if (key == m_wanted) return;
  m_wanted = key;
  if (!key.valid()) return m_stack->setCurrentIndex(0);
  m_thread->ask(
      [this, key, shared = session().shared()](const Database& database, const QueryThread::Deliver& deliver) {
        auto found = readChainDetail(database, *shared, key);
        std::shared_ptr<const ChainDetail> chain;
        if (found) chain = std::make_shared<const ChainDetail>(std::move(*found));
        deliver([this, chain] { show(chain); });
      },
      [this](const QString& message) {
        m_notice->setText(message);
        m_stack->setCurrentIndex(0);
      });
}

void ChainView::show(std::shared_ptr<const ChainDetail> chain) {
  m_chain = std::move(chain);
  if (!m_chain) {
    m_notice->setText(tr("The database has no such chain."));
    return m_stack->setCurrentIndex(0);
  }
  m_heading->setText(heading());
  m_details->setText(details());
  m_waterfall->show(m_chain);
  m_previous->setEnabled(m_chain->previous.valid());
  m_next->setEnabled(m_chain->next.valid());
  m_bar->update();
  m_stack->setCurrentIndex(1);
}

QString ChainView::heading() const {
  const ChainDetail& chain = *m_chain;
  QString text = tr("<b>%1 %2 #%3</b> &nbsp; %4 &nbsp; begin %5")
                     .arg(QString::fromStdString(chain.device).toHtmlEscaped(),
                          QString::fromStdString(chain.queue).toHtmlEscaped(), countText(chain.key.position),
                          seen(chain.total) ? QStringLiteral("<b>") + timeText(chain.total) + QStringLiteral("</b>")
                                            : tr("no end was seen"),
                          axisTimeText(chain.begin, 1000));
  QStringList remarks;
  if (chain.scope != Scope::Full)
    remarks << (chain.scope == Scope::Guest ? tr("only the guest saw it") : tr("only the host saw it"));
  if ((chain.flags & kSuspect) != 0) remarks << tr("overlaps lost events: what is missing may have happened");
  if ((chain.flags & kStartAssumed) != 0) remarks << tr("counted from the doorbell: at most this long");
  if ((chain.flags & kOrderContradicted) != 0)
    remarks << tr("its order contradicts the clocks, so its two sides stay on separate clocks");
  else if ((chain.flags & kUnsynchronised) != 0)
    remarks << tr("no clock model covers it");
  if (!remarks.isEmpty()) text += QStringLiteral("<br>⚠ ") + remarks.join(QStringLiteral("; "));
  return text;
}

QString ChainView::details() const {
  if (!m_chain) return {};
  const ChainDetail& chain = *m_chain;
  QStringList lines;
  const auto row = [&](const QString& name, const QString& value) {
    lines << QStringLiteral("<tr><td style='padding-right:12px; color:%1'>%2</td><td>%3</td></tr>")
                 .arg(theme().faint.name(), name, value);
  };
  if (chain.induced > 0)
    row(tr("Induced"), tr("%1 of IOTLB was spent waiting for the misses of other chains").arg(timeText(chain.induced)));
  if (seen(chain.stock) && chain.stock > 0)
    row(tr("Stock"), tr("%1 posted before the packet came; not part of the latency").arg(timeText(chain.stock)));
  if (seen(chain.reapWait) && chain.reapWait > 0)
    row(tr("Reaping"), tr("%1 until the driver took it back; not part of the latency").arg(timeText(chain.reapWait)));
  if (seen(chain.bounces) && chain.bounces > 0)
    row(tr("Bounced out"), tr("%1 in %2 bounces, %3 (search and lock %4)")
                               .arg(bytesText(seen(chain.bounceBytes) ? chain.bounceBytes : 0))
                               .arg(chain.bounces)
                               .arg(timeText(seen(chain.swiotlbOut) ? chain.swiotlbOut : 0),
                                    timeText(seen(chain.swiotlbSearch) ? chain.swiotlbSearch : 0)));
  if (seen(chain.copiesBack) && chain.copiesBack > 0)
    row(tr("Bounced back"), tr("%1 in %2 copies, %3")
                                .arg(bytesText(seen(chain.copyBackBytes) ? chain.copyBackBytes : 0))
                                .arg(chain.copiesBack)
                                .arg(timeText(seen(chain.swiotlbIn) ? chain.swiotlbIn : 0)));
  if (seen(chain.iommuMap) && chain.iommuMap > 0)
    row(tr("Guest IOMMU"), tr("mapping %1, unmapping %2")
                               .arg(timeText(chain.iommuMap), timeText(seen(chain.iommuUnmap) ? chain.iommuUnmap : 0)));
  if (seen(chain.dmaMaps) && chain.dmaMaps > 0)
    row(tr("DMA mappings"), seen(chain.dmaIdentity)
                                ? tr("%1, %2 of them identity").arg(chain.dmaMaps).arg(chain.dmaIdentity)
                                : QString::number(chain.dmaMaps));
  if (seen(chain.outCount) || seen(chain.inCount))
    row(tr("Segments"), tr("%1 out, %2 in")
                            .arg(seen(chain.outCount) ? chain.outCount : 0)
                            .arg(seen(chain.inCount) ? chain.inCount : 0));
  if (seen(chain.lengthBytes)) row(tr("Written by device"), bytesText(chain.lengthBytes));
  if (seen(chain.retries) && chain.retries > 0) row(tr("Fetch retries"), countText(chain.retries));
  if (!chain.misses.empty()) row(tr("Misses"), countText(static_cast<std::int64_t>(chain.misses.size())));
  if (!chain.ahead.empty())
    row(tr("Ahead in queue"), tr("%1 under way when it began")
                                  .arg(countText(static_cast<std::int64_t>(chain.ahead.size()), "chain", "chains")));
  if (seen(chain.hits) && chain.hits > 0) row(tr("Guest probe hits"), countText(chain.hits));
  row(tr("In the trace"), tr("starts at %1 ns").arg(countText(chain.traceStart)));
  return QStringLiteral("<table>") + lines.join(QString()) + QStringLiteral("</table>");
}

QString ChainView::asText() const {
  if (!m_chain) return {};
  const ChainDetail& chain = *m_chain;
  QString text;
  QTextStream out(&text);
  out << QString::fromStdString(chain.device + " " + chain.queue) << " #" << chain.key.position << " ("
      << QString::fromStdString(chain.transport + ", ") << QString::fromUtf8(wordOf(chain.scope).data())
      << "): " << (seen(chain.total) ? bothTimeText(chain.total) : tr("no end")) << "\n";
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    if (chain.causes[cause] > 0)
      out << "  " << causeName(static_cast<Cause>(cause)).leftJustified(14)
          << timeText(chain.causes[cause]).rightJustified(10) << "\n";
  out << "\n";
  for (const PhaseSpan& span : chain.phases) {
    out << "  " << QString::fromStdString(span.name).leftJustified(24)
        << timeText(span.end - span.begin).rightJustified(10) << "  " << pointName(span.from) << " → "
        << pointName(span.to);
    if (span.crossesClocks && seen(chain.error)) out << " ±" << timeText(chain.error);
    for (const CauseSpan& part : span.causes)
      out << (&part == &span.causes.front() ? "  " : ", ") << causeName(part.cause) << " " << timeText(part.length());
    if (!span.counted) out << tr("  (not latency)");
    out << "\n";
  }
  for (const MissDetail& miss : chain.misses)
    out << "  miss 0x" << QString::number(miss.iova, 16) << " +" << timeText(miss.raised)
        << (seen(miss.updated) ? QStringLiteral(", answered after ") + timeText(miss.updated - miss.raised) : QString())
        << "\n";
  return text;
}

bool ChainView::writeCsv(QTextStream& out) {
  out << "from,to,phase,begin_ns,duration_ns,cause,induced,place_recorded,crosses_clocks,cross_error_ns,counted\n";
  if (!m_chain) return true;
  for (const PhaseSpan& span : m_chain->phases) {
    const auto textOf = [](Point point) { return QString::fromUtf8(infoOf(point).name.data()); };
    const auto row = [&](const CauseSpan& part, const QString& cause) {
      out << textOf(span.from) << ',' << textOf(span.to) << ',' << csvField(QString::fromStdString(span.name)) << ','
          << part.begin << ',' << part.length() << ',' << cause << ',' << (part.induced ? 1 : 0) << ','
          << (part.somewhere ? 0 : 1) << ',' << (span.crossesClocks ? 1 : 0) << ','
          << (span.crossesClocks && seen(m_chain->error) ? m_chain->error : 0) << ',' << (span.counted ? 1 : 0) << '\n';
    };
    if (span.causes.empty()) row({span.begin, span.end}, QString());
    for (const CauseSpan& part : span.causes)
      row(part, QString::fromUtf8(kCauseNames[static_cast<std::size_t>(part.cause)].data()));
  }
  return true;
}

}  // namespace descry::gui
