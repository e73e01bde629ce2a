#include "model/analysis/sidecar.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int version = 1;
constexpr qint64 largest = 64 << 20; // bytes

// Reads members of one object; the first that is not of its kind is remembered.
class Members {
  public:
    Members(const QJsonObject& json, const QString& where) : m_json(json), m_where(where) {}

    void take(const char* name, int& value) {
        const QJsonValue found = m_json[QLatin1String(name)];
        const double number = found.toDouble(0.5);
        if (found.isUndefined())
            return;
        if (!found.isDouble() || number != std::floor(number) || std::abs(number) > 2147483647.0)
            refuse(name, "a whole number");
        else
            value = int(number);
    }
    void take(const char* name, QString& value) {
        const QJsonValue found = m_json[QLatin1String(name)];
        if (found.isUndefined())
            return;
        if (!found.isString())
            refuse(name, "a text");
        value = found.toString();
    }
    void take(const char* name, bool& value) {
        const QJsonValue found = m_json[QLatin1String(name)];
        if (found.isUndefined())
            return;
        if (!found.isBool())
            refuse(name, "true or false");
        value = found.toBool();
    }
    template <class T, class Read>
    void take(const char* name, std::vector<T>& values, const Read& read) {
        const QJsonValue found = m_json[QLatin1String(name)];
        if (found.isUndefined())
            return;
        if (!found.isArray()) {
            refuse(name, "a list");
            return;
        }
        for (const QJsonValue& one : found.toArray()) {
            if (!one.isObject()) {
                refuse(name, "a list of objects");
                return;
            }
            Result<T> value = read(one.toObject(), m_where);
            if (!value) {
                m_error = value.error();
                return;
            }
            values.push_back(value.take());
        }
    }
    template <class T> Result<T> done(T value) const {
        if (m_error)
            return *m_error;
        return value;
    }

  private:
    void refuse(const char* name, const char* kind) {
        if (!m_error)
            m_error = Error{QString("The notes in %1 cannot be read: the member \"%2\" is not %3; "
                                    "mend it or move the file away.")
                                .arg(m_where, QLatin1String(name), QLatin1String(kind))};
    }
    const QJsonObject& m_json;
    QString m_where;
    std::optional<Error> m_error;
};

Result<Bookmark> bookmarkFromJson(const QJsonObject& json, const QString& file) {
    Bookmark bookmark;
    Members members(json, file);
    members.take("name", bookmark.name);
    members.take("note", bookmark.note);
    auto place = placeFromJson(json, file);
    if (!place)
        return place.error();
    bookmark.place = place.take();
    return members.done(bookmark);
}

Result<SavedQuery> queryFromJson(const QJsonObject& json, const QString& file) {
    SavedQuery query;
    Members members(json, file);
    members.take("name", query.name);
    members.take("sql", query.sql);
    return members.done(query);
}

template <class T> bool has(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

template <class T> void addMissing(std::vector<T>& mine, const std::vector<T>& theirs) {
    for (const T& one : theirs)
        if (!has(mine, one))
            mine.push_back(one);
}

template <class T>
std::vector<T> those(const std::vector<T>& mine, const std::vector<T>& theirs, bool shared) {
    std::vector<T> found;
    for (const T& one : mine)
        if (has(theirs, one) == shared)
            found.push_back(one);
    return found;
}

Sidecar those(const Sidecar& mine, const Sidecar& theirs, bool shared) {
    return {those(mine.bookmarks, theirs.bookmarks, shared),
            those(mine.queries, theirs.queries, shared),
            those(mine.breakpoints, theirs.breakpoints, shared)};
}

} // namespace

QString sidecarPath(const QString& trace) {
    return trace + QStringLiteral(".notes.json");
}

QJsonObject toJson(const Breakpoint& breakpoint) {
    return {{"first", breakpoint.first},         {"last", breakpoint.last},
            {"layer", breakpoint.layer},         {"head", breakpoint.head},
            {"condition", breakpoint.condition}, {"enabled", breakpoint.enabled}};
}

QJsonObject toJson(const Place& place) {
    return {{"run", place.run},     {"step", place.step}, {"phase", place.phase},
            {"layer", place.layer}, {"head", place.head}, {"entry", place.entry},
            {"query", place.query}};
}

