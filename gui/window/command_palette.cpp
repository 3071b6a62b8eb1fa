// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/command_palette.hpp"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace descry::gui {

CommandPalette::CommandPalette(std::vector<Command> commands, QWidget* parent)
    : QDialog(parent), m_commands(std::move(commands)), m_text(new QLineEdit(this)), m_list(new QListWidget(this)) {
  setWindowTitle(tr("Commands"));
  setAttribute(Qt::WA_DeleteOnClose);
  resize(560, 420);
  m_text->setPlaceholderText(tr("Type a few letters of a command"));
  m_text->setAccessibleName(tr("Command"));
  m_text->installEventFilter(this);
  m_list->setAccessibleName(tr("Commands that fit"));
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(m_text);
  layout->addWidget(m_list);
  connect(m_text, &QLineEdit::textChanged, this, &CommandPalette::filter);
  connect(m_text, &QLineEdit::returnPressed, this, &CommandPalette::run);
  connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::run);
  filter();
}

int CommandPalette::score(const QString& typed, const QString& title) {
  int score = 1;
  qsizetype at = 0, last = -1;
  for (const QChar letter : typed.toLower()) {
    if (letter.isSpace()) continue;
    at = title.toLower().indexOf(letter, at);
    if (at < 0) return 0;
    const bool startsWord = at == 0 || title[at - 1].isSpace();
    score += 1 + (last >= 0 && at == last + 1 ? 5 : 0) + (startsWord ? 4 : 0);
    last = at++;
  }
  return score;
}

void CommandPalette::filter() {
  std::vector<std::pair<int, std::size_t>> fitting;
  for (std::size_t i = 0; i < m_commands.size(); ++i)
    if (const int fit = score(m_text->text(), m_commands[i].title); fit > 0) fitting.emplace_back(-fit, i);
  std::stable_sort(fitting.begin(), fitting.end());
  m_list->clear();
  for (const auto& [fit, i] : fitting) {
    const Command& command = m_commands[i];
    auto* item = new QListWidgetItem(
        command.hint.isEmpty() ? command.title : command.title + QStringLiteral("    ") + command.hint, m_list);
    item->setData(Qt::UserRole, static_cast<int>(i));
  }
  m_list->setCurrentRow(0);
}

void CommandPalette::run() {
  QListWidgetItem* item = m_list->currentItem();
  if (item == nullptr) return;
  const auto command = m_commands[static_cast<std::size_t>(item->data(Qt::UserRole).toInt())].run;
  accept();
  command();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
    if (step != 0 && m_list->count() > 0) {
      m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, m_list->count() - 1));
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

ShortcutList::ShortcutList(const std::vector<std::pair<QString, QString>>& shortcuts, QWidget* parent)
    : QDialog(parent) {
  setWindowTitle(tr("Keyboard"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* table = new QTableWidget(static_cast<int>(shortcuts.size()), 2, this);
  table->setHorizontalHeaderLabels({tr("Key"), tr("What it does")});
  table->verticalHeader()->hide();
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->setShowGrid(false);
  table->setAccessibleName(tr("Keyboard shortcuts"));
  int row = 0;
  for (const auto& [keys, what] : shortcuts) {
    table->setItem(row, 0, new QTableWidgetItem(keys));
    table->setItem(row++, 1, new QTableWidgetItem(what));
  }
  table->resizeColumnToContents(0);
  table->horizontalHeader()->setStretchLastSection(true);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(table);
  resize(620, 620);
}

}  // namespace descry::gui
