// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gmock/gmock.h>

#include <QApplication>
#include <QImage>
#include <QTest>

#include "gui/window/main_window.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {

/// Waits until a condition holds, with the event loop running. False: it did not within ten seconds.
bool waitFor(const std::function<bool()>& condition);

/// A window with an open case that remembers nothing on the disk.
class OpenWindow {
 public:
  explicit OpenWindow(const std::string& name, ThemeChoice theme = ThemeChoice::Light);

  MainWindow& window() { return m_window; }
  Session& session() { return *m_window.session(); }
  const QString& failure() const { return m_failure; }
  /// Until nothing is worked on any more.
  void settle();
  template <typename Kind>
  Kind& view(const char* id) {
    auto* found = qobject_cast<Kind*>(m_window.view(QString::fromUtf8(id)));
    if (found == nullptr) throw std::runtime_error(std::string("no view ") + id);
    return *found;
  }

 private:
  MainWindow m_window;
  QString m_failure;
  bool m_opened = false;
};

/// Pixels of a picture that are close to a colour.
int pixelsOf(const QImage& image, const QColor& colour, int tolerance = 12);
}  // namespace descry::gui
