#include "widgets/attention_view.h"

#include "widgets/plot_text.h"
#include "widgets/point_reading.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QSignalBlocker>

#include <algorithm>
#include <cmath>

namespace attendre {

AttentionView::AttentionView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Attention"), parent) {}

QWidget* AttentionView::headerWidget() {
    if (m_header)
        return m_header;
    m_header = new QWidget(this);
    auto* row = new QHBoxLayout(m_header);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    m_acrossChooser = new QComboBox(m_header);
    m_acrossChooser->setAccessibleName(tr("What runs across"));
    m_acrossChooser->addItems({tr("document"), tr("residents"), tr("slots")});
    m_acrossChooser->setItemData(0, tr("every position of the document"), Qt::ToolTipRole);
    m_acrossChooser->setItemData(1, tr("only the entries in the memory, in order of the document"),
                                 Qt::ToolTipRole);
    m_acrossChooser->setItemData(2, tr("the memory's slots"), Qt::ToolTipRole);
    m_headChooser = new QComboBox(m_header);
    m_headChooser->setAccessibleName(tr("Whose attention"));
    m_headChooser->addItems({tr("K/V head"), tr("layer mean")});
    row->addWidget(m_acrossChooser);
    row->addWidget(m_headChooser);
    connect(m_acrossChooser, &QComboBox::currentIndexChanged, this,
            [this](int index) { setAcross(Across(index)); });
    connect(m_headChooser, &QComboBox::currentIndexChanged, this,
            [this](int index) { setWhose(Whose(std::max(0, index))); });
    offerOutputs();
    return m_header;
}

void AttentionView::hideSinks(bool hidden) {
    m_sinksHidden = hidden;
    updateSubtitle();
    contentChanged();
}

void AttentionView::setWhose(Whose whose) {
    const RunInfo* run = currentRun();
    if (whose == Whose::Outputs && (!run || outputLayer(*run) < 0))
        whose = Whose::Head;
    if (whose == m_whose && m_chosen)
        return;
    m_whose = whose;
    m_chosen = true;
    if (m_headChooser)
        m_headChooser->setCurrentIndex(int(whose));
    readContent();
}

// The third choice stands there only in runs that have encoder outputs.
void AttentionView::offerOutputs() {
    const RunInfo* run = currentRun();
    const bool offered = run && outputLayer(*run) >= 0;
    if (!offered && m_whose == Whose::Outputs)
        m_whose = Whose::Head;
    if (!m_headChooser || offered == (m_headChooser->count() == 3))
        return;
    if (!offered)
        return m_headChooser->removeItem(2);
    m_headChooser->addItem(tr("encoder outputs"));
    m_headChooser->setItemData(2,
                               tr("what the answer's tokens read of the encoder's outputs, the "
                                  "mean of the decoder's layers and heads"),
                               Qt::ToolTipRole);
}

void AttentionView::setAcross(Across across) {
    m_across = across;
    if (m_acrossChooser)
        m_acrossChooser->setCurrentIndex(int(across));
    contentChanged();
}

void AttentionView::forget() {
    m_content.reset();
    m_texts.clear();
    m_chosen = false;
}

QString AttentionView::missing() const {
    if (!m_content)
        return tr("Reading the attention of step %1 …").arg(now().step);
    if (m_content->queries.empty() && m_content->mass.empty())
        return m_content->whose == Whose::Outputs ||
                       currentRun()->configuration.asked.detail == QStringLiteral("full")
                   ? massSentence()
                   : tr("This run keeps no attention near step %1: record it with --detail full.")
                         .arg(now().step);
    return {};
}

void AttentionView::refresh(const Point& now, const Point& before) {
    if (now.run != before.run)
        offerOutputs();
    const bool same =
        m_content && now.run == before.run && now.step == before.step &&
        (m_whose == Whose::Outputs ||
         (now.layer == before.layer && (m_whose == Whose::LayerMean || now.head == before.head)));
    if (!same)
        readContent();
    else if (now.query != before.query)
        readTexts();
}

void AttentionView::readContent() {
    const RunInfo* current = currentRun();
    if (!current || steps() == 0)
        return;
    const RunInfo run = *current;
    const Point point = now();
    const Whose whose = m_whose;
    read<AttentionContent>(
        "attention",
        [=, chosen = m_chosen](Reader& reader) -> Result<AttentionContent> {
            const auto answer = chosen ? Result<bool>(false) : readsOutputs(reader, run, point);
            if (!answer)
                return answer.error();
            return readAttention(reader, run, point, *answer ? Whose::Outputs : whose);
        },
        [this](AttentionContent content) {
            m_content = std::move(content);
            if (m_headChooser) {
                const QSignalBlocker blocker(m_headChooser);
                m_headChooser->setCurrentIndex(int(m_content->whose));
            }
            updateSubtitle();
            readTexts();
        });
}

void AttentionView::readTexts() {
    const QueryAttention* query = selected();
    if (!query)
        return;
    std::vector<std::int32_t> positions{query->queryPosition};
    for (const AttendedEntry& entry : query->top)
        positions.push_back(entry.position);
    const int run = now().run;
    read<TokenTexts>(
        "texts", [=](Reader& reader) { return readTokenTexts(reader, run, positions); },
        [this](TokenTexts texts) { m_texts = std::move(texts); });
}

void AttentionView::updateSubtitle() {
    if (!m_content)
        return;
    const auto n = m_content->queries.size();
    const QString sinks = m_sinksHidden ? tr("sinks hidden (S)") : tr("S hides sinks");
    if (n == 0)
        return setSubtitle(
            tr("mass per entry in step %1 · %2").arg(QString::number(m_content->massStep), sinks),
            {tr("mass, step %1").arg(m_content->massStep), QString()});
    const QString queries = n == 1 ? tr("1 query") : tr("%1 queries").arg(n);
    setSubtitle(tr("asking (%1 ↓) × read (→) · %2").arg(queries, sinks),
                {tr("asking (%1 ↓) × read (→)").arg(queries), tr("asking ↓ × read →"), QString()});
}

QString AttentionView::massSentence() const {
    const int step = m_content->massStep;
    const RunInfo* run = currentRun();
    if (m_content->whose == Whose::Outputs && run && run->parent == 0)
        return tr(
            "Nothing has read the encoder's outputs yet: an answer does, in a run that asks.");
    if (run && run->configuration.asked.detail == QStringLiteral("full"))
        return (run->parent > 0 && outputLayer(*run) >= 0
                    ? tr("No query of the encoder was answered in step %1. What the answer reads "
                         "is under \"encoder outputs\".")
                    : tr("No query of this layer was answered in step %1: no weights to show."))
            .arg(m_content->asked.step);
    if (step == m_content->asked.step)
        return tr("Each entry's mass in step %1, a keyframe; a full-detail trace (--detail full) "
                  "also shows which query asked.")
            .arg(step);
    return tr("Masses of step %1's keyframe, not of step %2: a full-detail trace (--detail full) "
              "has every step, and which query asked.")
        .arg(step)
        .arg(m_content->asked.step);
}

int AttentionView::selectedRow() const {
    if (!m_content || now().query == noPosition)
        return -1;
    for (std::size_t i = 0; i < m_content->queries.size(); ++i)
        if (m_content->queries[i].queryPosition == now().query)
            return int(i);
    return -1;
}

const QueryAttention* AttentionView::selected() const {
    const int row = selectedRow();
    return row < 0 ? nullptr : &m_content->queries[std::size_t(row)];
}

bool AttentionView::hidden(std::int32_t position) const {
    return m_sinksHidden && position < m_content->regions.sinks;
}

QString AttentionView::token(std::int32_t position) const {
    const auto found = m_texts.find(position);
    return found == m_texts.end() ? wholeNumber(position) : quotedToken(found->second);
}

QRectF AttentionView::rowRect(std::int32_t query) const {
    if (!m_content || m_rows.isEmpty())
        return {};
    const auto& queries = m_content->queries;
    for (std::size_t i = 0; i < queries.size(); ++i)
        if (queries[i].queryPosition == query) {
            const double height = m_rows.height() / double(queries.size());
            return {m_rows.left(), m_rows.top() + double(i) * height, m_rows.width(), height};
        }
    return {};
}

int AttentionView::rowAt(const QPointF& at) const {
    if (!m_content || m_content->queries.empty() || !m_rows.adjusted(-60, 0, 60, 0).contains(at))
        return -1;
    const auto n = int(m_content->queries.size());
    return std::clamp(int((at.y() - m_rows.top()) / m_rows.height() * n), 0, n - 1);
}

// The entry of a row under the mouse, within a few pixels; the heaviest of several.
std::int32_t AttentionView::entryAt(const QueryAttention& query, double x) const {
    for (const AttendedEntry& entry : query.top) {
        const Column column = columnOf(entry.position);
        if (column.valid && !hidden(entry.position) && x >= column.left - 3 &&
            x <= column.left + column.width + 3)
            return entry.position;
    }
    return noPosition;
}

AttentionView::Column AttentionView::columnOf(std::int32_t position) const {
    if (position == noPosition)
        return {};
    double index = position, count = std::max(1, m_content->end);
    if (m_across == Across::Residents) {
        const auto found = m_place.find(position);
        if (found == m_place.end())
            return {};
        index = found->second;
        count = double(m_place.size());
    } else if (m_across == Across::Slots) {
        const auto found = m_content->slotOf.find(position);
        if (found == m_content->slotOf.end())
            return {};
        index = found->second;
        count = m_content->capacity;
    }
    const double pitch = m_rows.width() / std::max(1.0, count);
    return {m_rows.left() + index * pitch, pitch, true};
}

void AttentionView::prepareColumns() {
    m_place.clear();
    int place = 0;
    for (const auto& [position, slot] : m_content->slotOf)
        m_place[position] = place++;
}

void AttentionView::chooseRow(int row) {
    if (!m_content || m_content->queries.empty())
        return;
    row = std::clamp(row, 0, int(m_content->queries.size()) - 1);
    const std::int32_t query = m_content->queries[std::size_t(row)].queryPosition;
    go([query](Point& point) { point.query = query; }, true);
}

// The next (by 1) or previous (by -1) entry of the selected query, by weight.
void AttentionView::chooseEntry(int by) {
    const QueryAttention* query = selected();
    if (!query)
        return chooseRow(0);
    std::vector<std::int32_t> entries;
    for (const AttendedEntry& entry : query->top)
        if (entry.position != noPosition && !hidden(entry.position))
            entries.push_back(entry.position);
    if (entries.empty())
        return;
    const auto found = std::find(entries.begin(), entries.end(), now().entry);
    const auto n = std::ptrdiff_t(entries.size());
    const std::ptrdiff_t next =
        found == entries.end() ? (by > 0 ? 0 : n - 1)
                               : std::clamp<std::ptrdiff_t>(found - entries.begin() + by, 0, n - 1);
    const std::int32_t entry = entries[std::size_t(next)];
    go([entry](Point& point) { point.entry = entry; }, true);
}

void AttentionView::mousePressEvent(QMouseEvent* event) {
    const int row = event->button() == Qt::LeftButton && !isBlank() ? rowAt(event->position()) : -1;
    if (row < 0)
        return PlotView::mousePressEvent(event);
    const QueryAttention& query = m_content->queries[std::size_t(row)];
    const std::int32_t entry = entryAt(query, event->position().x());
    go([&](Point& point) {
        point.query = query.queryPosition;
        if (entry != noPosition)
            point.entry = entry;
    });
}

void AttentionView::keyPressEvent(QKeyEvent* event) {
    if (isBlank())
        return PlotView::keyPressEvent(event);
    const int row = selectedRow();
    switch (event->key()) {
    case Qt::Key_S:
        return hideSinks(!m_sinksHidden);
    case Qt::Key_Down:
        return chooseRow(row + 1);
    case Qt::Key_Up:
        return chooseRow(row < 0 ? int(m_content->queries.size()) - 1 : row - 1);
    case Qt::Key_Home:
        return chooseRow(0);
    case Qt::Key_End:
        return chooseRow(int(m_content->queries.size()) - 1);
    case Qt::Key_Right:
        return chooseEntry(1);
    case Qt::Key_Left:
        return chooseEntry(-1);
    case Qt::Key_Escape:
        return go([](Point& point) { point.query = noPosition; }, true);
    default:
        PlotView::keyPressEvent(event);
    }
}

QString AttentionView::sharesText(const AttentionShares& shares) const {
    QStringList parts{
        tr("sinks %1").arg(percent(shares.sink)), tr("recent %1").arg(percent(shares.recent)),
        tr("kept %1").arg(percent(shares.kept)), tr("chunk %1").arg(percent(shares.chunk))};
    if (shares.beyond > 0)
        parts << tr("beyond the top 8 %1").arg(percent(shares.beyond));
    return parts.join(QStringLiteral(" · "));
}

QString AttentionView::hoverText(const QPointF& at) {
    const int row = rowAt(at);
    if (row < 0)
        return summary();
    const QueryAttention& query = m_content->queries[std::size_t(row)];
    const std::int32_t entry = entryAt(query, at.x());
    for (const AttendedEntry& read : query.top)
        if (entry != noPosition && read.position == entry)
            return tr("position %1 asks, position %2 is read: %3")
                .arg(wholeNumber(query.queryPosition), wholeNumber(entry),
                     percent(double(read.weight)));
    return tr("position %1 asks: %2")
        .arg(wholeNumber(query.queryPosition), sharesText(sharesOf(query, m_content->regions)));
}

QString AttentionView::summary() const {
    if (!m_content)
        return {};
    if (const QueryAttention* query = selected())
        return tr("%1 at position %2 reads %3")
            .arg(token(query->queryPosition), wholeNumber(query->queryPosition),
                 sharesText(sharesOf(*query, m_content->regions)));
    return tr("step %1: %2")
        .arg(QString::number(m_content->asked.step), sharesText(m_content->shares));
}

QString AttentionView::csv() const {
    if (!m_content)
        return {};
    QString text;
    if (m_content->queries.empty()) {
        text = QStringLiteral("step,position,mass\n");
        for (const auto& [position, mass] : m_content->mass)
            text += QStringLiteral("%1,%2,%3\n").arg(m_content->massStep).arg(position).arg(mass);
        return text;
    }
    text = QStringLiteral("query_position,position,weight\n");
    for (const QueryAttention& query : m_content->queries) {
        for (const AttendedEntry& entry : query.top)
            if (entry.position != noPosition)
                text += QStringLiteral("%1,%2,%3\n")
                            .arg(query.queryPosition)
                            .arg(entry.position)
                            .arg(double(entry.weight));
        text += QStringLiteral("%1,,%2\n").arg(query.queryPosition).arg(double(query.rest));
    }
    return text;
}

} // namespace attendre
