#pragma once

#include "model/analysis/sidecar.h"

#include <QByteArray>
#include <QString>

namespace attendre {

// What a person had before them, as a file to come back to or to send: which trace, where in it,
// how the panels stand, and what was noted.
struct SessionFile {
    QString trace; // absolute once it is read; written relative to the file where it lies near it
    Place place;
    QByteArray layout; // of the panels
    QString theme;     // light, dark or high-contrast
    Sidecar notes;

    bool operator==(const SessionFile&) const = default;
};

constexpr auto sessionSuffix = "attendre"; // of the files' names

// Errors: no session, a newer version, a trace that is not there, named with where it was looked
// for.
Result<SessionFile> readSession(const QString& path);
Result<void> writeSession(const QString& path, const SessionFile& session);

} // namespace attendre
