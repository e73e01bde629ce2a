#include "widgets/query_words.h"

#include "model/analysis/trace_sql.h"
#include "model/trace/tables.h"

#include <QCoreApplication>
#include <QMap>

#include <algorithm>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("QueryWords", text);
}

bool isLetter(QChar c) {
    return c.isLetterOrNumber() || c == u'_';
}

// The end of what begins at from with a quotation mark, doubled where it stands for itself.
int endOfQuoted(QStringView text, int from, QChar mark, bool& open) {
    for (int i = from; i < text.size(); ++i) {
        if (text[i] != mark)
            continue;
        if (i + 1 < text.size() && text[i + 1] == mark)
            ++i;
        else
            return i + 1;
    }
    open = true;
    return int(text.size());
}

int endOfComment(QStringView text, int from, bool& open) {
    const qsizetype end = text.indexOf(QStringLiteral("*/"), from);
    open = end < 0;
    return open ? int(text.size()) : int(end) + 2;
}

template <class Is> int endWhile(QStringView text, int from, Is is) {
    while (from < text.size() && is(text[from]))
        ++from;
    return from;
}

SqlToken tokenAt(QStringView text, int at) {
    SqlToken token{SqlKind::Other, at, 1, false};
    const QChar c = text[at], next = at + 1 < text.size() ? text[at + 1] : QChar();
    int end = at + 1;
    if (c == u'\'') {
        token.kind = SqlKind::Text;
        end = endOfQuoted(text, at + 1, c, token.open);
    } else if (c == u'"' || c == u'`') {
        token.kind = SqlKind::Name;
        end = endOfQuoted(text, at + 1, c, token.open);
    } else if (c == u'-' && next == u'-') {
        token.kind = SqlKind::Comment;
        end = endWhile(text, at, [](QChar other) { return other != u'\n'; });
    } else if (c == u'/' && next == u'*') {
        token.kind = SqlKind::Comment;
        end = endOfComment(text, at + 2, token.open);
    } else if (c == u':' || c == u'@' || c == u'$') {
        token.kind = SqlKind::Parameter;
        end = endWhile(text, at + 1, isLetter);
    } else if (c.isDigit()) {
        token.kind = SqlKind::Number;
        end = endWhile(text, at, [](QChar other) { return isLetter(other) || other == u'.'; });
    } else if (isLetter(c)) {
        token.kind = SqlKind::Word;
        end = endWhile(text, at, isLetter);
    }
    token.length = end - at;
    return token;
}

QString wordOf(const QString& sql, const SqlToken& token) {
    return sql.mid(token.begin, token.length);
}

// The public tables that a text names, and what else they are called in it.
QMap<QString, QString> tablesByName(const QString& sql, const std::vector<SqlToken>& tokens) {
    static const QStringList tables = tableNames();
    QMap<QString, QString> names;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const QString word = wordOf(sql, tokens[i]).toLower();
        if (tokens[i].kind != SqlKind::Word || !tables.contains(word))
            continue;
        names[word] = word;
        std::size_t next = i + 1;
        if (next < tokens.size() && wordOf(sql, tokens[next]).toUpper() == QLatin1String("AS"))
            ++next;
        if (next < tokens.size() && tokens[next].kind == SqlKind::Word &&
            !sqlKeywords().contains(wordOf(sql, tokens[next]).toUpper()))
            names[wordOf(sql, tokens[next]).toLower()] = word;
    }
    return names;
}

// Every column of the tables once, with whose it is.
void addColumns(const QStringList& tables, std::vector<SqlWord>& words) {
    QMap<QString, QStringList> owners;
    QMap<QString, QString> types;
    QStringList order;
    for (const QString& table : tables)
        for (const PublicColumn& column : tableColumns(table)) {
            if (!owners.contains(column.name))
                order << column.name;
            owners[column.name] << table;
            types[column.name] = column.type.toLower();
        }
    for (const QString& name : order)
        words.push_back({name, SqlWord::Kind::Column,
                         tr("%1 of %2").arg(types[name], owners[name].join(QStringLiteral(", ")))});
}

void addTables(std::vector<SqlWord>& words) {
    for (const QString& table : tableNames())
        words.push_back({table, SqlWord::Kind::Table, tr("table")});
}

} // namespace

