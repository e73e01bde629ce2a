#pragma once

#include "model/trace/result.h"
#include "widgets/view.h"

#include <QSize>
#include <QString>
#include <QStringList>

namespace attendre {

// A view as a figure for a page: the picture, and below it what was computed from what.
struct Figure {
    QString title;       // "K/V memory — 256 slots, full"
    QStringList caption; // the lines of the block below; empty: none
    QSize size;          // of the picture, px at 96 dpi; the block comes below it
};

// What a figure of the current point says: run, step, layer and head; model and document with their
// hashes; the configuration; the command that makes it.
QStringList figureCaption(const ViewContext& context);

// How high the figure is with its caption.
QSize wholeSize(const Figure& figure, const Theme& theme);

// The file name's ending chooses PNG (two pixels per px), SVG or PDF. view: as large as
// figure.size. Errors: another ending, a file that cannot be written.
Result<void> saveFigure(View& view, const Figure& figure, const Theme& theme, const QString& path);

} // namespace attendre
