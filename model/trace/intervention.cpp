#include "model/trace/intervention.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace attendre {

namespace {

bool within(const std::vector<std::pair<int, int>>& spans, std::int32_t position) {
    return std::any_of(spans.begin(), spans.end(), [position](const auto& span) {
        return span.first <= position && position <= span.second;
    });
}

QString span(int first, int last) {
    if (last == Intervention::toTheEnd)
        return QString("%1-").arg(first);
    return first == last ? QString::number(first) : QString("%1-%2").arg(first).arg(last);
}

bool overlap(int first, int last, int otherFirst, int otherLast) {
    return first <= otherLast && otherFirst <= last;
}

bool meet(int a, int b) {
    return a < 0 || b < 0 || a == b;
}

bool contradict(const Intervention& a, const Intervention& b) {
    return a.keep != b.keep && meet(a.layer, b.layer) && meet(a.head, b.head) &&
           overlap(a.firstPosition, a.lastPosition, b.firstPosition, b.lastPosition) &&
           overlap(a.firstStep, a.lastStep, b.firstStep, b.lastStep);
}

Result<Intervention> interventionFrom(const QString& part) {
    static const QRegularExpression form(
        R"(^(keep|drop) (\d{1,9})(?: ?- ?(\d{1,9}))? at (\d{1,9})(?: ?(-) ?(\d{1,9})?)?)"
        R"((?: in layer (\d{1,4})(?: head (\d{1,4}))?)?$)");
    const auto match = form.match(part.simplified());
    Intervention i;
    i.keep = match.captured(1) == QLatin1String("keep");
    i.firstPosition = match.captured(2).toInt();
    i.lastPosition = match.captured(3).isEmpty() ? i.firstPosition : match.captured(3).toInt();
    i.firstStep = match.captured(4).toInt();
    i.lastStep = !match.captured(6).isEmpty()   ? match.captured(6).toInt()
                 : !match.captured(5).isEmpty() ? Intervention::toTheEnd
                                                : i.firstStep;
    if (!match.captured(7).isEmpty())
        i.layer = match.captured(7).toInt();
    if (!match.captured(8).isEmpty())
        i.head = match.captured(8).toInt();
    if (!match.hasMatch() || i.lastPosition < i.firstPosition || i.lastStep < i.firstStep)
        return Error{
            QString("The option --change has \"%1\"; write \"keep POSITION at STEP\" or \"drop "
                    "FIRST-LAST at FIRST-LAST in layer L head H\", several separated by commas.")
                .arg(part.trimmed().left(80)),
            2};
    return i;
}

} // namespace

bool Intervention::holdsIn(int step, int inLayer, int inHead) const {
    return firstStep <= step && step <= lastStep && meet(layer, inLayer) && meet(head, inHead);
}

Result<std::vector<Intervention>> interventionsFrom(const QString& text) {
    std::vector<Intervention> interventions;
    if (text.trimmed().isEmpty())
        return interventions;
    for (const QString& part : text.split(',')) {
        auto intervention = interventionFrom(part);
        if (!intervention)
            return intervention.error();
        interventions.push_back(intervention.take());
    }
    return interventions;
}

QString interventionText(const Intervention& i) {
    QString text = QString("%1 %2 at %3")
                       .arg(i.keep ? QString("keep") : QString("drop"),
                            span(i.firstPosition, i.lastPosition), span(i.firstStep, i.lastStep));
    if (i.layer >= 0)
        text += QString(" in layer %1").arg(i.layer);
    if (i.layer >= 0 && i.head >= 0)
        text += QString(" head %1").arg(i.head);
    return text;
}

QString interventionText(const std::vector<Intervention>& interventions) {
    QStringList parts;
    for (const Intervention& intervention : interventions)
        parts << interventionText(intervention);
    return parts.join(QStringLiteral(", "));
}

QString contradiction(const std::vector<Intervention>& interventions) {
    for (std::size_t a = 0; a < interventions.size(); ++a)
        for (std::size_t b = a + 1; b < interventions.size(); ++b)
            if (contradict(interventions[a], interventions[b]))
                return interventionText({interventions[a], interventions[b]});
    return {};
}

bool ChangedEntries::keeps(std::int32_t position) const {
    return within(kept, position);
}

bool ChangedEntries::drops(std::int32_t position) const {
    return within(dropped, position);
}

ChangedEntries changedEntries(const std::vector<Intervention>& interventions, int step, int layer,
                              int head) {
    ChangedEntries changed;
    for (const Intervention& i : interventions)
        if (i.holdsIn(step, layer, head))
            (i.keep ? changed.kept : changed.dropped).emplace_back(i.firstPosition, i.lastPosition);
    return changed;
}

} // namespace attendre
