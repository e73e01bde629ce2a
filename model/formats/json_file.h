#pragma once

#include "model/trace/result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <cstddef>
#include <span>

namespace attendre {

// Parses JSON that has to be one object, without a key that occurs twice in any object
// (QJsonDocument would keep the last silently). Errors name what, the place in it and the key.
Result<QJsonObject> parseJsonObject(const QByteArray& json, const QString& what);
// Likewise, of a file.
Result<QJsonObject> readJsonObject(const QString& path);

// The first key that occurs twice in one object of valid JSON, empty if none does.
QString duplicateKey(const QByteArray& validJson);

} // namespace attendre
