#include "app/first_point.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace attendre {

namespace {

bool isWord(const QByteArray& text) {
    const QString word = QString::fromUtf8(text).trimmed();
    return word.size() > 2 &&
           std::all_of(word.begin(), word.end(), [](QChar c) { return c.isLetter(); });
}

// Of the step's victims the last to go that is a word; else the last to go; noPosition without any.
Result<std::int32_t> tellingVictim(Reader& reader, const Point& point) {
    auto victims = reader.evictions(point.run, point.step, point.layer, point.head);
    if (!victims)
        return victims.error();
    std::sort(victims->begin(), victims->end(), [](const Eviction& a, const Eviction& b) {
        return std::pair(a.rank, a.position) > std::pair(b.rank, b.position);
    });
    for (const Eviction& victim : *victims) {
        const auto token = reader.tokens(point.run, victim.position, 1);
        if (token && !token->empty() && isWord(token->front().text))
            return victim.position;
    }
    return victims->empty() ? noPosition : victims->front().position;
}

} // namespace

std::optional<QString> refusal(const PointWishes& wishes, const RunInfo& run, int steps) {
    const struct {
        const char* option;
        std::optional<int> wish;
        qint64 count;
        QString what;
    } limits[] = {
        {"--step", wishes.step, steps, FirstPoint::tr("recorded steps")},
        {"--layer", wishes.layer, run.shape.layers, FirstPoint::tr("layers")},
        {"--head", wishes.head, run.shape.heads, FirstPoint::tr("K/V heads")},
        {"--entry", wishes.entry, run.tokens, FirstPoint::tr("positions")},
    };
    for (const auto& [option, wish, count, what] : limits)
        if (wish && (*wish < 0 || *wish >= count))
            return FirstPoint::tr("%1 %2 is outside of run %3: its %4 are 0 to %5.")
                .arg(QLatin1String(option))
                .arg(*wish)
                .arg(run.run)
                .arg(what, QLocale(QLocale::English).toString(std::max<qint64>(0, count - 1)));
    return {};
}

FirstPoint::FirstPoint(const ViewContext& context, QObject* parent)
    : QObject(parent), m_context(context) {
    connect(context.source, &TraceSource::opened, this, &FirstPoint::choose);
    connect(context.source, &TraceSource::grown, this, &FirstPoint::grown);
}

// To where one was; false where nobody knows, or the trace no longer has that point.
bool FirstPoint::goBack(const std::vector<RunInfo>& runs) {
    const auto place = m_remembered ? m_remembered(runs) : std::nullopt;
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const RunInfo& one) {
        return place && one.uuid == place->run;
    });
    if (run == runs.end() || place->step < 0 ||
        place->step >= std::max(1, m_context.source->stepCount(run->run)) || place->layer < 0 ||
        place->layer >= std::max(1, run->shape.layers) || place->head < 0 ||
        place->head >= std::max(1, run->shape.heads) || place->entry < noPosition ||
        place->entry >= run->tokens)
        return false;
    m_waitsForVictims = false;
    m_context.point->reset({run->run, place->step, Phase(place->phase), place->layer, place->head,
                            place->entry, place->query});
    return true;
}

void FirstPoint::choose() {
    const auto& runs = m_context.source->runs();
    if (runs.empty())
        return;
    const PointWishes wishes = std::exchange(m_wishes, {});
    if (wishes == PointWishes() && goBack(runs))
        return;
    const RunInfo* wished = wishes.run ? m_context.source->run(*wishes.run) : &runs.back();
    if (!wished)
        emit refused(tr("--run %1 is not in the trace: its runs are 1 to %2.")
                         .arg(*wishes.run)
                         .arg(runs.back().run));
    const RunInfo& run = wished ? *wished : runs.back();
    // A run that is being recorded may come to a step that it does not have yet.
    const int known = m_context.source->stepCount(run.run);
    if (const auto why = refusal(wishes, run, run.finished ? known : std::max(known, 1 << 30)))
        emit refused(*why);
    const int lastStep = std::max(0, m_context.source->stepCount(run.run) - 1);
    const int layers = std::max(1, run.shape.layers), heads = std::max(1, run.shape.heads);
    Point point;
    point.run = run.run;
    point.step = std::clamp(wishes.step.value_or(lastStep), 0, lastStep);
    point.layer = std::clamp(wishes.layer.value_or((layers - 1) / 2), 0, layers - 1);
    point.head = std::clamp(wishes.head.value_or(1), 0, heads - 1);
    point.entry = wishes.entry.value_or(noPosition);
    m_context.point->reset(point);
    m_waitsForVictims = !wishes.entry;
    if (m_waitsForVictims)
        chooseEntry(point);
}

void FirstPoint::chooseEntry(const Point& point) {
    m_context.source->read<std::int32_t>(
        this, "first entry", [point](Reader& reader) { return tellingVictim(reader, point); },
        [this, point](Result<std::int32_t> victim) {
            Point now = m_context.point->newest();
            if (now.entry != noPosition || now.run != point.run) {
                m_waitsForVictims = false; // somebody was faster
                return;
            }
            if (!victim || *victim == noPosition)
                return;
            m_waitsForVictims = false;
            now.entry = *victim;
            m_context.point->reset(now);
        });
}

void FirstPoint::grown(int run, int steps) {
    if (m_waitsForVictims && run == m_context.point->now().run && steps > 0) {
        Point point = m_context.point->now();
        point.step = steps - 1;
        chooseEntry(point);
    }
}

} // namespace attendre
