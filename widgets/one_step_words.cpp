#include "widgets/one_step_words.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("OneStep", text);
}

QString number(qint64 value) {
    return wholeNumber(value);
}

QString named(const OneStep& step, std::int32_t position) {
    return QStringLiteral("%1 (%2)").arg(quotedToken(step.text(position)), number(position));
}

// "64 keys arrive", "one key arrives"
QString arrive(const OneStep& step) {
    return step.layer.arrived == 1 ? tr("one key arrives")
                                   : tr("%1 keys arrive").arg(number(step.layer.arrived));
}

QString nothingArrives(const OneStep& step) {
    return step.kind == StepKind::Flush
               ? tr("The input has ended and who waits is flushed: no key arrives in this layer")
               : tr("No key has come to this layer in this step");
}

// "4 sinks and the 64 latest arrivals"
QString protectedWords(const OneStep& step) {
    const auto count = [&](ProtectedBy by) {
        return std::count_if(step.ranking.shielded.begin(), step.ranking.shielded.end(),
                             [by](const ProtectedEntry& entry) { return entry.by == by; });
    };
    QStringList parts;
    const auto add = [&](qsizetype n, const char* one, const char* many) {
        if (n > 0)
            parts << (n == 1 ? tr(one) : tr(many).arg(number(n)));
    };
    add(count(ProtectedBy::Sink), QT_TRANSLATE_NOOP("OneStep", "one sink"),
        QT_TRANSLATE_NOOP("OneStep", "%1 sinks"));
    add(count(ProtectedBy::Recent), QT_TRANSLATE_NOOP("OneStep", "the latest arrival"),
        QT_TRANSLATE_NOOP("OneStep", "the %1 latest arrivals"));
    add(count(ProtectedBy::Pin), QT_TRANSLATE_NOOP("OneStep", "one pinned entry"),
        QT_TRANSLATE_NOOP("OneStep", "%1 pinned entries"));
    add(count(ProtectedBy::Change), QT_TRANSLATE_NOOP("OneStep", "one entry kept by hand"),
        QT_TRANSLATE_NOOP("OneStep", "%1 entries kept by hand"));
    return parts.join(tr(" and "));
}

