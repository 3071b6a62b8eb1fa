// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/view/condition_edit.hpp"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QPainter>
#include <QStringListModel>
#include <set>

#include "schemas/condition/condition.hpp"

namespace descry::gui {

ConditionEdit::ConditionEdit(Session& session, QWidget* parent)
    : QLineEdit(parent),
      m_session(session),
      m_words(new QStringListModel(this)),
      m_completer(new QCompleter(m_words, this)) {
  setPlaceholderText(tr("Filter: queue == rx0 and iotlb > 50us"));
  setClearButtonEnabled(true);
  setAccessibleName(tr("Filter"));
  QStringList causes;
  for (const std::string_view name : kCauseNames) causes << QString::fromUtf8(name.data());
  setToolTip(
      tr("A condition over chains, applied with Enter. Fields: total, %1, queue, device, suspect and every column "
         "of chain_view. Ctrl+Space completes.")
          .arg(causes.join(QStringLiteral(", "))));
  m_completer->setWidget(this);
  m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
  connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this, &ConditionEdit::insertCompletion);
  connect(this, &QLineEdit::textChanged, this, &ConditionEdit::check);
  connect(this, &QLineEdit::textEdited, this, [this] {
    check();  // textChanged comes after this
    if (text().isEmpty()) apply();
    complete();
  });
  connect(this, &QLineEdit::returnPressed, this, &ConditionEdit::apply);
  connect(&session, &Session::selectionChanged, this, [this] {
    const QString shown = QString::fromStdString(m_session.selection().expression);
    if (shown != text() && !hasFocus()) setText(shown);
  });
  setText(QString::fromStdString(session.selection().expression));
}

void ConditionEdit::check() {
  const QString before = m_problem;
  m_problem.clear();
  m_wrongAt = -1;
  const std::string typed = text().toStdString();
  try {
    parseCondition(typed);
  } catch (const ConditionError& error) {
    m_problem = QString::fromUtf8(error.what());
    // Bytes to characters: what is before the error may hold more than ASCII.
    m_wrongAt = static_cast<int>(QString::fromStdString(typed.substr(0, error.at())).size());
    m_wrongLength = static_cast<int>(QString::fromStdString(typed.substr(error.at(), error.length())).size());
  }
  if (m_problem != before) emit problemChanged(m_problem);
  update();
}

void ConditionEdit::apply() {
  if (!m_problem.isEmpty()) return;
  Selection selection = m_session.selection();
  selection.expression = text().trimmed().toStdString();
  m_session.select(selection);
}

void ConditionEdit::complete() {
  const auto values = [this](std::string_view field) {
    std::set<std::string> known;
    for (const QueueInfo& queue : m_session.all().queues)
      known.insert(field == "queue"    ? queue.name
                   : field == "device" ? queue.device
                   : field == "vm"     ? queue.vm
                   : field == "kind"   ? queue.deviceKind
                                       : queue.transport);
    if (field == "scope") known = {"full", "guest", "host"};
    return std::vector<std::string>(known.begin(), known.end());
  };
  const QString before = text().left(cursorPosition());
  const auto completion = completeCondition(text().toStdString(), before.toStdString().size(), values);
  m_completedAt = static_cast<int>(QString::fromStdString(before.toStdString().substr(0, completion.at)).size());
  QStringList words;
  for (const std::string& word : completion.words) words << QString::fromStdString(word);
  m_words->setStringList(words);
  if (words.isEmpty() || (completion.length == 0 && text().isEmpty())) {
    m_completer->popup()->hide();
    return;
  }
  m_completer->complete(QRect(cursorRect().left(), 0, 200, height()));
}

void ConditionEdit::insertCompletion(const QString& word) {
  const QString rest = text().mid(cursorPosition());
  const QString head = text().left(m_completedAt) + word + QStringLiteral(" ");
  setText(head + rest);
  setCursorPosition(static_cast<int>(head.size()));
}

void ConditionEdit::keyPressEvent(QKeyEvent* event) {
  if (m_completer->popup()->isVisible()) {
    if (event->key() == Qt::Key_Escape) return m_completer->popup()->hide();
    if (event->key() == Qt::Key_Tab || ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
                                        m_completer->popup()->currentIndex().isValid())) {
      event->ignore();  // the popup takes it
      return;
    }
  }
  if (event->key() == Qt::Key_Space && (event->modifiers() & Qt::ControlModifier) != 0) return complete();
  QLineEdit::keyPressEvent(event);
}

void ConditionEdit::paintEvent(QPaintEvent* event) {
  QLineEdit::paintEvent(event);
  if (m_wrongAt < 0) return;
  // A wavy line would need the text's own layout; a bar under the word says the same.
  QPainter painter(this);
  const int shown = cursorRect().center().x() - fontMetrics().horizontalAdvance(text().left(cursorPosition()));
  const int left = shown + fontMetrics().horizontalAdvance(text().left(m_wrongAt));
  const int wide = std::max(6, fontMetrics().horizontalAdvance(text().mid(m_wrongAt, m_wrongLength)));
  painter.fillRect(left, height() - 5, wide, 2, m_session.theme().error);
}

}  // namespace descry::gui
