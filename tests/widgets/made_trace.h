#pragma once

#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QFile>

namespace attendre {

// Records a small made memory over the book's first words: what the window is tested on.
inline Result<void> recordMade(const QString& path, MadeOptions options = {}, int steps = -1,
                               bool append = false) {
    QFile book(QStringLiteral(ATTENDRE_SOURCE_DIR "/resources/genesis.txt"));
    if (!book.open(QIODevice::ReadOnly))
        return Error{QStringLiteral("The book cannot be read: ") + book.fileName()};
    RecorderOptions how;
    how.append = append;
    how.overwrite = !append;
    auto recorder =
        Recorder::open(path, madeRun(options), madeTokens(options, book.readAll()), how);
    if (!recorder)
        return recorder.error();
    MadeSteps made(options);
    for (int i = 0; steps < 0 || i < steps; ++i) {
        auto step = made.next();
        if (!step)
            break;
        if (auto added = (*recorder)->add(std::move(*step)); !added)
            return added;
    }
    return (*recorder)->finish();
}

// Enough layers, heads and steps that every panel has something to draw.
inline MadeOptions windowOptions() {
    MadeOptions options;
    options.layers = 4;
    options.heads = 3;
    options.memory = 64;
    options.chunk = 16;
    options.tokens = 640;
    options.sinks = 4;
    return options;
}

} // namespace attendre
