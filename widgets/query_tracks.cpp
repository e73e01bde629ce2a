#include "widgets/query_tracks.h"

#include "widgets/trace_source.h"

#include <algorithm>

namespace attendre {

QueryTracks::QueryTracks(TraceSource* source, QObject* parent) : QObject(parent) {
    connect(source, &TraceSource::opened, this, &QueryTracks::clear);
    connect(source, &TraceSource::closed, this, &QueryTracks::clear);
}

void QueryTracks::add(QueryTrack track) {
    const auto same = std::find_if(m_tracks.begin(), m_tracks.end(), [&](const QueryTrack& other) {
        return other.run == track.run && other.name == track.name;
    });
    if (same != m_tracks.end())
        *same = std::move(track);
    else
        m_tracks.push_back(std::move(track));
    emit changed();
}

void QueryTracks::remove(int run, const QString& name) {
    const auto removed = std::erase_if(
        m_tracks, [&](const QueryTrack& track) { return track.run == run && track.name == name; });
    if (removed > 0)
        emit changed();
}

void QueryTracks::clear() {
    if (m_tracks.empty())
        return;
    m_tracks.clear();
    emit changed();
}

} // namespace attendre
