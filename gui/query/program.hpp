// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QCoreApplication>
#include <QFileInfo>

namespace descry::gui {

/// Another program of descry: it lies beside this one, built as installed; else the PATH knows it.
inline QString programOf(const QString& name) {
  const QString beside = QCoreApplication::applicationDirPath() + QLatin1Char('/') + name;
  return QFileInfo(beside).isExecutable() ? beside : name;
}

}  // namespace descry::gui
