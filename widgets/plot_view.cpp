#include "widgets/plot_view.h"

#include "widgets/console_log.h"
#include "widgets/picture_file.h"
#include "widgets/plot_text.h"
#include "widgets/run_name.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
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

Result<void> PlotView::saveAs(const QString& path) {
    if (isBlank())
        return Error{tr("There is nothing to save in %1: %2").arg(path, emptySentence())};
    return savePicture({m_name, caption(), size(),
                        [this](QPaintDevice* device) { return paintOn(device); },
                        [this] { return csv(); }},
                       path);
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
    const QString path = attendre::askWhereToSave(this, m_name);
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
