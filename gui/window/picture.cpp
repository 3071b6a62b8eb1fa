// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/picture.hpp"

#include <QBuffer>
#include <QCoreApplication>
#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>
#include <ostream>

#include "schemas/system/output_file.hpp"
#include "schemas/system/own_output.hpp"

namespace descry::gui {

namespace {

QString save(const QString& path, const QByteArray& bytes, const std::string& format, bool force) {
  OutputRules rules;
  rules.isOurs = [&](const std::filesystem::path& file) { return isOwnOutput(file, format); };
  rules.force = force;
  try {
    writeFile(QFile::encodeName(path).toStdString(), rules,
              [&](std::ostream& out) { out.write(bytes.constData(), bytes.size()); });
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

}  // namespace

QString savePicture(QWidget& widget, const QString& path, bool force) {
  const bool isSvg = path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive);
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  if (isSvg) {
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(widget.size());
    generator.setViewBox(QRect({0, 0}, widget.size()));
    generator.setTitle(widget.windowTitle());
    QPainter painter(&generator);
    widget.render(&painter);
    painter.end();
  } else if (!widget.grab().save(&buffer, "PNG")) {
    return QCoreApplication::translate("Picture", "%1: cannot make the picture").arg(path);
  }
  return save(path, buffer.data(), isSvg ? "svg" : "png", force);
}

QString saveTable(View& view, const QString& path, bool force) {
  QByteArray bytes;
  QTextStream out(&bytes);
  try {
    if (!view.writeCsv(out))
      return QCoreApplication::translate("Picture", "This view has no table; export its picture instead.");
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  out.flush();
  return save(path, bytes, "csv", force);
}

}  // namespace descry::gui