Result<Place> placeFromJson(const QJsonObject& json, const QString& file) {
    Place place;
    Members members(json, file);
    members.take("run", place.run);
    for (const auto& [name, value] : {std::pair{"step", &place.step},
                                      {"phase", &place.phase},
                                      {"layer", &place.layer},
                                      {"head", &place.head},
                                      {"entry", &place.entry},
                                      {"query", &place.query}})
        members.take(name, *value);
    place.phase = std::clamp(place.phase, 0, 5);
    return members.done(place);
}

Result<Breakpoint> breakpointFromJson(const QJsonObject& json, const QString& file) {
    Breakpoint breakpoint;
    Members members(json, file);
    members.take("first", breakpoint.first);
    breakpoint.last = breakpoint.first;
    members.take("last", breakpoint.last);
    members.take("layer", breakpoint.layer);
    members.take("head", breakpoint.head);
    members.take("condition", breakpoint.condition);
    members.take("enabled", breakpoint.enabled);
    return members.done(breakpoint);
}

QJsonObject toJson(const Sidecar& sidecar) {
    QJsonArray bookmarks, queries, breakpoints;
    for (const Bookmark& one : sidecar.bookmarks) {
        QJsonObject json = toJson(one.place);
        json["name"] = one.name;
        json["note"] = one.note;
        bookmarks << json;
    }
    for (const SavedQuery& one : sidecar.queries)
        queries << QJsonObject{{"name", one.name}, {"sql", one.sql}};
    for (const Breakpoint& one : sidecar.breakpoints)
        breakpoints << toJson(one);
    return {{"notes", version},
            {"bookmarks", bookmarks},
            {"queries", queries},
            {"breakpoints", breakpoints}};
}

Result<Sidecar> sidecarFromJson(const QJsonObject& json, const QString& file) {
    if (json["notes"].toInt(version) > version)
        return Error{QString("The notes in %1 are of version %2, which is newer than this "
                             "program's %3: open them with a newer program.")
                         .arg(file)
                         .arg(json["notes"].toInt())
                         .arg(version)};
    Sidecar sidecar;
    Members members(json, file);
    members.take("bookmarks", sidecar.bookmarks, bookmarkFromJson);
    members.take("queries", sidecar.queries, queryFromJson);
    members.take("breakpoints", sidecar.breakpoints, breakpointFromJson);
    return members.done(sidecar);
}

Result<Sidecar> readSidecar(const QString& path) {
    QFile file(path);
    if (!file.exists())
        return Sidecar();
    if (!file.open(QIODevice::ReadOnly))
        return Error{QString("The notes in %1 cannot be read: %2; allow it and open the trace "
                             "again.")
                         .arg(path, file.errorString())};
    if (file.size() > largest)
        return Error{QString("The notes in %1 have %2 bytes, more than notes can have: move the "
                             "file away.")
                         .arg(path)
                         .arg(file.size())};
    QJsonParseError problem;
    const QJsonDocument json = QJsonDocument::fromJson(file.readAll(), &problem);
    if (!json.isObject())
        return Error{QString("The notes in %1 cannot be read: at byte %2, %3; mend the file or "
                             "move it away.")
                         .arg(path)
                         .arg(problem.offset)
                         .arg(problem.error == QJsonParseError::NoError
                                  ? QStringLiteral("it is no object")
                                  : problem.errorString())};
    return sidecarFromJson(json.object(), path);
}

Result<void> writeSidecar(const QString& path, const Sidecar& sidecar) {
    if (sidecar == Sidecar()) {
        if (QFile::exists(path) && !QFile::remove(path))
            return Error{QString("The file %1, whose notes are all deleted, cannot be removed: "
                                 "allow it or remove it.")
                             .arg(path)};
        return {};
    }
    QSaveFile file(path);
    const QByteArray bytes = QJsonDocument(toJson(sidecar)).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return Error{QString("The notes cannot be written to %1: %2; make room or allow it, the "
                             "next change writes them all.")
                         .arg(path, file.errorString())};
    return {};
}

Sidecar merged(const Sidecar& mine, const Sidecar& theirs) {
    Sidecar both = mine;
    addMissing(both.bookmarks, theirs.bookmarks);
    addMissing(both.queries, theirs.queries);
    addMissing(both.breakpoints, theirs.breakpoints);
    return both;
}

Sidecar without(const Sidecar& mine, const Sidecar& theirs) {
    return those(mine, theirs, false);
}

Sidecar common(const Sidecar& mine, const Sidecar& theirs) {
    return those(mine, theirs, true);
}

} // namespace attendre
