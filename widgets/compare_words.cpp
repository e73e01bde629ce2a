#include "widgets/compare_words.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("CompareWords", text);
}

QString reasonWords(const RunInfo& run, const EntryStanding& standing) {
    if (standing.step < 0)
        return tr("its first step");
    switch (standing.protection) {
    case ProtectedBy::Sink:
        return tr("protected as one of the first %1 positions").arg(run.configuration.sinks);
    case ProtectedBy::Recent:
        return tr("protected as one of the latest %1 arrivals").arg(run.configuration.recent);
    case ProtectedBy::Pin:
        return tr("pinned");
    case ProtectedBy::Change:
        return tr("kept by hand");
    case ProtectedBy::None:
        break;
    }
    if (!standing.ranked)
        return tr("it had only come");
    if (!standing.rank)
        return tr("the lot fell on others");
    const QString rank =
        QStringLiteral("%1 %2").arg(run.policy.rankLabel, shortNumber(*standing.rank));
    if (standing.cut)
        return tr("%1, the cut at %2").arg(rank, shortNumber(*standing.cut));
    return standing.victims == 0 ? tr("%1, nobody had to go").arg(rank) : rank;
}

} // namespace

QString standingWords(const RunInfo& run, const EntryStanding& standing) {
    return QStringLiteral("%1: %2").arg(policyName(run.policy), reasonWords(run, standing));
}

QString placeWords(const HeadDivergence& at) {
    const QString where = tr("layer %1, head %2").arg(at.layer).arg(at.head);
    return at.stepA == at.stepB
               ? tr("step %1, %2").arg(at.stepA).arg(where)
               : tr("step %1 of A and %2 of B, %3")
                     .arg(QString::number(at.stepA), QString::number(at.stepB), where);
}

QString leftWords(const PartedEntry& entry, bool leftA, const QByteArray& text) {
    const QString token = QStringLiteral("%1 (%2)").arg(
        quotedToken(text), tr("position %1").arg(wholeNumber(entry.position)));
    return leftA ? tr("%1 left A").arg(token) : tr("%1 left B").arg(token);
}

QString partedWords(const RunInfo& a, const RunInfo& b, const PartedEntry& entry, bool leftA) {
    const QString ofA = standingWords(a, entry.a), ofB = standingWords(b, entry.b);
    return leftA ? tr("(%1) and stayed in B (%2)").arg(ofA, ofB)
                 : tr("(%1) and stayed in A (%2)").arg(ofB, ofA);
}

QString partedWords(const RunInfo& a, const RunInfo& b, bool leftA) {
    const QString ofA = policyName(a.policy), ofB = policyName(b.policy);
    return leftA ? tr("(%1) and stayed in B (%2)").arg(ofA, ofB)
                 : tr("(%1) and stayed in A (%2)").arg(ofB, ofA);
}

QString causeWords(const LossCause& cause, const QByteArray& text) {
    const QString run = cause.inA ? QStringLiteral("A") : QStringLiteral("B");
    const QString other = cause.inA ? QStringLiteral("B") : QStringLiteral("A");
    const QString where =
        tr("step %1, layer %2, head %3").arg(cause.step).arg(cause.layer).arg(cause.head);
    switch (cause.kind) {
    case LossCause::Kind::LostEntry:
        return cause.heads == 1
                   ? tr("%1 lost %2 at %3 · %4's weight on it: %5")
                         .arg(run, quotedToken(text), where, other, shortNumber(cause.weight))
                   : tr("%1 lost %2 at %3 · %4's weight on it: %5, over %6 heads")
                         .arg(run, quotedToken(text), where, other, shortNumber(cause.weight),
                              QString::number(cause.heads));
    case LossCause::Kind::NothingLost:
        return tr("nothing lost is in the other's top 8 · they part at %1").arg(where);
    case LossCause::Kind::NotRecorded:
        return tr("no attention at summary detail · they part at %1").arg(where);
    case LossCause::Kind::NotParted:
        break;
    }
    return tr("the memories were still the same");
}

} // namespace attendre
