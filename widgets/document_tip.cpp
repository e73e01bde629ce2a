#include "widgets/document_tip.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Document", text);
}

QString lifeText(const Life& life, int step) {
    if (life.insertedStep < 0 || life.insertedStep > step)
        return tr("to come");
    const bool gone = life.evictedStep >= 0 && life.evictedStep <= step;
    QString text = gone ? tr("evicted at step %1 from slot %2").arg(life.evictedStep).arg(life.slot)
                        : tr("resident in slot %1").arg(life.slot);
    if (gone && life.hasUsage)
        text += tr(", %1 hits, mass %2, last attended at tick %3")
                    .arg(life.usage.hits)
                    .arg(life.usage.mass, 0, 'g', 3)
                    .arg(life.usage.lastTick);
    return text;
}

} // namespace

QString tokenSentence(const DocumentText& text, const DocumentMemory* memory, std::int32_t token) {
    if (token < 0 || token >= text.count())
        return {};
    QString sentence =
        tr("%1 at position %2").arg(quoted(text.tokenBytes(token)), QLocale().toString(token));
    if (!memory)
        return sentence;
    switch (memory->stateOf(token, false)) {
    case TokenState::ToCome:
        sentence += tr(", to come");
        break;
    case TokenState::InChunk:
        sentence += tr(", arrives in this step");
        break;
    case TokenState::Resident:
        sentence += (memory->point.phase == Phase::Evict && memory->isVictim(token)
                         ? tr(", evicted in this step from slot %1")
                         : tr(", resident in slot %1"))
                        .arg(memory->resident(token)->slot);
        break;
    case TokenState::Evicted:
        sentence +=
            tr(", evicted from layer %1, head %2").arg(memory->point.layer).arg(memory->point.head);
        break;
    }
    if (const float nll = text.nll(token); !std::isnan(nll))
        sentence += tr(", nll %1").arg(nll, 0, 'f', 2);
    return sentence;
}

Result<TokenFacts> readTokenFacts(Reader& reader, const Point& point, std::int32_t position) {
    TokenFacts facts;
    auto tokens = reader.tokens(point.run, position, 1);
    if (!tokens)
        return tokens.error();
    if (tokens->empty())
        return Error{tr("There is no token at this position.")};
    facts.token = tokens->front();
    auto run = reader.run(point.run);
    if (!run)
        return run.error();
    for (int head = 0; head < run->shape.heads; ++head) {
        auto life = reader.life(point.run, point.layer, head, position);
        if (!life)
            return life.error();
        facts.lives.push_back(*life);
    }
    return facts;
}

QString factsText(const TokenFacts& facts, const Point& point) {
    const TokenInfo& token = facts.token;
    QString html = QStringLiteral("<b>%1</b>&nbsp; ").arg(quoted(token.text).toHtmlEscaped());
    html += tr("position %1, id %2, bytes %3–%4")
                .arg(token.position)
                .arg(token.id)
                .arg(token.byteBegin)
                .arg(token.byteEnd);
    if (!std::isnan(token.nll))
        html += tr(", nll %1").arg(token.nll, 0, 'f', 3);
    html += tr("<br>layer %1 at step %2:").arg(point.layer).arg(point.step);
    for (std::size_t head = 0; head < facts.lives.size(); ++head) {
        const QString line = tr("head %1: %2")
                                 .arg(head)
                                 .arg(lifeText(facts.lives[head], point.step).toHtmlEscaped());
        html += QStringLiteral("<br>") +
                (int(head) == point.head ? QStringLiteral("<b>%1</b>").arg(line) : line);
    }
    return QStringLiteral("<p style='white-space:nowrap'>%1</p>").arg(html);
}

} // namespace attendre
