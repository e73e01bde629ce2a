#include "model/formats/json_elements.h"

#include <QJsonDocument>

namespace attendre {

namespace {
constexpr qsizetype blockBytes = 1 << 20;
constexpr qsizetype mostElementBytes = qsizetype(1) << 30;
} // namespace

Result<std::unique_ptr<JsonElements>> JsonElements::open(const QString& path,
                                                         const QByteArray& key) {
    auto elements = std::unique_ptr<JsonElements>(new JsonElements(path));
    if (!elements->m_file.open(QIODevice::ReadOnly))
        return Error{QStringLiteral("%1 cannot be read (%2): name a file that you can open.")
                         .arg(path, elements->m_file.errorString()),
                     2};
    if (!elements->findKey(key) || elements->peek() != '[')
        return Error{QStringLiteral("%1 has no array \"%2\": name a file of the form that its set "
                                    "is published in.")
                         .arg(path, QString::fromUtf8(key)),
                     2};
    ++elements->m_at;
    return elements;
}

// Appends the file's next block, dropping what nobody needs any more; false at its end.
bool JsonElements::more() {
    const qsizetype keep = m_keepFrom >= 0 ? m_keepFrom : m_at;
    m_block.remove(0, keep);
    m_base += keep;
    m_at -= keep;
    if (m_keepFrom >= 0)
        m_keepFrom = 0;
    if (m_block.size() > mostElementBytes)
        return false;
    const QByteArray block = m_file.read(blockBytes);
    m_block += block;
    return !block.isEmpty();
}

// The byte at hand, -1 at the file's end.
int JsonElements::peek() {
    if (m_at >= m_block.size() && !more())
        return -1;
    return static_cast<unsigned char>(m_block[m_at]);
}

void JsonElements::skipSpace() {
    for (int c = peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek())
        ++m_at;
}

// From an opening quote behind the closing one; text: the bytes between, escapes as they are.
bool JsonElements::skipString(QByteArray* text) {
    ++m_at;
    for (int c = peek(); c >= 0; c = peek()) {
        ++m_at;
        if (c == '"')
            return true;
        if (text)
            text->append(char(c));
        if (c == '\\') {
            if (peek() < 0)
                return false;
            ++m_at;
        }
    }
    return false;
}

// Behind one value: by its brackets and strings alone.
bool JsonElements::skipValue() {
    skipSpace();
    int depth = 0;
    for (int c = peek(); c >= 0; c = peek()) {
        if (c == '"') {
            if (!skipString(nullptr))
                return false;
        } else if (c == '{' || c == '[') {
            ++depth;
            ++m_at;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return true; // ends a number or a word
            --depth;
            ++m_at;
        } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            return true;
        } else {
            ++m_at;
            continue;
        }
        if (depth == 0)
            return true;
    }
    return false;
}

// To the value of a key of the outermost object.
bool JsonElements::findKey(const QByteArray& key) {
    skipSpace();
    if (peek() == 0xEF) // a byte order mark
        m_at += 3;
    skipSpace();
    if (peek() != '{')
        return false;
    ++m_at;
    for (;;) {
        skipSpace();
        if (peek() == ',') {
            ++m_at;
            continue;
        }
        QByteArray name;
        if (peek() != '"' || !skipString(&name))
            return false;
        skipSpace();
        if (peek() != ':')
            return false;
        ++m_at;
        skipSpace();
        if (name == key)
            return true;
        if (!skipValue())
            return false;
    }
}

QString JsonElements::word(const QString& path, const QByteArray& key) {
    JsonElements scanned(path);
    QByteArray text;
    if (!scanned.m_file.open(QIODevice::ReadOnly) || !scanned.findKey(key) ||
        scanned.peek() != '"' || !scanned.skipString(&text))
        return {};
    return QString::fromUtf8(text);
}

Error JsonElements::ends() const {
    return Error{QStringLiteral("%1 ends at byte %2 in the middle of its list: fetch it again.")
                     .arg(m_file.fileName())
                     .arg(position())};
}

Result<std::optional<JsonElements::Element>> JsonElements::next() {
    if (m_done)
        return std::optional<Element>();
    skipSpace();
    if (peek() == ',' && !m_first) {
        ++m_at;
        skipSpace();
    }
    m_first = false;
    if (peek() < 0)
        return ends();
    if (peek() == ']') {
        m_done = true;
        return std::optional<Element>();
    }
    Element element;
    element.begin = position();
    m_keepFrom = m_at;
    const bool whole = skipValue();
    const QByteArray bytes = m_block.mid(m_keepFrom, m_at - m_keepFrom);
    const bool moved = m_at > m_keepFrom;
    m_keepFrom = -1;
    if (!whole || !moved)
        return ends();
    QJsonParseError error;
    const QJsonDocument json = QJsonDocument::fromJson(bytes, &error);
    if (error.error != QJsonParseError::NoError)
        element.problem = QStringLiteral("%1 at byte %2")
                              .arg(error.errorString())
                              .arg(element.begin + error.offset);
    else if (!json.isObject())
        element.problem = QStringLiteral("no object at byte %1").arg(element.begin);
    element.object = json.object();
    return std::optional<Element>(std::move(element));
}

} // namespace attendre
