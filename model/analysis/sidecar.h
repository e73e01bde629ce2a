#pragma once

#include "model/trace/result.h"
#include "model/trace/values.h"

#include <QJsonObject>
#include <QString>

#include <cstdint>
#include <vector>

namespace attendre {

// A point of a run, named by the run's UUID so that it stays right wherever the trace goes.
struct Place {
    QString run; // UUID
    int step = 0;
    int phase = 5; // of the step: 0 rank … 5 record
    int layer = 0, head = 0;
    std::int32_t entry = noPosition, query = noPosition;

    bool operator==(const Place&) const = default;
};

// A place that a person wants to find again, and what they thought there.
struct Bookmark {
    Place place;
    QString name, note;

    bool operator==(const Bookmark&) const = default;
};

struct SavedQuery {
    QString name, sql;

    bool operator==(const SavedQuery&) const = default;
};

// Where to stop: when an entry of a span leaves, or when a condition over evictions and metrics
// holds (model/analysis/condition.h), or both.
struct Breakpoint {
    std::int32_t first = noPosition, last = noPosition; // positions, inclusive; noPosition: any
    int layer = -1, head = -1;                          // -1: any
    QString condition;                                  // empty: every eviction of the span
    bool enabled = true;

    bool operator==(const Breakpoint&) const = default;
};

// What a person adds to a trace. It lies beside the trace, which nobody but an engine writes.
struct Sidecar {
    std::vector<Bookmark> bookmarks;
    std::vector<SavedQuery> queries;
    std::vector<Breakpoint> breakpoints;

    bool operator==(const Sidecar&) const = default;
};

// FILE.notes.json, beside the trace.
QString sidecarPath(const QString& trace);

QJsonObject toJson(const Sidecar& sidecar);
QJsonObject toJson(const Breakpoint& breakpoint);
QJsonObject toJson(const Place& place);
// Errors: a member that is not of its kind, named; unknown members are ignored. file: for the
// sentence.
Result<Sidecar> sidecarFromJson(const QJsonObject& json, const QString& file);
Result<Place> placeFromJson(const QJsonObject& json, const QString& file);
Result<Breakpoint> breakpointFromJson(const QJsonObject& json, const QString& file);

// An empty one where there is no file. Errors: no JSON, a newer version, sidecarFromJson().
Result<Sidecar> readSidecar(const QString& path);
// Written whole or not at all; an empty one removes the file. Errors: the disk's.
Result<void> writeSidecar(const QString& path, const Sidecar& sidecar);

// Both together: what mine has, then what only theirs has.
Sidecar merged(const Sidecar& mine, const Sidecar& theirs);
// What only mine has, and what both have.
Sidecar without(const Sidecar& mine, const Sidecar& theirs);
Sidecar common(const Sidecar& mine, const Sidecar& theirs);

} // namespace attendre
