// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/start_page.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace descry::gui {

StartPage::StartPage(QWidget* parent)
    : QWidget(parent),
      m_message(new QLabel(this)),
      m_recent(new QListWidget(this)),
      m_recentTitle(new QLabel(tr("Recent"), this)),
      m_progress(new QProgressBar(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)) {
  m_progress->setVisible(false);
  m_cancel->setVisible(false);
  connect(m_cancel, &QPushButton::clicked, this, &StartPage::cancelWanted);
  auto* title = new QLabel(QStringLiteral("<h2>%1</h2>%2")
                               .arg(tr("Descry"), tr("Where the time of a virtual machine's virtio requests goes")),
                           this);
  title->setAlignment(Qt::AlignCenter);
  title->setWordWrap(true);
  auto* database = new QPushButton(tr("Open a case database …"), this);
  auto* traces = new QPushButton(tr("Open traces …"), this);
  database->setDefault(true);
  database->setToolTip(tr("A file made by descry import (Ctrl+O)"));
  traces->setToolTip(tr("A capture folder with host/ and guest/ inside: it is imported first (Ctrl+Shift+O)"));
  auto* hint = new QLabel(tr("or drop a database or a capture folder here"), this);
  hint->setAlignment(Qt::AlignCenter);
  hint->setForegroundRole(QPalette::PlaceholderText);
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setWordWrap(true);
  m_message->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  m_message->setVisible(false);
  m_recent->setAccessibleName(tr("Recent databases"));
  m_recent->setTextElideMode(Qt::ElideMiddle);
  m_recent->setMaximumHeight(180);
  connect(database, &QPushButton::clicked, this, &StartPage::openWanted);
  connect(traces, &QPushButton::clicked, this, &StartPage::tracesWanted);
  connect(m_recent, &QListWidget::itemActivated, this,
          [this](QListWidgetItem* item) { emit pathChosen(item->data(Qt::UserRole).toString()); });
  connect(m_recent, &QListWidget::itemClicked, this,
          [this](QListWidgetItem* item) { emit pathChosen(item->data(Qt::UserRole).toString()); });

  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(database);
  buttons->addWidget(traces);
  buttons->addStretch(1);
  auto* column = new QVBoxLayout;
  column->addStretch(2);
  column->addWidget(title);
  column->addWidget(m_message);
  auto* progress = new QHBoxLayout;
  progress->addWidget(m_progress, 1);
  progress->addWidget(m_cancel);
  column->addLayout(progress);
  column->addLayout(buttons);
  column->addWidget(hint);
  column->addSpacing(16);
  column->addWidget(m_recentTitle);
  column->addWidget(m_recent);
  column->addStretch(3);
  auto* layout = new QHBoxLayout(this);
  layout->addStretch(1);
  layout->addLayout(column, 4);
  layout->addStretch(1);
  setRecent({});
}

void StartPage::setMessage(const QString& message, bool isError) {
  m_message->setText((isError && !message.isEmpty() ? QStringLiteral("⚠ ") : QString()) + message);
  m_message->setVisible(!message.isEmpty());
}

void StartPage::setProgress(const QString& step, double share) {
  setMessage(step, false);
  m_progress->setVisible(true);
  m_cancel->setVisible(true);
  m_progress->setRange(0, share < 0 ? 0 : 1000);
  if (share >= 0) m_progress->setValue(static_cast<int>(share * 1000));
}

void StartPage::endProgress() {
  m_progress->setVisible(false);
  m_cancel->setVisible(false);
}

void StartPage::setRecent(const QStringList& paths) {
  m_recent->clear();
  for (const QString& path : paths) {
    auto* item = new QListWidgetItem(path, m_recent);
    item->setData(Qt::UserRole, path);
    item->setToolTip(path);
  }
  m_recent->setVisible(!paths.isEmpty());
  m_recentTitle->setVisible(!paths.isEmpty());
}

}  // namespace descry::gui
