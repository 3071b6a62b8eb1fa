// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/appearance.hpp"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#include <QStyle>
#include <optional>

namespace descry::gui {

namespace {

/// org.freedesktop.appearance color-scheme: 1 prefers dark, 2 prefers light, 0 says nothing.
std::optional<bool> portalPrefersDark() {
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return std::nullopt;
  QDBusMessage call = QDBusMessage::createMethodCall(
      QStringLiteral("org.freedesktop.portal.Desktop"), QStringLiteral("/org/freedesktop/portal/desktop"),
      QStringLiteral("org.freedesktop.portal.Settings"), QStringLiteral("Read"));
  call << QStringLiteral("org.freedesktop.appearance") << QStringLiteral("color-scheme");
  constexpr int kPatienceMs = 150;
  const QDBusMessage answer = bus.call(call, QDBus::Block, kPatienceMs);
  if (answer.type() != QDBusMessage::ReplyMessage || answer.arguments().isEmpty()) return std::nullopt;
  QVariant value = answer.arguments().front();
  while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
  const uint scheme = value.toUInt();
  if (scheme == 0) return std::nullopt;
  return scheme == 1;
}

}  // namespace

Theme themeFor(ThemeChoice choice) {
  if (choice == ThemeChoice::Light) return Theme::light();
  if (choice == ThemeChoice::Dark) return Theme::dark();
  if (const auto dark = portalPrefersDark()) return *dark ? Theme::dark() : Theme::light();
  // The palette that the platform brought, before this program set its own.
  static const bool platformIsDark = QApplication::palette().color(QPalette::Window).lightness() < 128;
  return platformIsDark ? Theme::dark() : Theme::light();
}

void applyTheme(const Theme& theme) {
  QApplication::setStyle(QStringLiteral("fusion"));
  QApplication::setPalette(theme.palette());
  qApp->setStyleSheet(theme.styleSheet());
}

}  // namespace descry::gui
