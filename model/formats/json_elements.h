#pragma once

#include "model/trace/result.h"

#include <QByteArray>
#include <QFile>
#include <QJsonObject>
#include <QString>

#include <memory>
#include <optional>

namespace attendre {

// The objects of one array in a JSON file that may be larger than memory: {"Data": [{…}, {…}]}.
// What is held is one element; the rest of the file is only scanned for where elements begin and
// end.
class JsonElements {
  public:
    // key: the array's, in the file's outermost object. Errors: the file cannot be read, has no
    // such array.
    static Result<std::unique_ptr<JsonElements>> open(const QString& path, const QByteArray& key);

    // The text that the outermost object has under a key, empty where it has none: reads the whole
    // file at the worst.
    static QString word(const QString& path, const QByteArray& key);

    struct Element {
        QJsonObject object;
        QString problem;  // why the element is no JSON object; empty: it is
        qint64 begin = 0; // its first byte in the file
    };
    // Nothing at the array's end. Errors: the file ends within the array, with the byte.
    Result<std::optional<Element>> next();

    qint64 position() const { return m_base + m_at; } // bytes read so far
    qint64 size() const { return m_file.size(); }

  private:
    explicit JsonElements(const QString& path) : m_file(path) {}
    bool more();
    int peek();
    void skipSpace();
    bool skipString(QByteArray* text);
    bool skipValue();
    bool findKey(const QByteArray& key);
    Error ends() const;

    QFile m_file;
    QByteArray m_block; // what is kept of the file: from m_base on
    qint64 m_base = 0;
    qsizetype m_at = 0, m_keepFrom = -1; // keepFrom: where the element at hand begins; -1: none
    bool m_first = true, m_done = false;
};

} // namespace attendre
