#include "app/evidence_point.h"

namespace attendre {

EvidencePoint::EvidencePoint(const ViewContext& context, QObject* parent)
    : QObject(parent), m_context(context) {
    connect(context.source, &TraceSource::opened, this, &EvidencePoint::look);
    connect(context.source, &TraceSource::failed, this, &EvidencePoint::forget);
}

void EvidencePoint::look() {
    if (!m_wish)
        return;
    const auto [first, last] = *std::exchange(m_wish, std::nullopt);
    m_context.source->read<EvidenceStep>(
        this, "evidence",
        [first = first, last = last](Reader& reader) {
            return evidenceStep(reader, readingRun, first, last);
        },
        [this, first = first, last = last](Result<EvidenceStep> found) {
            if (!found) {
                emit refused(found.error().sentence);
                return;
            }
            Point point = m_context.point->now();
            point.run = readingRun;
            point.step = found->step;
            point.layer = found->layer;
            point.head = found->head;
            point.entry = found->position;
            m_context.point->reset(point);
            emit said(evidenceSentence(*found, first, last));
        });
}

QString evidenceSentence(const EvidenceStep& found, std::int32_t first, std::int32_t last) {
    const QString span = first == last ? EvidencePoint::tr("position %1").arg(first)
                                       : EvidencePoint::tr("positions %1–%2").arg(first).arg(last);
    const int heads = int(found.heads.size());
    if (found.lost == 0)
        return found.awaited == 0
                   ? EvidencePoint::tr("The answer's evidence (%1) stayed in all %2 heads until "
                                       "the question came.")
                         .arg(span)
                         .arg(heads)
                   : EvidencePoint::tr("The answer's evidence (%1) was evicted nowhere; it was "
                                       "in %2 of %3 heads when the question came.")
                         .arg(span)
                         .arg(heads - found.awaited)
                         .arg(heads);
    if (found.awaited > 0)
        return EvidencePoint::tr("The answer's evidence (%1) left %2 of %3 heads, %4 of them in "
                                 "this step; it had not come to %5 others when the question came.")
            .arg(span)
            .arg(found.lost)
            .arg(heads)
            .arg(found.lostHere)
            .arg(found.awaited);
    return EvidencePoint::tr("The answer's evidence (%1) left %2 of %3 heads; %4 of them in this "
                             "step.")
        .arg(span)
        .arg(found.lost)
        .arg(heads)
        .arg(found.lostHere);
}

} // namespace attendre
