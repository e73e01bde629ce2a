#include "model/trace/nearest_word.h"

#include <algorithm>
#include <vector>

namespace attendre {

namespace {

// How many letters have to be put in, left out, changed or swapped with a neighbour.
int distance(const QString& a, const QString& b) {
    std::vector<std::vector<int>> d(size_t(a.size()) + 1, std::vector<int>(size_t(b.size()) + 1));
    for (size_t i = 0; i <= size_t(a.size()); ++i)
        for (size_t j = 0; j <= size_t(b.size()); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = int(i + j);
                continue;
            }
            const QChar x = a[qsizetype(i) - 1], y = b[qsizetype(j) - 1];
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (x != y)});
            if (i > 1 && j > 1 && x == b[qsizetype(j) - 2] && a[qsizetype(i) - 2] == y)
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[size_t(a.size())][size_t(b.size())];
}

} // namespace

QString nearestWord(const QString& typed, const QStringList& known, int most) {
    QString nearest;
    int least = most + 1;
    for (const QString& word : known)
        if (const int far = distance(typed, word); far < least) {
            least = far;
            nearest = word;
        }
    return nearest;
}

} // namespace attendre
