#include "widgets/lifetimes_view.h"
#include "widgets/plot_text.h"

#include <algorithm>
#include <cmath>

namespace attendre {

// What the lifetimes say in words, and their numbers as a table.

namespace {

// Up to here every entry has a line of its own in the table.
constexpr std::int32_t mostLines = 8192;

QString range(qint64 first, qint64 last) {
    return first == last ? wholeNumber(first)
                         : QStringLiteral("%1–%2").arg(wholeNumber(first), wholeNumber(last));
}

// The mean and the greatest of what has a value.
struct Spread {
    double sum = 0, greatest = 0;
    qint64 count = 0;

    void add(double value) {
        if (!std::isfinite(value))
            return;
        greatest = count == 0 ? value : std::max(greatest, value);
        sum += value;
        ++count;
    }
    double mean() const { return count > 0 ? sum / double(count) : 0; }
};

} // namespace

LifetimesView::Hit LifetimesView::hitAt(const QPointF& at) const {
    const QRectF plot = plotRect();
    if (!m_content || !plot.adjusted(-1, -1, 1, 1).contains(at))
        return {};
    const auto under = [](const Scale& scale, double pixel, int end) {
        const int first = std::clamp(int(std::floor(scale.back(pixel - 0.5))), 0, end - 1);
        const int last = std::clamp(int(std::floor(scale.back(pixel + 0.5))), first, end - 1);
        // Where a pixel is less than one of them, it belongs to one.
        const double length = std::abs(scale.back(pixel + 1) - scale.back(pixel));
        const int only = std::clamp(int(std::floor(scale.back(pixel))), 0, end - 1);
        return length <= 1 ? std::pair(only, only + 1) : std::pair(first, last + 1);
    };
    const auto [first, end] = under(positionScale(plot), at.x(), m_content->end);
    const auto [firstStep, endStep] = under(stepScale(plot), at.y(), m_content->steps);
    return {first, end, firstStep, endStep};
}

QString LifetimesView::token(std::int32_t position) const {
    const auto found = m_texts.find(position);
    return found == m_texts.end()
               ? tr("position %1").arg(wholeNumber(position))
               : tr("%1 · position %2").arg(quotedToken(found->second), wholeNumber(position));
}

QString LifetimesView::stay(const Lifetimes& lives, std::size_t position) const {
    if (position >= lives.size() || !lives.came(position))
        return tr("never came to this memory");
    const QString slot = tr("slot %1").arg(lives.slot[position]);
    const QString came = lives.inserted[position] == 0 && !lives.firstArrived
                             ? tr("there when this run began")
                             : tr("came at step %1").arg(lives.inserted[position]);
    if (lives.stays(position))
        return tr("%1, still there at step %2, %3")
            .arg(came, QString::number(lives.steps - 1), slot);
    const QString left =
        tr("%1, left at step %2").arg(came, QString::number(lives.evicted[position]));
    if (!lives.usage[position])
        return QStringLiteral("%1, %2").arg(left, slot);
    const std::uint32_t hits = lives.hits[position];
    return QStringLiteral("%1 %2, %3")
        .arg(left, hits == 1 ? tr("after 1 hit") : tr("after %1 hits").arg(hits), slot);
}

QString LifetimesView::entrySentence(std::int32_t position) const {
    if (m_content->heads() == 1)
        return QStringLiteral("%1: %2").arg(token(position),
                                            stay(m_content->head(0), std::size_t(position)));
    QStringList parts;
    for (std::size_t h = 0; h < m_content->heads(); ++h)
        parts << tr("head %1 %2").arg(h).arg(stay(m_content->head(h), std::size_t(position)));
    return QStringLiteral("%1: %2").arg(token(position), parts.join(QStringLiteral(" · ")));
}

QString LifetimesView::cellSentence(const Hit& hit) const {
    Spread values;
    qint64 there = 0, chosen = 0;
    std::int32_t only = noPosition;
    for (std::size_t h = 0; h < m_content->heads(); ++h) {
        const Lifetimes& lives = m_content->head(h);
        const auto end = std::min(std::size_t(hit.end), lives.size());
        for (auto i = std::size_t(hit.first); i < end; ++i) {
            if (!lives.came(i) || lives.inserted[i] >= hit.endStep ||
                lives.until(i) <= hit.firstStep)
                continue;
            ++there;
            only = std::int32_t(i);
            if (!m_look.brush.holds(*m_content->lives, h, i))
                continue;
            ++chosen;
            values.add(lifeValue(lives, m_look.column, i));
        }
    }
    if (there == 1)
        return entrySentence(only);
    const qint64 all = qint64(hit.end - hit.first) * qint64(m_content->heads());
    QStringList parts{tr("positions %1, %2 %3: %4 of %5 entries are there")
                          .arg(range(hit.first, hit.end - 1),
                               hit.endStep - hit.firstStep == 1 ? tr("step") : tr("steps"),
                               range(hit.firstStep, hit.endStep - 1), wholeNumber(there),
                               wholeNumber(all))};
    if (chosen != there)
        parts << tr("%1 of them chosen").arg(wholeNumber(chosen));
    if (values.count > 0)
        parts << tr("%1 %2 on average, %3 at most")
                     .arg(lifeColumnName(m_look.column), shortNumber(values.mean()),
                          lifeNumber(m_look.column, values.greatest));
    return parts.join(QStringLiteral(" · "));
}

QString LifetimesView::selectionSentence() const {
    QStringList parts;
    if (const auto& positions = m_look.brush.positions)
        parts << tr("positions %1").arg(range(positions->first, positions->second));
    for (std::size_t c = 0; c < binnedColumns.size(); ++c)
        if (m_look.brush.bins[c] && m_content->lives->columns[c].bins.count() > 0)
            parts << lifeColumnName(binnedColumns[c]) + QLatin1Char(' ') +
                         m_histograms->histogram(binnedColumns[c])->words(*m_look.brush.bins[c]);
    return tr("%1 of %2 entries in view: %3")
        .arg(wholeNumber(m_counts.chosen), wholeNumber(m_counts.entries),
             parts.join(QStringLiteral(", ")));
}

QString LifetimesView::hoverText(const QPointF& at) {
    if (m_drag == Drag::Select && m_look.brush.positions)
        return tr("positions %1 selected: F shows only these, Esc lets go")
            .arg(range(m_look.brush.positions->first, m_look.brush.positions->second));
    const Hit hit = hitAt(at);
    if (!hit.valid())
        return summary();
    return hit.end - hit.first == 1 ? entrySentence(hit.first) : cellSentence(hit);
}

QString LifetimesView::summary() const {
    if (!m_content)
        return {};
    const LifeWindow sight = m_viewport.window();
    QStringList parts{tr("positions %1, steps %2")
                          .arg(range(sight.firstPosition, sight.endPosition - 1),
                               range(sight.firstStep, sight.endStep - 1))};
    if (!m_look.brush.empty())
        parts << selectionSentence();
    else
        parts << (m_counts.entries == 1 ? tr("1 entry")
                                        : tr("%1 entries").arg(wholeNumber(m_counts.entries)));
    if (m_counts.stay > 0)
        parts << tr("%1 still there at the end").arg(wholeNumber(m_counts.stay));
    if (now().entry != noPosition && now().entry < m_content->end)
        parts << entrySentence(now().entry);
    return parts.join(QStringLiteral(" · "));
}

// The chosen entries in sight: a line each, or the means of several where there are many.
QString LifetimesView::csv() const {
    if (!m_content)
        return {};
    QString text = QStringLiteral("head,first_position,last_position,entries,still_there,"
                                  "inserted_step,evicted_step,age,hits,mass,rank\n");
    const LifeWindow sight = m_viewport.window();
    const std::int32_t lines = std::min(mostLines, sight.positions());
    const auto number = [](const Spread& spread) {
        return spread.count > 0 ? QString::number(spread.mean(), 'g', 9) : QString();
    };
    for (std::size_t h = 0; h < m_content->heads(); ++h)
        for (std::int32_t line = 0; line < lines; ++line) {
            const auto begin = [&](std::int32_t k) {
                return sight.firstPosition + std::int32_t(partBegin(sight.positions(), lines, k));
            };
            const Lifetimes& lives = m_content->head(h);
            qint64 entries = 0, stay = 0;
            Spread inserted, evicted, age, hits, mass, rank;
            const auto end = std::min(std::size_t(begin(line + 1)), lives.size());
            for (auto i = std::size_t(begin(line)); i < end; ++i) {
                if (!lives.came(i) || lives.inserted[i] >= sight.endStep ||
                    lives.until(i) <= sight.firstStep ||
                    !m_look.brush.holds(*m_content->lives, h, i))
                    continue;
                ++entries;
                stay += lives.stays(i) ? 1 : 0;
                inserted.add(lives.inserted[i]);
                if (!lives.stays(i))
                    evicted.add(lives.evicted[i]);
                age.add(lifeValue(lives, LifeColumn::Age, i));
                hits.add(lifeValue(lives, LifeColumn::Hits, i));
                mass.add(lifeValue(lives, LifeColumn::Mass, i));
                rank.add(lifeValue(lives, LifeColumn::Rank, i));
            }
            if (entries > 0)
                text += QStringList{QString::number(lives.head),
                                    QString::number(begin(line)),
                                    QString::number(begin(line + 1) - 1),
                                    QString::number(entries),
                                    QString::number(stay),
                                    number(inserted),
                                    number(evicted),
                                    number(age),
                                    number(hits),
                                    number(mass),
                                    number(rank)}
                            .join(QLatin1Char(',')) +
                        QLatin1Char('\n');
        }
    return text;
}

} // namespace attendre
