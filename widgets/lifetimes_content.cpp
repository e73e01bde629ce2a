#include "widgets/lifetimes_content.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

// Up to here a run that grows is read anew at each step: then nothing is missing at summary detail.
constexpr std::size_t mostReadAnew = 131'072;

using HeadPointer = std::shared_ptr<const Lifetimes>;

HeadPointer known(const std::shared_ptr<const LifetimesContent>& before, int run, int layer,
                  int head) {
    if (before)
        for (const HeadPointer& lives : before->lives->heads)
            if (lives->run == run && lives->layer == layer && lives->head == head)
                return lives;
    return {};
}

Result<HeadPointer> headLives(Reader& reader, const RunInfo& run, int layer, int head,
                              const HeadPointer& before, const Cancel& cancel) {
    const auto steps = reader.stepCount(run.run);
    if (!steps)
        return steps.error();
    if (before && before->steps == *steps && (!run.finished || !before->extended))
        return before;
    const bool extend = before && before->size() > mostReadAnew && !run.finished;
    auto lives = extend ? extendedLifetimes(reader, *before, cancel)
                        : readLifetimes(reader, run, layer, head, cancel);
    if (!lives)
        return lives.error();
    return HeadPointer(std::make_shared<const Lifetimes>(lives.take()));
}

MagnitudeScale scaleOf(const std::vector<HeadPointer>& heads, LifeColumn column) {
    MagnitudeScale scale;
    scale.logarithmic =
        column == LifeColumn::Age || column == LifeColumn::Hits || column == LifeColumn::Mass;
    scale.unit = column == LifeColumn::Age || column == LifeColumn::Hits ? 1 : 0;
    if (column != LifeColumn::State)
        for (const HeadPointer& lives : heads)
            for (std::size_t i = 0; i < lives->size(); ++i)
                scale.add(lifeValue(*lives, column, i));
    return scale;
}

std::vector<LifetimesContent::Arrivals> arrivalsOf(const Lifetimes& lives) {
    std::vector<LifetimesContent::Arrivals> arrivals(std::size_t(lives.steps));
    for (std::size_t i = 0; i < lives.size(); ++i) {
        if (!lives.came(i) || (lives.inserted[i] == 0 && !lives.firstArrived))
            continue;
        auto& of = arrivals[std::size_t(lives.inserted[i])];
        const auto position = std::int32_t(i);
        of = of.first == of.end ? LifetimesContent::Arrivals{position, position + 1}
                                : LifetimesContent::Arrivals{of.first, position + 1};
    }
    return arrivals;
}

QString tr(const char* text) {
    return QCoreApplication::translate("Lifetimes", text);
}

} // namespace

bool LifetimesContent::isOf(const Point& point, int layerShown, LifeWhose whoseShown) const {
    return run == point.run && layer == layerShown && whose == whoseShown &&
           (whose != LifeWhose::Head || head(0).head == point.head);
}

Result<std::shared_ptr<const LifetimesContent>>
readLifetimesContent(Reader& reader, const RunInfo& run, const Point& point, LifeWhose whose,
                     const std::shared_ptr<const LifetimesContent>& before, const Cancel& cancel) {
    auto content = std::make_shared<LifetimesContent>();
    content->run = run.run;
    content->whose = whose;
    content->layer = whose == LifeWhose::Outputs ? outputLayer(run) : point.layer;
    const bool all = whose == LifeWhose::AllHeads;
    const int first = all || whose == LifeWhose::Outputs ? 0 : point.head;
    const int count = all ? headCount(run, content->layer) : 1;
    std::vector<HeadPointer> heads;
    bool same = before && before->heads() == std::size_t(count);
    for (int head = first; head < first + count; ++head) {
        const HeadPointer old = known(before, run.run, content->layer, head);
        auto lives = headLives(reader, run, content->layer, head, old, cancel);
        if (!lives)
            return lives.error();
        heads.push_back(lives.take());
        same = same && heads.back() == before->lives->heads[heads.size() - 1];
    }
    for (const HeadPointer& lives : heads) {
        content->steps = std::max(content->steps, lives->steps);
        content->end = std::max(content->end, std::int32_t(lives->size()));
    }
    if (same) {
        content->lives = before->lives;
        content->scales = before->scales;
        content->arrivals = before->arrivals;
        return std::shared_ptr<const LifetimesContent>(std::move(content));
    }
    for (int column = 0; column < lifeColumnCount; ++column)
        content->scales[std::size_t(column)] = scaleOf(heads, LifeColumn(column));
    content->arrivals = arrivalsOf(*heads.front());
    content->lives = std::make_shared<const BinnedLives>(binLives(std::move(heads)));
    return std::shared_ptr<const LifetimesContent>(std::move(content));
}

QString lifeColumnName(LifeColumn column) {
    switch (column) {
    case LifeColumn::Age:
        return tr("age at eviction");
    case LifeColumn::Hits:
        return tr("hits when it left");
    case LifeColumn::Mass:
        return tr("mass when it left");
    case LifeColumn::Rank:
        return tr("rank when it left");
    case LifeColumn::Inserted:
        return tr("inserted step");
    case LifeColumn::State:
        break;
    }
    return tr("residence");
}

QString lifeColumnWords(LifeColumn column) {
    switch (column) {
    case LifeColumn::Age:
        return tr("age at eviction in steps (log)");
    case LifeColumn::Hits:
    case LifeColumn::Mass:
        return tr("%1 (log)").arg(lifeColumnName(column));
    case LifeColumn::Rank:
    case LifeColumn::Inserted:
    case LifeColumn::State:
        break;
    }
    return lifeColumnName(column);
}

QString lifeNumber(LifeColumn column, double value) {
    const bool whole = column != LifeColumn::Mass && std::abs(value - std::round(value)) < 1e-9 &&
                       std::abs(value) < 1e12;
    return whole ? wholeNumber(std::llround(value)) : shortNumber(value);
}

} // namespace attendre
