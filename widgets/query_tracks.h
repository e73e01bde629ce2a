#pragma once

#include <QObject>
#include <QString>

#include <vector>

namespace attendre {

class TraceSource;

// A query's result by steps of one run, as the Timeline draws it.
struct QueryTrack {
    QString name; // the query's
    QString of;   // "rows", "mean of nll"
    int run = 0;
    std::vector<float> values; // one a step; NaN: none
};

// The results that were put onto the Timeline, until they are removed or another trace is opened.
class QueryTracks : public QObject {
    Q_OBJECT
  public:
    // source outlives it.
    explicit QueryTracks(TraceSource* source, QObject* parent = nullptr);

    const std::vector<QueryTrack>& all() const { return m_tracks; }
    // One of the same run and name is replaced.
    void add(QueryTrack track);
    void remove(int run, const QString& name);

  signals:
    void changed();

  private:
    void clear();

    std::vector<QueryTrack> m_tracks;
};

} // namespace attendre
