#include "widgets/query_memory_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>

namespace attendre {

QueryMemoryView::QueryMemoryView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Q memory"), parent) {}

void QueryMemoryView::refresh(const Point& now, const Point& before) {
    const RunInfo run = *currentRun();
    if (queryMemoryOf(run, now.layer) == 0) {
        m_content.reset();
        setDetail(QStringLiteral("N = 0"));
        setSubtitle(tr("layer %1").arg(now.layer));
        return;
    }
    Point same = before;
    same.entry = now.entry;
    same.query = now.query;
    if (m_content && same == now)
        return; // only the bracket moves
    read<QueryMemoryContent>(
        "queries", [=](Reader& reader) { return readQueryMemory(reader, run, now); },
        [this](QueryMemoryContent content) {
            m_content = std::move(content);
            tellHeader();
        });
}

void QueryMemoryView::tellHeader() {
    const QueryMemoryContent& c = *m_content;
    const int waiting = c.asked.phase == Phase::Wait ? int(c.queries.size()) : c.waiting();
    setDetail(tr("N = %1 · %2 wait").arg(wholeNumber(c.capacity), wholeNumber(waiting)));
    const QString layer = tr("layer %1").arg(c.asked.layer);
    const qint64 next = c.answeredBefore;
    const QString read = wholeNumber(c.read);
    const bool answers = c.asked.phase >= Phase::Retrieve && c.answered > 0;
    const QString last = wholeNumber(next + c.answered - 1);
    const QString which = c.answered > 1 ? tr("positions %1–%2").arg(wholeNumber(next), last)
                                         : tr("position %1").arg(last);
    const QString text =
        answers ? tr("%1 answers %2 while %3 are read").arg(layer, which, read)
                : tr("%1 has answered %2 of %3 that are read").arg(layer, wholeNumber(next), read);
    setSubtitle(text, {layer, QString()});
}

QString QueryMemoryView::missing() const {
    const RunInfo& run = *currentRun();
    if (queryMemoryOf(run, now().layer) == 0) {
        if (run.configuration.mode == QStringLiteral("causal"))
            return tr("Causal mode: a query is answered in the step in which it comes (N = 0).");
        return tr("Layer %1 has no Q memory: a query is answered in the step in which it comes "
                  "(N = 0).")
            .arg(now().layer);
    }
    if (!m_content)
        return tr("Reading who waits …");
    if (!m_content->queries.empty())
        return {};
    if (m_content->tick == 0 || m_content->answeredBefore == 0)
        return tr("No query has come to layer %1 yet: those of the document wait in the layers "
                  "below, or are read in this step.")
            .arg(now().layer);
    return tr("No query waits in layer %1: all %2 that came were answered.")
        .arg(now().layer)
        .arg(wholeNumber(m_content->answeredBefore));
}

QString QueryMemoryView::token(std::int32_t position) const {
    const auto found = m_content->texts.find(position);
    return found == m_content->texts.end() ? tr("position %1").arg(wholeNumber(position))
                                           : quotedToken(found->second);
}

QString QueryMemoryView::sentence(std::int32_t position) const {
    const int index = m_content ? m_content->indexOf(position) : -1;
    if (index < 0)
        return {};
    const WaitingQuery& query = m_content->queries[std::size_t(index)];
    const QString behind = wholeNumber(query.behind), ahead = wholeNumber(query.ahead);
    const int step = m_content->asked.step;
    QString text = tr("%1 (%2)").arg(token(position), wholeNumber(position));
    const QString came =
        tr("step %1, tick %2").arg(query.since).arg(wholeNumber(qint64(query.position) + 1));
    if (query.answered && m_content->asked.phase >= Phase::Retrieve)
        text += query.ahead == 0
                    ? tr(" came in %1, is answered in step %2 and sees %3 behind; waiting brought "
                         "it none ahead")
                          .arg(came, QString::number(step), behind)
                    : tr(" came in %1, is answered in step %2 and sees %3 behind; waiting brought "
                         "it %4 ahead")
                          .arg(came, QString::number(step), behind, ahead);
    else
        text += tr(" waits since %1 · would see %2 behind and %3 ahead if answered now")
                    .arg(came, behind, ahead);
    return text + (query.keyGone < 0
                       ? tr(" · its own key is resident")
                       : tr(" · its own key has gone, in step %1").arg(query.keyGone));
}

std::int32_t QueryMemoryView::bracketed() const {
    if (!m_content || m_content->queries.empty())
        return noPosition;
    return m_content->indexOf(now().entry) >= 0 ? now().entry : m_content->queries.front().position;
}

void QueryMemoryView::select(int index) {
    if (isBlank() || m_content->asked.run != now().run)
        return;
    const int last = int(m_content->queries.size()) - 1;
    const auto position = m_content->queries[std::size_t(std::clamp(index, 0, last))].position;
    go([&](Point& point) { point.entry = position; }, true);
}

void QueryMemoryView::keyPressEvent(QKeyEvent* event) {
    if (isBlank())
        return PlotView::keyPressEvent(event);
    const int index = m_content->indexOf(now().entry);
    switch (event->key()) {
    case Qt::Key_Left:
        return select(index < 0 ? 0 : index - 1);
    case Qt::Key_Right:
        return select(index < 0 ? 0 : index + 1);
    case Qt::Key_Home:
        return select(0);
    case Qt::Key_End:
        return select(int(m_content->queries.size()) - 1);
    default:
        PlotView::keyPressEvent(event);
    }
}

void QueryMemoryView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isBlank())
        return PlotView::mousePressEvent(event);
    if (const int index = indexAt(event->position()); index >= 0)
        select(index);
}

QString QueryMemoryView::hoverText(const QPointF& at) {
    const int index = indexAt(at);
    return index < 0 ? summary() : sentence(m_content->queries[std::size_t(index)].position);
}

QString QueryMemoryView::summary() const {
    if (!m_content || m_content->queries.empty())
        return {};
    const auto gone = std::count_if(m_content->queries.begin(), m_content->queries.end(),
                                    [](const WaitingQuery& query) { return query.keyGone >= 0; });
    return tr("%1 · %2. Of the %3 queries shown %4 have outlived their own key in head %5.")
        .arg(detail(), subtitle(), wholeNumber(qint64(m_content->queries.size())),
             wholeNumber(gone), QString::number(m_content->asked.head));
}

QString QueryMemoryView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral(
        "position,since_step,since_tick,behind,ahead,key_evicted_step,arrived,answered\n");
    for (const WaitingQuery& query : m_content->queries)
        text += QStringLiteral("%1,%2,%3,%4,%5,%6,%7,%8\n")
                    .arg(query.position)
                    .arg(query.since)
                    .arg(query.position + 1)
                    .arg(query.behind)
                    .arg(query.ahead)
                    .arg(query.keyGone < 0 ? QString() : QString::number(query.keyGone))
                    .arg(int(query.arrived))
                    .arg(int(query.answered));
    return text;
}

} // namespace attendre
