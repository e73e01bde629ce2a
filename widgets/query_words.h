#pragma once

#include <QString>
#include <QStringList>
#include <QStringView>

#include <vector>

namespace attendre {

// The pieces of an SQL text, as far as an editor needs them.
enum class SqlKind { Word, Number, Text, Name, Comment, Parameter, Other };
struct SqlToken {
    SqlKind kind = SqlKind::Other;
    int begin = 0, length = 0;
    bool open = false; // a text, quoted name or comment that does not end here
};
// Blanks are left out. within: the kind that was open where the text begins.
std::vector<SqlToken> sqlTokens(QStringView text, SqlKind within = SqlKind::Other);

// The words of a SELECT, in capitals.
const QStringList& sqlKeywords();
// :run, :step and so on, which stand for the current point.
const QStringList& pointParameters();
// Those of them that a text uses, without their colon.
QStringList parametersIn(const QString& sql);

// What can stand at a place of a text.
struct SqlWord {
    enum class Kind { Column, Table, Function, Keyword, Parameter };
    QString word;
    Kind kind = Kind::Keyword;
    QString about; // "integer of evictions, entries"
};
struct SqlCompletion {
    int begin = 0;              // of the word that the cursor stands in or behind
    std::vector<SqlWord> words; // the likelier kinds first; not yet by what was typed
};
// None within a text or a comment. Columns are those of the tables that the text names; behind
// "e." those of the table that e stands for.
SqlCompletion sqlCompletion(const QString& sql, int cursor);

} // namespace attendre
