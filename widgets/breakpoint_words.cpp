#include "widgets/breakpoint_words.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Breakpoints", text);
}

QString placeWords(int layer, int head) {
    if (layer >= 0 && head >= 0)
        return tr("layer %1, head %2").arg(layer).arg(head);
    if (layer >= 0)
        return tr("layer %1").arg(layer);
    return head >= 0 ? tr("head %1 of any layer").arg(head) : QString();
}

} // namespace

QString tokenWords(std::int32_t position, const TokenTexts& texts) {
    const auto text = texts.find(position);
    return text == texts.end()
               ? tr("position %1").arg(wholeNumber(position))
               : quotedToken(text->second) + QStringLiteral(" · ") + wholeNumber(position);
}

QString breakpointWords(const Breakpoint& breakpoint, const TokenTexts& texts) {
    const QString place = placeWords(breakpoint.layer, breakpoint.head);
    QString condition = breakpoint.condition.simplified();
    if (breakpoint.first == noPosition)
        return place.isEmpty() ? condition : tr("%1 · in %2").arg(condition, place);
    const bool one = breakpoint.first == breakpoint.last;
    const QString who = one ? tokenWords(breakpoint.first, texts)
                            : tr("one of the positions %1–%2")
                                  .arg(wholeNumber(breakpoint.first), wholeNumber(breakpoint.last));
    const QString event =
        place.isEmpty() ? tr("%1 leaves any head").arg(who) : tr("%1 leaves %2").arg(who, place);
    return condition.isEmpty() ? event : tr("%1 · and %2").arg(event, condition);
}

QString hitWords(const BreakpointHit& hit, const Breakpoint* breakpoint, const TokenTexts& texts) {
    const QString place = placeWords(hit.layer, hit.head);
    if (hit.position != noPosition)
        return tr("step %1: %2 leaves %3")
            .arg(wholeNumber(hit.step), tokenWords(hit.position, texts), place);
    const QString what =
        breakpoint ? breakpoint->condition.simplified() : tr("the condition holds");
    return place.isEmpty() ? tr("step %1: %2").arg(wholeNumber(hit.step), what)
                           : tr("step %1: %2 in %3").arg(wholeNumber(hit.step), what, place);
}

QString valueWords(const BreakpointHit& hit, const std::vector<ConditionValue>& reads) {
    QStringList words;
    for (std::size_t i = 0; i < reads.size() && i < hit.values.size(); ++i) {
        const ConditionValue read = reads[i];
        if (read == ConditionValue::Step || read == ConditionValue::Layer ||
            read == ConditionValue::Head || read == ConditionValue::Position)
            continue; // they have columns of their own
        words << conditionNames()[std::size_t(read)].name + u' ' + shortNumber(hit.values[i]);
    }
    return words.join(QStringLiteral(", "));
}

std::optional<std::pair<std::int32_t, std::int32_t>> spanOf(const QString& text) {
    static const QRegularExpression form(
        QStringLiteral("^\\s*(\\d{1,9})\\s*(?:[-–]\\s*(\\d{1,9})\\s*)?$"));
    const auto match = form.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    const int first = match.captured(1).toInt();
    const int last = match.captured(2).isEmpty() ? first : match.captured(2).toInt();
    if (last < first)
        return std::nullopt;
    return std::pair(first, last);
}

} // namespace attendre
