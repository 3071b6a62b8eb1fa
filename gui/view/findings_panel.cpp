// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/findings_panel.hpp"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/style/format.hpp"

namespace descry::gui {

namespace {

QLabel* textLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  return label;
}

QToolButton* linkButton(const QString& text, const QString& explanation, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setText(text);
  button->setToolTip(explanation);
  button->setAccessibleDescription(explanation);
  return button;
}

}  // namespace

QString commandOf(const std::string& action) {
  const auto colon = action.rfind(": ");
  return colon == std::string::npos ? QString() : QString::fromStdString(action.substr(colon + 2));
}

FindingsPanel::FindingsPanel(Session& session, QWidget* parent)
    : QScrollArea(parent), m_session(session), m_cards(new QWidget(this)) {
  auto* cards = new QVBoxLayout(m_cards);
  cards->setContentsMargins(8, 6, 8, 6);
  cards->setSpacing(10);
  for (const FindingSummary& finding : session.all().findings) cards->addWidget(cardOf(finding));
  cards->addStretch(1);
  setWidget(m_cards);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Findings"));
  connect(&session, &Session::themeChanged, this, &FindingsPanel::colour);
  colour();
}

QWidget* FindingsPanel::cardOf(const FindingSummary& finding) {
  auto* card = new QWidget(m_cards);
  auto* layout = new QVBoxLayout(card);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(3);

  auto* head = new QHBoxLayout;
  const std::string_view word = wordOf(finding.severity);
  auto* sign = new QLabel(QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())), card);
  QFont bold = font();
  bold.setBold(true);
  sign->setFont(bold);
  sign->setAlignment(Qt::AlignTop);
  m_signs.emplace_back(sign, finding.severity);
  auto* title = textLabel(QString::fromStdString(finding.title), card);
  title->setFont(bold);
  head->addWidget(sign);
  head->addWidget(title, 1);
  layout->addLayout(head);

  if (!finding.action.empty()) {
    auto* doing = new QHBoxLayout;
    doing->addWidget(textLabel(tr("Do: %1").arg(QString::fromStdString(finding.action)), card), 1);
    if (const QString command = commandOf(finding.action); !command.isEmpty()) {
      auto* copy = linkButton(tr("Copy"), tr("Copies: %1").arg(command), card);
      connect(copy, &QToolButton::clicked, this, [command] { QGuiApplication::clipboard()->setText(command); });
      doing->addWidget(copy, 0, Qt::AlignTop);
    }
    layout->addLayout(doing);
  }
  QWidget* details = detailsOf(finding);
  details->hide();
  layout->addWidget(buttonsOf(finding, details));
  layout->addWidget(details);
  return card;
}

QWidget* FindingsPanel::buttonsOf(const FindingSummary& finding, QWidget* details) {
  auto* row = new QWidget(m_cards);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  auto* why = linkButton(tr("Why"), tr("The reason, the whole change, what it costs and how to check it"), row);
  why->setCheckable(true);
  connect(why, &QToolButton::toggled, details, &QWidget::setVisible);
  layout->addWidget(why);
  if (finding.device) {
    auto* chains = linkButton(tr("Its chains"), tr("Selects the queues and the cause that it is about"), row);
    connect(chains, &QToolButton::clicked, this, [this, finding] { showChains(finding); });
    layout->addWidget(chains);
  }
  if (!finding.sql.empty()) {
    auto* evidence = linkButton(tr("Evidence"), tr("Asks for its numbers in the SQL console"), row);
    connect(evidence, &QToolButton::clicked, this, [this, sql = QString::fromStdString(finding.sql)] {
      emit m_session.sqlWanted(sql);
      emit m_session.viewWanted(QStringLiteral("sql"));
    });
    layout->addWidget(evidence);
  }
  layout->addStretch(1);
  return row;
}

QWidget* FindingsPanel::detailsOf(const FindingSummary& finding) {
  auto* details = new QWidget(m_cards);
  auto* layout = new QVBoxLayout(details);
  layout->setContentsMargins(12, 0, 0, 0);
  layout->setSpacing(3);
  const auto say = [&](const QString& what, const std::string& text) {
    if (!text.empty()) layout->addWidget(textLabel(what.arg(QString::fromStdString(text)), details));
  };
  say(tr("Why: %1"), finding.why);
  say(tr("Change: %1"), finding.change);
  say(tr("Cost: %1"), finding.cost);
  say(tr("Check: %1"), finding.howToCheck);
  say(tr("Confidence: %1"), finding.confidence);
  return details;
}

void FindingsPanel::showChains(const FindingSummary& finding) {
  Selection selection;
  for (const QueueInfo& queue : m_session.all().queues)
    if (queue.device == *finding.device && (!finding.queue || queue.name == *finding.queue) &&
        (!finding.vm || queue.vm == *finding.vm))
      selection.queues.insert(queue.queueId);
  int cause = -1;
  for (std::size_t i = 0; i < kCauses; ++i)
    if (finding.cause && *finding.cause == kCauseNames[i]) cause = static_cast<int>(i);
  if (cause >= 0) selection.causes = 1U << static_cast<unsigned>(cause);
  emit m_session.orderWanted(cause);
  m_session.select(selection);
  emit m_session.viewWanted(QStringLiteral("chains"));
}

void FindingsPanel::colour() {
  const Theme& theme = m_session.theme();
  for (const auto& [sign, severity] : m_signs) {
    QPalette palette = sign->palette();
    palette.setColor(QPalette::WindowText, severity == Severity::Critical  ? theme.error
                                           : severity == Severity::Warning ? theme.warning
                                                                           : theme.faint);
    sign->setPalette(palette);
  }
}

int FindingsPanel::wantedHeight() const {
  const int wide = std::max(100, width() - 40);
  return m_cards->layout()->totalHeightForWidth(wide) + 2 * frameWidth() + 4;
}

}  // namespace descry::gui