QString rankSentence(const OneStep& step, const RunInfo& run) {
    const auto& candidates = step.ranking.candidates;
    if (step.occupancyBefore == 0)
        return tr("The memory is empty: there is nobody to rank.");
    if (candidates.empty())
        return tr("All %1 entries are protected: nobody is ranked.")
            .arg(number(step.occupancyBefore));
    QString text =
        tr("%1 ranks the %2 unprotected entries by %3")
            .arg(policyName(run.policy), number(qint64(candidates.size())), run.policy.rankLabel);
    if (step.agrees) {
        const auto [low, high] = std::minmax_element(
            candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
        text += tr(", from %1 to %2").arg(shortNumber(low->rank), shortNumber(high->rank));
    }
    const QString shielded = protectedWords(step);
    return text + (shielded.isEmpty() ? QStringLiteral(".")
                                      : tr("; protected and not ranked: %1.").arg(shielded));
}

QString evictSentence(const OneStep& step, const RunInfo& run) {
    const EvictionRanking& ranking = step.ranking;
    if (step.layer.arrived == 0)
        return nothingArrives(step) + tr(", so nobody has to leave.");
    const QString start = arrive(step);
    const QString begin = start.left(1).toUpper() + start.mid(1);
    const int room = step.freeBefore();
    const QString slots_ =
        room == 1 ? tr("one slot is free") : tr("%1 slots are free").arg(number(room));
    if (ranking.victims == 0)
        return tr("%1 and %2: nobody has to leave.").arg(begin, slots_);
    QString text =
        tr("%1, %2, so %3 of %4 unprotected entries leave")
            .arg(begin, slots_, number(ranking.victims), number(qint64(ranking.candidates.size())));
    if (!step.agrees)
        return text + tr(": those with the lowest %1.").arg(run.policy.rankLabel);
    text += tr(": those with the lowest %1, up to %2")
                .arg(run.policy.rankLabel, shortNumber(ranking.lastVictim()->rank));
    const Candidate* stays = ranking.firstSurvivor();
    if (!stays)
        return text + QLatin1Char('.');
    return text + (stays->rank == ranking.lastVictim()->rank
                       ? tr("; the first to stay has the same, and is the younger.")
                       : tr("; the first to stay has %1.").arg(shortNumber(stays->rank)));
}

QString insertSentence(const OneStep& step) {
    if (step.layer.arrived == 0)
        return nothingArrives(step) + tr(": every slot keeps its entry.");
    const int into = int(std::count_if(step.changes.begin(), step.changes.end(),
                                       [](const auto& c) { return c.out == noPosition; }));
    const int freed = int(step.changes.size()) - into;
    const std::int32_t first = step.layer.firstPosition;
    const QString who = tr("The arrivals, positions %1 to %2, take")
                            .arg(number(first), number(first + step.layer.arrived - 1));
    if (freed == 0)
        return tr("%1 %2 free slots, in ascending order.").arg(who, number(into));
    const QString where =
        into == 0 ? tr("the %1 slots that were left, in ascending order").arg(number(freed))
                  : tr("the %1 free slots first, then the %2 that were left")
                        .arg(number(into), number(freed));
    const auto change = std::find_if(step.changes.begin(), step.changes.end(),
                                     [](const auto& c) { return c.out != noPosition; });
    return tr("%1 %2: slot %3 passes from %4 to %5. Nothing else moves.")
        .arg(who, where, number(change->slot), named(step, change->out), named(step, change->in));
}

QString waitSentence(const OneStep& step) {
    const LayerStepInfo& layer = step.layer;
    if (step.queryCapacity == 0)
        return layer.arrived == 0
                   ? nothingArrives(step) + QLatin1Char('.')
                   : tr("There is no Q memory here (N = 0): the %1 queries do not wait, each is "
                        "answered at once.")
                         .arg(number(layer.arrived));
    const QString n = number(step.queryCapacity);
    QString text =
        layer.arrived == 0
            ? nothingArrives(step) + QStringLiteral("; ")
            : tr("%1 queries join the %2 that wait in the Q memory, which has %3 places; ")
                  .arg(number(layer.arrived), number(step.waitingBefore()), n);
    if (layer.answered == 0)
        return text + (layer.waiting == 0 ? tr("nobody waits, and nobody comes out.")
                                          : tr("all %1 go on waiting.").arg(number(layer.waiting)));
    const std::int32_t first = step.firstWaiting();
    return text + tr("the oldest %1, positions %2 to %3, come out, and %4 go on waiting.")
                      .arg(number(layer.answered), number(first),
                           number(first + layer.answered - 1), number(layer.waiting));
}

QString retrieveSentence(const OneStep& step, int query) {
    const LayerStepInfo& layer = step.layer;
    if (layer.answered == 0)
        return tr("No query came out of the Q memory: nobody retrieves in this step.");
    QString text = layer.answered == 1 ? tr("One query attends")
                                       : tr("%1 queries attend").arg(number(layer.answered));
    text += tr(" over the %1 entries that the memory holds now. ").arg(number(layer.occupancy));
    if (query < 0)
        return text + tr("Which entries each of them read is not in this trace, which was recorded "
                         "at summary detail: record it with --detail full.");
    const QueryAttention& shown = step.attention[std::size_t(query)];
    if (shown.top.empty())
        return text;
    const AttendedEntry& most = shown.top.front();
    return text + tr("%1 reads most from %2: %3. Outside its top %4 lies %5.")
                      .arg(named(step, shown.queryPosition), named(step, most.position),
                           percent(double(most.weight)), number(qint64(shown.top.size())),
                           percent(double(shown.rest)));
}

QString recordSentence(const OneStep& step) {
    if (step.layer.answered == 0)
        return tr("No query was answered: no entry gains anything, and every last mass is 0.");
    if (!step.counted)
        return tr("Usage is counted now. What each entry gained is not in this trace at this step: "
                  "at summary detail the columns are kept at keyframes only.");
    const OneStep::Gain& most = step.gains.front();
    return (step.layer.answered == 1
                ? tr("The %1 answered query spreads a mass of %2 over %3 entries; %4 of these were "
                     "hit. %5 drew most: its mass goes from %6 to %7.")
                : tr("The %1 answered queries spread a mass of %2 over %3 entries; %4 of these "
                     "were "
                     "hit. %5 drew most: its mass goes from %6 to %7."))
        .arg(number(step.layer.answered), shortNumber(step.mass), number(qint64(step.gains.size())),
             number(step.hit), named(step, most.position), shortNumber(most.massBefore),
             shortNumber(most.massAfter));
}

} // namespace

QString phaseSentence(const OneStep& step, const RunInfo& run, Phase phase, int query) {
    switch (phase) {
    case Phase::Rank:
        return rankSentence(step, run);
    case Phase::Evict:
        return evictSentence(step, run);
    case Phase::Insert:
        return insertSentence(step);
    case Phase::Wait:
        return waitSentence(step);
    case Phase::Retrieve:
        return retrieveSentence(step, query);
    case Phase::Record:
        break;
    }
    return recordSentence(step);
}

QString phaseLegend(const OneStep& step, const RunInfo& run, Phase phase) {
    const QString slots_ = tr("K/V memory, %1 slots").arg(number(step.capacity));
    switch (phase) {
    case Phase::Rank:
        return tr("%1 · colour: %2 · corner: has to leave · hatched: protected")
            .arg(slots_, run.policy.rankLabel);
    case Phase::Evict:
        return tr("%1 · colour: %2 · crossed out: leaves").arg(slots_, run.policy.rankLabel);
    case Phase::Insert:
        return tr("%1 · blue: arrived · on the diagonal: who left, who came").arg(slots_);
    case Phase::Wait:
        return tr("%1 · blue: arrived in this step").arg(slots_);
    case Phase::Retrieve:
        return tr("%1 · colour: what the query reads, its top 8").arg(slots_);
    case Phase::Record:
        break;
    }
    return tr("%1 · colour: this step's mass (log)").arg(slots_);
}

} // namespace attendre
