// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/window/case_cache.hpp"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QStandardPaths>

#include "schemas/store/database.hpp"

namespace descry::gui {

namespace {

constexpr qsizetype kDigits = 16;
constexpr qint64 kDaysKept = 7;

QString root() {
  return QStandardPaths::writableLocation(QStandardPaths::CacheLocation) + QStringLiteral("/cases");
}

QString hexadecimal(const QCryptographicHash& hash) {
  return QString::fromLatin1(hash.result().toHex().left(kDigits));
}

void addState(QCryptographicHash& hash, const QFileInfo& file) {
  hash.addData(QStringLiteral("%1 %2 %3\n")
                   .arg(file.canonicalFilePath())
                   .arg(file.size())
                   .arg(file.lastModified().toMSecsSinceEpoch())
                   .toUtf8());
}

QStringList filesBelow(const QString& folder) {
  QStringList files;
  QDirIterator below(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
  while (below.hasNext()) files << below.next();
  files.sort();
  return files;
}

}  // namespace

QString cachedCaseOf(const QStringList& traces) {
  QCryptographicHash which(QCryptographicHash::Sha256), state(QCryptographicHash::Sha256);
  state.addData(QByteArray::number(kSchemaVersion));
  for (const QString& path : traces) {
    const QFileInfo trace(path);
    which.addData(trace.canonicalFilePath().toUtf8() + '\n');
    if (!trace.isDir())
      addState(state, trace);
    else
      for (const QString& file : filesBelow(trace.canonicalFilePath())) addState(state, QFileInfo(file));
  }
  const QString folder =
      root() + QLatin1Char('/') + hexadecimal(which) + QLatin1Char('-') + hexadecimal(state) + QLatin1Char('/');
  QDir().mkpath(folder);
  const QString name = QFileInfo(QDir::cleanPath(traces.value(0))).fileName();
  return folder + (name.isEmpty() ? QStringLiteral("case") : name) + QStringLiteral(".db");
}

void dropOldCases(const QString& kept) {
  const QString name = cachedName(kept.toStdString());
  if (name.isEmpty()) return;
  const QDateTime oldest = QDateTime::currentDateTime().addDays(-kDaysKept);
  for (const QFileInfo& folder : QDir(root()).entryInfoList({name + QStringLiteral("-*")}, QDir::Dirs))
    if (folder.absoluteFilePath() != QFileInfo(kept).absolutePath() && folder.lastModified() < oldest)
      QDir(folder.absoluteFilePath()).removeRecursively();
}

QString cachedName(const std::filesystem::path& database) {
  const QFileInfo file(QString::fromStdString(database.string()));
  const QFileInfo folder(file.absolutePath());
  return folder.absolutePath() == QFileInfo(root()).absoluteFilePath() ? folder.fileName().left(kDigits) : QString();
}

bool looksLikeTraces(const QString& path) {
  const QFileInfo info(path);
  if (info.isDir()) return true;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return false;  // opening it as a database says why
  const QByteArray head = file.read(16);
  return !head.isEmpty() && !head.startsWith("SQLite format 3") && !path.endsWith(QStringLiteral(".db"));
}

}  // namespace descry::gui
