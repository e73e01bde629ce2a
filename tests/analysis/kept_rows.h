#pragma once

#include "model/analysis/row_formats.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QMap>

namespace attendre {

// Keeps rows as lists of text; null is "null".
class KeptRows : public RowFormat {
  public:
    Result<void> begin(const std::vector<OutputColumn>& columns) override {
        for (const OutputColumn& column : columns)
            names << column.name;
        return {};
    }
    Result<void> add(const std::vector<OutputValue>& row) override {
        QStringList cells;
        for (const OutputValue& value : row) {
            if (const auto* number = std::get_if<qint64>(&value))
                cells << QString::number(*number);
            else if (const auto* real = std::get_if<double>(&value))
                cells << QString::number(*real, 'g', 17);
            else if (const auto* text = std::get_if<QByteArray>(&value))
                cells << QString::fromUtf8(*text);
            else
                cells << "null";
        }
        rows << cells;
        return {};
    }
    Result<void> end() override { return {}; }

    QStringList names;
    QList<QStringList> rows;
};

// The bytes of every file of a folder, by its name, as hashes.
inline QMap<QString, QByteArray> filesOf(const QString& folder) {
    QMap<QString, QByteArray> hashes;
    for (const QString& name : QDir(folder).entryList(QDir::Files)) {
        QFile file(QDir(folder).filePath(name));
        if (file.open(QIODevice::ReadOnly))
            hashes[name] = QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256);
    }
    return hashes;
}

} // namespace attendre
