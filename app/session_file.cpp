#include "app/session_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>

namespace attendre {

namespace {

constexpr int version = 1;

Error unreadable(const QString& path, const QString& why) {
    return {QString("The session %1 cannot be read: %2; save it anew or open its trace.")
                .arg(path, why)};
}

} // namespace

Result<SessionFile> readSession(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return unreadable(path, file.errorString());
    QJsonParseError problem;
    const QJsonObject json = QJsonDocument::fromJson(file.read(64 << 20), &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return unreadable(path,
                          QString("at byte %1, %2").arg(problem.offset).arg(problem.errorString()));
    if (!json.contains("session"))
        return unreadable(path, "it is JSON, but no session");
    if (json["session"].toInt() > version)
        return unreadable(path, QString("it is of version %1, newer than this program's %2")
                                    .arg(json["session"].toInt())
                                    .arg(version));
    SessionFile session;
    const QString named = json["trace"].toString();
    session.trace = QDir::cleanPath(QFileInfo(path).absoluteDir().absoluteFilePath(named));
    if (named.isEmpty() || !QFile::exists(session.trace))
        return unreadable(
            path,
            QString("its trace %1 is not there (looked for at %2)").arg(named, session.trace));
    auto notes = sidecarFromJson(json["notes"].toObject(), path);
    if (!notes)
        return notes.error();
    session.notes = notes.take();
    auto place = placeFromJson(json["place"].toObject(), path);
    if (!place)
        return place.error();
    session.place = place.take();
    session.layout = QByteArray::fromBase64(json["layout"].toString().toLatin1());
    session.theme = json["theme"].toString();
    return session;
}

Result<void> writeSession(const QString& path, const SessionFile& session) {
    const QDir folder = QFileInfo(path).absoluteDir();
    const QString relative = folder.relativeFilePath(session.trace);
    const QJsonObject json{{"session", version},
                           {"trace", relative.startsWith("../../..") ? session.trace : relative},
                           {"place", toJson(session.place)},
                           {"layout", QString::fromLatin1(session.layout.toBase64())},
                           {"theme", session.theme},
                           {"notes", toJson(session.notes)}};
    QSaveFile file(path);
    const QByteArray bytes = QJsonDocument(json).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return Error{QString("The session cannot be written to %1: %2; choose another place.")
                         .arg(path, file.errorString())};
    return {};
}

} // namespace attendre
