// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/picture.hpp"

#include <QBuffer>
#include <QCoreApplication>
#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>
#include <ostream>

#include "analyzer/case/inputs.hpp"
#include "gui/query/session.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/own_output.hpp"

namespace descry::gui {

namespace {

QString save(const QString& path, const QByteArray& bytes, const std::string& format, const InputFiles& inputs,
             bool force) {
  try {
    writeFile(QFile::encodeName(path).toStdString(), rulesForOwn(format, inputs, force),
              [&](std::ostream& out) { out.write(bytes.constData(), bytes.size()); });
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

/// Whether a column of a CSV table has a name that ends in _ns.
bool hasNanoseconds(const QByteArray& csv) {
  const QByteArray header = csv.left(csv.indexOf('\n'));
  for (const QByteArray& name : header.split(','))
    if (name.endsWith("_ns") || name.endsWith("_ns\"")) return true;
  return false;
}

}  // namespace

InputFiles inputsOf(const Session& session) {
  const Case& shown = session.all();
  std::vector<std::filesystem::path> traces;
  for (const CaptureRow& capture : shown.captures) traces.emplace_back(capture.path);
  InputFiles inputs;
  addInputs(inputs, shown.path, traces);
  inputs.add(session.base());
  return inputs;
}

QString savePicture(QWidget& widget, const QString& path, const InputFiles& inputs, bool force) {
  const bool isSvg = path.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive);
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  if (isSvg) {
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(widget.size());
    generator.setViewBox(QRect({0, 0}, widget.size()));
    generator.setTitle(widget.windowTitle());
    generator.setDescription(QStringLiteral("Made by Descry"));  // own_output.cpp knows it by this
    QPainter painter(&generator);
    widget.render(&painter);
    painter.end();
  } else {
    QImage image = widget.grab().toImage();
    image.setText(QStringLiteral("Software"), QStringLiteral("Descry"));  // own_output.cpp knows it by this
    if (!image.save(&buffer, "PNG"))
      return QCoreApplication::translate("Picture", "%1: cannot make the picture").arg(path);
  }
  return save(path, buffer.data(), isSvg ? "svg" : "png", inputs, force);
}

QString saveTable(View& view, const QString& path, const Session& session, bool force) {
  QByteArray bytes;
  QTextStream out(&bytes);
  try {
    if (!view.writeCsv(out))
      return QCoreApplication::translate("Picture", "This view has no table; export its picture instead.");
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  out.flush();
  if (session.all().ticks && hasNanoseconds(bytes))
    return QCoreApplication::translate(
        "Picture",
        "The table was not saved: it has columns in nanoseconds, but the clock of a trace "
        "counts ticks. Give the clock's frequency as \"tsc_khz\" in a facts file and "
        "import again, or record with trace-cmd record -C mono.");
  return save(path, bytes, "csv", inputsOf(session), force);
}

}  // namespace descry::gui
