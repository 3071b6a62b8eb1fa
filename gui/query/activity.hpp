// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

namespace descry::gui {

/// How much is still being worked on behind what is shown. GUI thread.
class Activity : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  void begin() {
    if (++m_running == 1) emit changed(true);
  }
  void end() {
    if (--m_running == 0) emit changed(false);
  }
  bool isBusy() const { return m_running > 0; }

 signals:
  void changed(bool busy);

 private:
  int m_running = 0;
};

}  // namespace descry::gui
