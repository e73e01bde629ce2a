#pragma once

#include <QString>
#include <QStringList>

namespace attendre {

// The known word that a misspelt one may have meant: of those that are at most so many letters put
// in, left out, changed or swapped with a neighbour away, the nearest. Null where none is.
QString nearestWord(const QString& typed, const QStringList& known, int most = 2);

} // namespace attendre
