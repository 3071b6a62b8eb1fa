// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/query/session.hpp"

#include <QStringList>

#include "gui/style/format.hpp"

namespace descry::gui {

Session::Session(std::shared_ptr<const Case> opened, const Theme& theme, QObject* parent)
    : QObject(parent), m_case(std::move(opened)), m_theme(theme) {}

void Session::select(const Selection& selection) {
  if (m_history.push(selection)) emit selectionChanged();
}

void Session::lookAt(const ChainId& chain) {
  Selection selection = m_history.current();
  selection.chain = chain;
  select(selection);
}

void Session::goTo(const ChainId& chain) {
  if (!chain.valid()) return;
  lookAt(chain);
  emit goToRequested(chain);
}

void Session::clearSelection() {
  Selection none;
  none.chain = m_history.current().chain;
  select(none);
}

void Session::back() {
  if (m_history.back()) emit selectionChanged();
}

void Session::forward() {
  if (m_history.forward()) emit selectionChanged();
}

void Session::setTheme(const Theme& theme) {
  m_theme = theme;
  emit themeChanged();
}

void Session::compareWith(const std::filesystem::path& base) {
  m_base = base;
  emit baseChanged();
}

QString Session::selectionText() const {
  const Selection& selected = selection();
  QStringList parts;
  if (!selected.queues.empty()) {
    QStringList names;
    for (const QueueId id : selected.queues)
      if (const QueueInfo* queue = m_case->queue(id)) names << QString::fromStdString(queue->title());
    constexpr qsizetype kNamed = 3;
    const QString more =
        names.size() > kNamed ? tr(" and %n more", nullptr, static_cast<int>(names.size() - kNamed)) : QString();
    parts << names.mid(0, kNamed).join(QStringLiteral(", ")) + more;
  }
  if (selected.time)
    parts << tr("%1 to %2")
                 .arg(axisTimeText(selected.time->begin, selected.time->length() / 100),
                      axisTimeText(selected.time->end, selected.time->length() / 100));
  if (selected.latency)
    parts << tr("latency %1 to %2").arg(timeText(selected.latency->begin), timeText(selected.latency->end));
  if (selected.causes != 0) {
    QStringList names;
    for (std::size_t cause = 0; cause < kCauses; ++cause)
      if ((selected.causes >> cause & 1) != 0) names << causeName(static_cast<Cause>(cause));
    parts << tr("lost time to %1").arg(names.join(tr(" or ")));
  }
  if (selected.side != SideFilter::Both)
    parts << (selected.side == SideFilter::Guest ? tr("seen by the guest") : tr("seen by the host"));
  if (!selected.expression.empty()) parts << QString::fromStdString(selected.expression);
  return parts.isEmpty() ? tr("everything") : parts.join(QStringLiteral(" · "));
}

}  // namespace descry::gui