std::vector<SqlToken> sqlTokens(QStringView text, SqlKind within) {
    std::vector<SqlToken> tokens;
    int at = 0;
    if (within != SqlKind::Other && !text.isEmpty()) {
        SqlToken token{within, 0, 0, false};
        token.length =
            within == SqlKind::Comment
                ? endOfComment(text, 0, token.open)
                : endOfQuoted(text, 0, within == SqlKind::Text ? u'\'' : u'"', token.open);
        tokens.push_back(token);
        at = token.length;
    }
    while (at < text.size()) {
        if (text[at].isSpace()) {
            ++at;
            continue;
        }
        tokens.push_back(tokenAt(text, at));
        at += tokens.back().length;
    }
    return tokens;
}

const QStringList& sqlKeywords() {
    static const QStringList words =
        QStringLiteral(
            "SELECT DISTINCT FROM WHERE GROUP BY HAVING ORDER ASC DESC NULLS FIRST LAST "
            "LIMIT OFFSET JOIN LEFT RIGHT FULL OUTER INNER CROSS NATURAL ON USING AS AND "
            "OR NOT IN IS NULL LIKE GLOB BETWEEN EXISTS CASE WHEN THEN ELSE END CAST "
            "UNION ALL INTERSECT EXCEPT WITH RECURSIVE VALUES OVER PARTITION WINDOW "
            "FILTER ROWS RANGE PRECEDING FOLLOWING UNBOUNDED CURRENT ROW COLLATE ESCAPE "
            "EXPLAIN QUERY PLAN")
            .split(u' ');
    return words;
}

const QStringList& pointParameters() {
    static const QStringList names = {QStringLiteral(":run"), QStringLiteral(":step"),
                                      QStringLiteral(":layer"), QStringLiteral(":head"),
                                      QStringLiteral(":entry")};
    return names;
}

QStringList parametersIn(const QString& sql) {
    QStringList names;
    for (const SqlToken& token : sqlTokens(sql))
        if (token.kind == SqlKind::Parameter)
            if (const QString name = wordOf(sql, token).mid(1); !names.contains(name))
                names << name;
    return names;
}

SqlCompletion sqlCompletion(const QString& sql, int cursor) {
    SqlCompletion completion;
    completion.begin = cursor;
    const std::vector<SqlToken> tokens = sqlTokens(sql);
    const QMap<QString, QString> named = tablesByName(sql, tokens);
    std::vector<SqlToken> before; // the word that is being written
    for (const SqlToken& token : tokens) {
        if (token.begin >= cursor)
            break;
        const bool inside = cursor < token.begin + token.length || token.open;
        if (inside && (token.kind == SqlKind::Text || token.kind == SqlKind::Comment))
            return completion;
        before.push_back(token);
    }
    const auto isWriting = [&](const SqlToken& token) {
        return token.begin + token.length >= cursor &&
               (token.kind == SqlKind::Word || token.kind == SqlKind::Parameter);
    };
    if (!before.empty() && before.back().kind == SqlKind::Comment &&
        before.back().begin + before.back().length >= cursor)
        return completion;
    if (!before.empty() && isWriting(before.back())) {
        completion.begin = before.back().begin;
        const bool parameter = before.back().kind == SqlKind::Parameter;
        before.pop_back();
        if (parameter) {
            for (const QString& name : pointParameters())
                completion.words.push_back(
                    {name, SqlWord::Kind::Parameter, tr("of the current point")});
            return completion;
        }
    }
    const QString last = before.empty() ? QString() : wordOf(sql, before.back()).toUpper();
    if (last == QLatin1String(".") && before.size() > 1) {
        const QString table = named.value(wordOf(sql, before[before.size() - 2]).toLower());
        addColumns(QStringList{table}, completion.words);
        return completion;
    }
    if (last == QLatin1String("FROM") || last == QLatin1String("JOIN")) {
        addTables(completion.words);
        return completion;
    }
    QStringList tables;
    for (const QString& table : tableNames())
        if (named.values().contains(table))
            tables << table;
    addColumns(tables, completion.words);
    addTables(completion.words);
    for (const QString& function : sqlFunctions())
        completion.words.push_back({function, SqlWord::Kind::Function, tr("function")});
    for (const QString& keyword : sqlKeywords())
        completion.words.push_back({keyword, SqlWord::Kind::Keyword, QString()});
    for (const QString& name : pointParameters())
        completion.words.push_back({name, SqlWord::Kind::Parameter, tr("of the current point")});
    return completion;
}

} // namespace attendre
