// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/sidecar.hpp"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <ostream>

#include "gui/window/case_cache.hpp"
#include "schemas/system/output_file.hpp"

namespace descry::gui {

namespace {

QString text(const char* source) {
  return QCoreApplication::translate("Sidecar", source);
}

// JSON numbers are doubles: 64-bit values travel as text.
QJsonValue number(std::int64_t value) {
  return QString::number(value);
}
std::int64_t number(const QJsonObject& object, const char* key) {
  return object.value(QString::fromUtf8(key)).toString().toLongLong();
}

QString pathFor(const std::filesystem::path& database) {
  const QString notes = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/notes/");
  // Notes outlive what the cache has, and the state of the traces.
  if (const QString cached = cachedName(database); !cached.isEmpty()) return notes + cached + QStringLiteral(".json");
  const QString beside = QString::fromStdString(database.string()) + QStringLiteral(".notes.json");
  if (QFileInfo(beside).exists() || QFileInfo(QFileInfo(beside).absolutePath()).isWritable()) return beside;
  const QByteArray digest =
      QCryptographicHash::hash(QFileInfo(beside).absoluteFilePath().toUtf8(), QCryptographicHash::Sha256);
  return notes + QString::fromLatin1(digest.toHex().left(24)) + QStringLiteral(".json");
}

}  // namespace

Sidecar::Sidecar(const std::filesystem::path& database) : m_path(pathFor(database)) {
  load();
}

void Sidecar::load() {
  QFile file(m_path);
  if (!file.exists()) return;
  if (!file.open(QIODevice::ReadOnly)) {
    m_problem = text("%1: cannot read: %2").arg(m_path, file.errorString());
    return;
  }
  QJsonParseError error;
  const QJsonObject root = QJsonDocument::fromJson(file.readAll(), &error).object();
  if (error.error != QJsonParseError::NoError) {
    m_problem = text("%1: is damaged (%2); bookmarks and notes are not saved until it is moved away")
                    .arg(m_path, error.errorString());
    return;
  }
  if (root.value(QStringLiteral("version")).toInt() > kVersion) {
    m_problem = text("%1: was written by a newer descry; bookmarks and notes are left as they are").arg(m_path);
    return;
  }
  notes = root.value(QStringLiteral("notes")).toString();
  layout = QByteArray::fromBase64(root.value(QStringLiteral("layout")).toString().toLatin1());
  const QJsonArray list = root.value(QStringLiteral("bookmarks")).toArray();
  for (const auto each : list) {
    const QJsonObject object = each.toObject();
    bookmarks.push_back({object.value(QStringLiteral("title")).toString(),
                         {QueueId{number(object, "queue_id")}, number(object, "epoch"), number(object, "position")},
                         {number(object, "begin_ns"), number(object, "end_ns")},
                         object.value(QStringLiteral("condition")).toString().toStdString()});
  }
}

QString Sidecar::save() {
  if (!m_problem.isEmpty()) return m_problem;
  if (bookmarks.empty() && notes.isEmpty() && layout.isEmpty()) {
    QFile::remove(m_path);
    return {};
  }
  QJsonArray list;
  for (const Bookmark& bookmark : bookmarks)
    list.append(QJsonObject{{QStringLiteral("title"), bookmark.title},
                            {QStringLiteral("queue_id"), number(numberOf(bookmark.chain.queueId))},
                            {QStringLiteral("epoch"), number(bookmark.chain.epoch)},
                            {QStringLiteral("position"), number(bookmark.chain.position)},
                            {QStringLiteral("begin_ns"), number(bookmark.range.begin)},
                            {QStringLiteral("end_ns"), number(bookmark.range.end)},
                            {QStringLiteral("condition"), QString::fromStdString(bookmark.condition)}});
  const QJsonObject root{{QStringLiteral("version"), kVersion},
                         {QStringLiteral("notes"), notes},
                         {QStringLiteral("layout"), QString::fromLatin1(layout.toBase64())},
                         {QStringLiteral("bookmarks"), list}};
  QDir().mkpath(QFileInfo(m_path).absolutePath());
  const QByteArray bytes = QJsonDocument(root).toJson();
  // What was there has been read and understood, or there was nothing: load() sees to that.
  try {
    writeFile(QFile::encodeName(m_path).toStdString(), OutputRules::replacingAny(),
              [&](std::ostream& out) { out.write(bytes.constData(), bytes.size()); });
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

}  // namespace descry::gui
