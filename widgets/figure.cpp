#include "widgets/figure.h"

#include "widgets/picture_file.h"
#include "widgets/plot_text.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QPainter>
#include <QPicture>
#include <QTextLayout>

#include <cmath>

namespace attendre {

namespace {

constexpr double margin = 12; // px, around the words

QString tr(const char* text) {
    return QCoreApplication::translate("Figure", text);
}

QString fileWords(const QString& path, const QString& hash) {
    const QString name = QFileInfo(path).fileName();
    return hash.isEmpty() ? name : QStringLiteral("%1 (%2)").arg(name, hash.left(12));
}

QString configurationWords(const RunInfo& run) {
    const ResolvedConfiguration& how = run.configuration;
    const auto list = [](const std::vector<int>& values) {
        QStringList words;
        for (const int value : values)
            words << wholeNumber(value);
        words.removeDuplicates();
        return words.size() > 3 ? words.first() + QStringLiteral(" … ") + words.last()
                                : words.join(u'/');
    };
    return tr("%1 · M %2, C %3, N %4, s %5, r %6 · %7 tokens · %8, %9")
        .arg(policyName(run.policy), list(how.memory), wholeNumber(chunkOf(run)),
             list(how.queryMemory))
        .arg(how.sinks)
        .arg(how.recent)
        .arg(wholeNumber(run.tokens), run.device, run.dtype);
}

// Lays the lines out in the width; painter: draws them too. Returns their height.
double layOut(const QStringList& lines, const QFont& font, double width, QPainter* painter,
              QPointF at) {
    double y = 0;
    for (const QString& line : lines) {
        QTextLayout layout(line, font);
        QTextOption option;
        option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
        layout.setTextOption(option);
        layout.beginLayout();
        for (QTextLine one = layout.createLine(); one.isValid(); one = layout.createLine()) {
            one.setLineWidth(width);
            one.setPosition({0, y});
            y += one.height();
        }
        layout.endLayout();
        if (painter)
            layout.draw(painter, at);
        y += 2;
    }
    return y;
}

double titleHeight(const Figure& figure, const Theme& theme) {
    return figure.caption.isEmpty() ? 0 : QFontMetricsF(theme.titleFont()).height() + 1.5 * margin;
}

void paintWords(QPainter& painter, const Figure& figure, const Theme& theme) {
    const double width = figure.size.width() - 2 * margin;
    painter.setPen(theme.text());
    painter.setFont(theme.titleFont());
    painter.drawText(QRectF(margin, margin / 2, width, titleHeight(figure, theme) - margin / 2),
                     Qt::AlignLeft | Qt::AlignVCenter, figure.title);
    const double top = titleHeight(figure, theme) + figure.size.height();
    painter.setPen(QPen(theme.hairline(), 1));
    painter.drawLine(QPointF(margin, top + 0.5), QPointF(figure.size.width() - margin, top + 0.5));
    painter.setPen(theme.quietText());
    layOut(figure.caption, theme.smallFont(), width, &painter, {margin, top + margin / 2});
}

} // namespace

QStringList figureCaption(const ViewContext& context) {
    const Point now = context.point->now();
    const RunInfo* run = context.source->run(now.run);
    if (!run)
        return {};
    QStringList lines{tr("Run %1, step %2 (%3), layer %4, K/V head %5.")
                          .arg(runName(*run, context.source->runs()))
                          .arg(wholeNumber(now.step), phaseName(now.phase))
                          .arg(now.layer)
                          .arg(now.head),
                      tr("%1 reads %2. %3.")
                          .arg(fileWords(run->model, run->modelHash),
                               fileWords(run->document, run->documentHash),
                               configurationWords(*run))};
    if (!run->command.isEmpty())
        lines << run->command;
    return lines;
}

QSize wholeSize(const Figure& figure, const Theme& theme) {
    if (figure.caption.isEmpty())
        return figure.size;
    const double words =
        layOut(figure.caption, theme.smallFont(), figure.size.width() - 2 * margin, nullptr, {});
    return {figure.size.width(), int(std::ceil(figure.size.height() + titleHeight(figure, theme) +
                                               words + 1.5 * margin))};
}

Result<void> saveFigure(View& view, const Figure& figure, const Theme& theme, const QString& path) {
    const auto paint = [&](QPaintDevice* device) {
        QPainter painter;
        if (!painter.begin(device))
            return false;
        painter.setRenderHint(QPainter::Antialiasing);
        painter.fillRect(QRect({}, wholeSize(figure, theme)), theme.panel());
        // A recording of what the view draws: its lines stay lines.
        QPicture picture;
        if (!view.paintOn(&picture))
            return false;
        painter.save();
        painter.translate(0, titleHeight(figure, theme));
        painter.setClipRect(QRect({}, figure.size));
        painter.drawPicture(0, 0, picture);
        painter.restore();
        if (!figure.caption.isEmpty())
            paintWords(painter, figure, theme);
        return true;
    };
    return savePicture({figure.title, figure.caption.join(u' '), wholeSize(figure, theme), paint,
                        [] { return QString(); }},
                       path);
}

} // namespace attendre
