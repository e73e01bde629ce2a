#include "widgets/plot_view.h"

#include "widgets/console_log.h"
#include "widgets/plot_text.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QMenu>
#include <QMouseEvent>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTextOption>

namespace attendre {

PlotView::PlotView(const ViewContext& context, const QString& name, QWidget* parent)
    : View(context, parent), m_name(name) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(name);
    setAttribute(Qt::WA_OpaquePaintEvent);
}

QString PlotView::emptySentence() const {
    if (!source().isOpen())
        return tr("No trace is open: start a run, or open a recorded one.");
    if (!currentRun())
        return tr("No run is chosen.");
    if (!m_failure.isEmpty())
        return m_failure;
    if (steps() == 0)
        return tr("No step is recorded yet: step the run to see something here.");
    return missing();
}

void PlotView::go(const std::function<void(Point&)>& change, bool merge) {
    Point point = now();
    change(point);
    context().point->move(point, merge);
}

QRectF PlotView::plotArea() const {
    const double edge = theme().grid();
    return QRectF(rect()).adjusted(edge, edge, -edge, -edge);
}

void PlotView::contentChanged() {
    const QString sentence = emptySentence();
    setAccessibleDescription(sentence.isEmpty() ? summary() : sentence);
    update();
}

void PlotView::pointMoved(const Point& now, const Point& before) {
    if (before == Point())
        m_shown = Point();
    m_behind = true;
    if (isVisible())
        catchUp();
    Q_UNUSED(now);
}

void PlotView::catchUp() {
    if (!m_behind || !source().isOpen() || !currentRun())
        return;
    m_behind = false;
    const Point before = m_shown;
    m_shown = now();
    if (steps() > 0)
        refresh(now(), before);
    contentChanged();
}

void PlotView::traceGrown(int, int) {
    m_shown = Point(); // what is drawn may reach further now; another run may stand beside it
    m_behind = true;
    if (isVisible())
        catchUp();
}

void PlotView::traceOpened() {
    forget();
    m_failure.clear();
    m_shown = Point();
}

void PlotView::traceClosed() {
    traceOpened();
    contentChanged();
}

void PlotView::showEvent(QShowEvent* event) {
    View::showEvent(event);
    catchUp();
}

void PlotView::drawSentence(QPainter& painter, const QRectF& area, const QString& sentence) const {
    painter.setFont(theme().textFont());
    painter.setPen(theme().quietText());
    QTextOption option(Qt::AlignCenter);
    option.setWrapMode(QTextOption::WordWrap);
    const double side = std::max(8.0, (area.width() - 420) / 2);
    painter.drawText(area.adjusted(side, 4, -side, -4), sentence, option);
}

void PlotView::draw(QPainter& painter, const QRectF& area) {
    const QString sentence = emptySentence();
    if (!sentence.isEmpty()) {
        drawSentence(painter, area, sentence);
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme().smallFont());
    paintPlot(painter, area);
}

void PlotView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().panel());
    draw(painter, plotArea());
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme().accent(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4);
    }
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
    emit hovered(isBlank() ? QString() : hoverText(event->position()));
}

void PlotView::leaveEvent(QEvent* event) {
    emit hovered(QString());
    View::leaveEvent(event);
}

QString PlotView::caption() const {
    const RunInfo* run = currentRun();
    if (!run)
        return m_name;
    QString text = tr("%1. Run %2, step %3, layer %4, K/V head %5.")
                       .arg(m_name, runName(*run, source().runs()))
                       .arg(now().step)
                       .arg(now().layer)
                       .arg(now().head);
    if (!summary().isEmpty())
        text += QLatin1Char(' ') + summary();
    if (!run->command.isEmpty())
        text += QLatin1Char(' ') + run->command;
    return text;
}

namespace {

Result<void> unwritable(const QString& path) {
    return Error{PlotView::tr("The picture could not be written to %1: choose another folder or "
                              "free some space.")
                     .arg(path)};
}

} // namespace

Result<void> PlotView::saveAs(const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    const QSizeF size = this->size();
    if (isBlank())
        return Error{tr("There is nothing to save in %1: %2").arg(path, emptySentence())};
    if (ending == QLatin1String("csv")) {
        const QString text = csv();
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0 || !file.commit())
            return unwritable(path);
        return {};
    }
    if (ending == QLatin1String("svg")) {
        QSvgGenerator svg;
        svg.setFileName(path);
        svg.setSize(this->size());
        svg.setViewBox(QRectF({}, size));
        svg.setTitle(m_name);
        svg.setDescription(caption());
        return paintOn(&svg) ? Result<void>() : unwritable(path);
    }
    if (ending == QLatin1String("pdf")) {
        QPdfWriter pdf(path);
        pdf.setTitle(caption());
        pdf.setResolution(96);
        pdf.setPageSize(QPageSize(size * 72 / 96, QPageSize::Point));
        pdf.setPageMargins({});
        return paintOn(&pdf) ? Result<void>() : unwritable(path);
    }
    if (ending != QLatin1String("png"))
        return Error{tr("The ending “%1” of %2 names no format that pictures are saved in: use "
                        "png, svg, pdf or csv.")
                         .arg(ending, path),
                     2};
    QImage image(this->size() * 2, QImage::Format_RGB32);
    image.setDevicePixelRatio(2);
    image.setText(QStringLiteral("Description"), caption());
    if (!paintOn(&image) || !image.save(path))
        return unwritable(path);
    return {};
}

bool PlotView::paintOn(QPaintDevice* device) {
    QPainter painter;
    if (!painter.begin(device))
        return false;
    painter.fillRect(rect(), theme().panel());
    draw(painter, plotArea());
    return true;
}

void PlotView::askWhereToSave() {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save %1").arg(m_name), m_name.toLower().remove(QLatin1Char('?')) + ".png",
        tr("Picture (*.png);;Vectors (*.svg);;PDF (*.pdf);;Numbers (*.csv)"));
    if (path.isEmpty())
        return;
    const Result<void> saved = saveAs(path);
    if (!saved && context().log)
        context().log->addProblem(saved.error().sentence);
    else if (context().log)
        context().log->addNotice(tr("Saved %1.").arg(path));
}

void PlotView::fillMenu(QMenu* menu) {
    QAction* save = menu->addAction(tr("Save as PNG, SVG, PDF or CSV…"));
    QAction* copyPicture = menu->addAction(tr("Copy the picture"));
    QAction* copyNumbers = menu->addAction(tr("Copy the numbers"));
    save->setEnabled(!isBlank());
    copyPicture->setEnabled(!isBlank());
    copyNumbers->setEnabled(!isBlank() && !csv().isEmpty());
    connect(save, &QAction::triggered, this, &PlotView::askWhereToSave);
    connect(copyPicture, &QAction::triggered, this,
            [this] { QApplication::clipboard()->setPixmap(grab()); });
    connect(copyNumbers, &QAction::triggered, this,
            [this] { QApplication::clipboard()->setText(csv()); });
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    fillMenu(&menu);
    menu.exec(event->globalPos());
}

} // namespace attendre
