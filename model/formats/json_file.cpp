#include "model/formats/json_file.h"

#include "model/formats/mapped_file.h"
#include "model/formats/utf8.h"

#include <QJsonDocument>
#include <QSet>

#include <optional>
#include <vector>

namespace attendre {

namespace {

// Walks valid JSON and remembers the keys of the objects that it is in.
class KeyScan {
  public:
    explicit KeyScan(const QByteArray& json) : m_json(json) {}

    QString firstDuplicate() {
        while (m_at < m_json.size()) {
            const char c = m_json[m_at];
            if (c == '"') {
                const QString key = string();
                if (isKey() && !remember(key))
                    return key;
                continue;
            }
            if (c == '{')
                m_open.emplace_back(QSet<QString>());
            else if (c == '[')
                m_open.emplace_back(std::nullopt);
            else if ((c == '}' || c == ']') && !m_open.empty())
                m_open.pop_back();
            ++m_at;
        }
        return {};
    }

  private:
    // Reads the string that begins here; two spellings of one key compare equal.
    QString string() {
        const qsizetype begin = m_at++;
        bool escaped = false;
        for (; m_at < m_json.size() && m_json[m_at] != '"'; ++m_at)
            if (m_json[m_at] == '\\') {
                escaped = true;
                ++m_at;
            }
        ++m_at;
        const QByteArray literal = m_json.mid(begin, m_at - begin);
        if (!escaped)
            return wholeString(
                {literal.constData() + 1, static_cast<std::size_t>(literal.size()) - 2});
        return QJsonDocument::fromJson('[' + literal + ']')[0].toString();
    }
    // Whether the string before m_at is a key: only keys are followed by a colon.
    bool isKey() {
        while (m_at < m_json.size() && (m_json[m_at] == ' ' || m_json[m_at] == '\t' ||
                                        m_json[m_at] == '\n' || m_json[m_at] == '\r'))
            ++m_at;
        return m_at < m_json.size() && m_json[m_at] == ':';
    }
    bool remember(const QString& key) {
        if (m_open.empty() || !m_open.back())
            return true;
        const qsizetype before = m_open.back()->size();
        m_open.back()->insert(key);
        return m_open.back()->size() > before;
    }

    const QByteArray& m_json;
    qsizetype m_at = 0;
    std::vector<std::optional<QSet<QString>>> m_open; // nothing: an array
};

} // namespace

QString duplicateKey(const QByteArray& validJson) {
    return KeyScan(validJson).firstDuplicate();
}

Result<QJsonObject> parseJsonObject(const QByteArray& json, const QString& what) {
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (problem.error != QJsonParseError::NoError)
        return Error{QStringLiteral("%1 is not valid JSON at byte %2 (%3); fetch it again.")
                         .arg(what)
                         .arg(problem.offset)
                         .arg(problem.errorString())};
    if (!document.isObject())
        return Error{
            QStringLiteral("%1 holds JSON that is no object {…}; fetch it again.").arg(what)};
    if (const QString key = duplicateKey(json); !key.isNull())
        return Error{QStringLiteral("%1 has the key \"%2\" twice in one object; fetch it again.")
                         .arg(what, key.left(80))};
    return document.object();
}

Result<QJsonObject> readJsonObject(const QString& path) {
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    const auto bytes = (*file)->bytes();
    constexpr std::size_t largest = 512 << 20; // tokenizer.json of 250,000 tokens has 35 MB
    if (bytes.size() > largest)
        return Error{
            QStringLiteral("%1 has %2 bytes, far more than such a file needs; fetch it again.")
                .arg(path)
                .arg(bytes.size())};
    return parseJsonObject(QByteArray::fromRawData(reinterpret_cast<const char*>(bytes.data()),
                                                   static_cast<qsizetype>(bytes.size())),
                           path);
}

} // namespace attendre
