// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/picture.hpp"

#include <QCoreApplication>
#include <QPainter>
#include <QPixmap>
#include <QSaveFile>
#include <QSvgGenerator>

namespace descry::gui {

namespace {
QString cannotWrite(const QString& path, const QString& reason) {
  return QCoreApplication::translate("Picture", "%1: cannot write: %2").arg(path, reason);
}
}  // namespace

QString savePicture(QWidget& widget, const QString& path) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return cannotWrite(path, file.errorString());
  if (path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive)) {
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setSize(widget.size());
    generator.setViewBox(QRect({0, 0}, widget.size()));
    generator.setTitle(widget.windowTitle());
    QPainter painter(&generator);
    widget.render(&painter);
    painter.end();
  } else if (!widget.grab().save(&file, "PNG")) {
    return cannotWrite(path, file.errorString());
  }
  return file.commit() ? QString() : cannotWrite(path, file.errorString());
}

QString saveTable(View& view, const QString& path) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return cannotWrite(path, file.errorString());
  QTextStream out(&file);
  try {
    if (!view.writeCsv(out))
      return QCoreApplication::translate("Picture", "This view has no table; export its picture instead.");
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  out.flush();
  return file.commit() ? QString() : cannotWrite(path, file.errorString());
}

}  // namespace descry::gui
