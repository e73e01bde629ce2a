// Runs that ask: forks of a recorded run's state.
#include "model/engine/recording.h"

#include <QUuid>

#include <algorithm>

namespace attendre {

// The run as it stood after so many steps, a copy of its own.
Result<std::unique_ptr<Pipeline>> Recording::stateAfter(int steps, const Stage& stage,
                                                        const Cancel& cancel) const {
    // What only ends the input is not read before a question.
    const auto allowed = [&](const Pipeline& pipeline) {
        return pipeline.stepsDone() <= steps && pipeline.tokensRead() <= m_documentEnd;
    };
    const bool ends = m_documentEnd < int(m_ids.size());
    if (m_pipeline->stepsDone() == steps && (!ends || allowed(*m_pipeline)))
        return m_pipeline->fork();
    const int mostTokens = ends ? m_documentEnd : int(m_ids.size());
    Result<std::unique_ptr<Pipeline>> state = Error{QString()};
    if (const Pipeline* kept = m_checkpoints.nearest(steps, mostTokens))
        state = kept->fork();
    else
        state = m_network->start(m_asked, m_ids, m_wants);
    if (!state)
        return state;
    const int from = (*state)->stepsDone(), chunk = m_asked.chunk;
    while ((*state)->stepsDone() < steps && !(*state)->finished()) {
        if (ends && (*state)->tokensRead() + chunk > m_documentEnd)
            break;
        if (cancel.requested())
            return Error{"The question was cancelled while the run was computed again."};
        if (auto step = (*state)->step(); !step)
            return step.error();
        if (stage)
            stage("computing the run again", (*state)->stepsDone() - from, steps - from);
    }
    return state;
}

Result<std::unique_ptr<Recording>> Recording::ask(int steps, const AskRequest& request,
                                                  Question question, const Stage& stage,
                                                  const Cancel& cancel) const {
    if (steps < 0 || steps > stepsDone())
        return Error{QString("The run has %1 steps: it cannot be asked after step %2.")
                         .arg(stepsDone())
                         .arg(steps - 1),
                     2};
    auto asking = std::unique_ptr<Recording>(new Recording);
    auto begun = guarded("copying the run's state", [&]() -> Result<void> {
        auto state = stateAfter(steps, stage, cancel);
        if (!state)
            return state.error();
        // The rest of the document, where its end was to be read together with what ends the input.
        const int read = (*state)->tokensRead();
        const bool wholeDocument = m_pipeline->stepsDone() == steps && tokensRead() > m_documentEnd;
        if (wholeDocument && read < m_documentEnd)
            for (int i = m_documentEnd - 1; i >= read; --i)
                question.tokens.insert(question.tokens.begin(),
                                       {m_ids[std::size_t(i)], Segment::Document});
        auto pipeline = (*state)->ask(std::move(question));
        if (!pipeline)
            return pipeline.error();
        asking->m_pipeline = pipeline.take();
        std::vector<TokenInfo> tokens(m_tokens.begin(), m_tokens.begin() + read);
        RunInfo& info = asking->m_info = m_info;
        info.uuid = QUuid::createUuid().toString(QUuid::WithoutBraces);
        info.created = QDateTime::currentDateTimeUtc();
        info.parent = m_info.run;
        info.parentStep = (*state)->stepsDone() - 1;
        info.label =
            request.question.isEmpty() ? QString("what comes next") : request.question.simplified();
        info.tokens = read;
        RunInfo shorter = m_info; // a question of an earlier step is one of a shorter document
        if (read < m_documentEnd && !wholeDocument)
            shorter.configuration.asked.tokens =
                int(std::count_if(tokens.begin(), tokens.end(), [](const TokenInfo& token) {
                    return token.segment == Segment::Document;
                }));
        info.command = askCommand(shorter, request, m_trace);
        asking->m_trace = m_trace;
        asking->m_network = m_network;
        asking->m_tokenizer = m_tokenizer;
        RecorderOptions options;
        options.append = true;
        options.beside = !m_finished;
        return asking->open(options, std::move(tokens));
    });
    if (!begun)
        return begun.error();
    return asking;
}

} // namespace attendre
