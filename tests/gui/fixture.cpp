// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/gui/fixture.hpp"

#include <QStandardPaths>

#include "gui/window/appearance.hpp"

namespace descry::gui {

bool waitFor(const std::function<bool()>& condition) {
  constexpr int kPatienceMs = 10'000;
  return QTest::qWaitFor(condition, kPatienceMs);
}

OpenWindow::OpenWindow(const std::string& name, ThemeChoice theme) : m_window(theme) {
  applyTheme(themeFor(theme));
  m_window.setKeepsState(false);
  QObject::connect(&m_window, &MainWindow::opened, &m_window, [this] { m_opened = true; });
  QObject::connect(&m_window, &MainWindow::openFailed, &m_window,
                   [this](const QString& message) { m_failure = message; });
  m_window.resize(1400, 900);
  static_cast<QWidget&>(m_window).show();
  m_window.activateWindow();
  (void)QTest::qWaitForWindowActive(&m_window, 3000);
  m_window.open(databasePath(name));
  if (!waitFor([this] { return m_opened || !m_failure.isEmpty(); }))
    throw std::runtime_error("the window did not open " + name);
  if (m_opened) settle();
}

void OpenWindow::settle() {
  int quiet = 0;
  const bool settled = waitFor([&] {
    quiet = session().activity().isBusy() ? 0 : quiet + 1;
    return quiet > 6;
  });
  if (!settled) throw std::runtime_error("the window is still busy");
}

int pixelsOf(const QImage& image, const QColor& colour, int tolerance) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const QColor pixel = image.pixelColor(x, y);
      if (std::abs(pixel.red() - colour.red()) <= tolerance && std::abs(pixel.green() - colour.green()) <= tolerance &&
          std::abs(pixel.blue() - colour.blue()) <= tolerance)
        ++count;
    }
  return count;
}

}  // namespace descry::gui

int main(int argc, char** argv) {
  QStandardPaths::setTestModeEnabled(true);
  QApplication application(argc, argv);
  QApplication::setOrganizationName(QStringLiteral("descry-test"));
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
