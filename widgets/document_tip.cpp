#include "widgets/document_tip.h"

#include "model/analysis/layer_course.h"
#include "widgets/read_head.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
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
    if (memory->waits(token))
        sentence += tr("; its query waits");
    if (const float nll = text.nll(token); !std::isnan(nll))
        sentence += tr(", nll %1").arg(nll, 0, 'f', 2);
    return sentence;
}

namespace {

Result<void> readWaiting(Reader& reader, const RunInfo& run, const Point& point,
                         TokenFacts& facts) {
    const auto layers = reader.layerSteps(point.run, point.step);
    if (!layers)
        return layers.error();
    if (std::size_t(point.layer) >= layers->size())
        return {};
    const std::int32_t position = facts.token.position;
    const ReadHead head = readHead(run, (*layers)[std::size_t(point.layer)], point.phase);
    facts.waits = head.waits(position);
    if (position >= head.answered)
        return {};
    const auto step = answeredStep(reader, run, point.layer, position, point.step + 1);
    if (!step)
        return step.error();
    facts.answeredStep = *step;
    return {};
}

// The two channels of a token: what became of its query and of its key.
QString channels(const TokenFacts& facts, int step) {
    if (facts.lives.empty() || facts.lives.front().insertedStep < 0 ||
        facts.lives.front().insertedStep > step)
        return tr("to come");
    const auto stays =
        std::count_if(facts.lives.begin(), facts.lives.end(), [step](const Life& life) {
            return life.evictedStep < 0 || life.evictedStep > step;
        });
    const QString key = tr("key resident in %1 of %2 heads").arg(stays).arg(facts.lives.size());
    const int since = facts.lives.front().insertedStep;
    if (facts.waits)
        return tr("query waiting since step %1; %2").arg(QString::number(since), key);
    if (facts.answeredStep >= 0)
        return tr("query answered in step %1, came in step %2; %3")
            .arg(QString::number(facts.answeredStep), QString::number(since), key);
    return key;
}

} // namespace

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
    if (queryMemoryOf(*run, point.layer) > 0)
        if (const auto read = readWaiting(reader, *run, point, facts); !read)
            return read.error();
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
    html += tr("<br>layer %1 at step %2: %3")
                .arg(QString::number(point.layer), QString::number(point.step),
                     channels(facts, point.step));
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
