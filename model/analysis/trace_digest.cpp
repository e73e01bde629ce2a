#include "model/analysis/trace_digest.h"

#include <QCryptographicHash>
#include <QJsonDocument>

#include <bit>
#include <cmath>

namespace attendre {

namespace {

constexpr std::int32_t tokensAtOnce = 4096;

// Numbers in their bits, lowest byte first on every machine; every list with its length before it.
class Hash {
  public:
    void add(qint64 value) { addBits(quint64(value)); }
    void add(double value) {
        addBits(std::isnan(value) ? ~quint64(0) : std::bit_cast<quint64>(value));
    }
    void add(float value) { add(double(value)); }
    void add(const QByteArray& bytes) {
        add(qint64(bytes.size()));
        m_hash.addData(bytes);
    }
    void add(const QString& text) { add(text.toUtf8()); }
    template <class T> void addAll(const std::vector<T>& values) {
        add(qint64(values.size()));
        for (const T& value : values) {
            if constexpr (std::is_integral_v<T>)
                add(qint64(value));
            else
                add(value);
        }
    }
    QString text() const { return "sha256:" + QString::fromLatin1(m_hash.result().toHex()); }

  private:
    void addBits(quint64 bits) {
        char bytes[8];
        for (int i = 0; i < 8; ++i)
            bytes[i] = char(bits >> (8 * i));
        m_hash.addData(QByteArrayView(bytes, 8));
    }

    QCryptographicHash m_hash{QCryptographicHash::Sha256};
};

void addRun(Hash& hash, const RunInfo& run, int steps) {
    hash.add(run.modelHash);
    hash.add(run.documentHash);
    hash.add(run.device);
    hash.add(run.dtype);
    hash.add(run.build);
    hash.add(qint64(run.threads));
    hash.add(run.tokens);
    hash.add(QJsonDocument(toJson(run.configuration.asked, true)).toJson(QJsonDocument::Compact));
    hash.add(run.configuration.mode);
    hash.addAll(run.configuration.memory);
    hash.addAll(run.configuration.queryMemory);
    hash.add(qint64(run.configuration.sinks));
    hash.add(qint64(run.configuration.recent));
    if (outputLayer(run) >= 0) {
        hash.add(qint64(run.configuration.outputMemory));
        hash.add(run.configuration.outputPolicy);
    }
    hash.add(qint64(run.shape.layers));
    hash.add(qint64(run.shape.heads));
    hash.add(qint64(run.shape.queryHeads));
    hash.add(qint64(steps));
}

Result<void> addTokens(Hash& hash, Reader& reader, const RunInfo& run) {
    for (std::int32_t first = 0; first < run.tokens; first += tokensAtOnce) {
        auto tokens = reader.tokens(run.run, first, tokensAtOnce);
        if (!tokens)
            return tokens.error();
        for (const TokenInfo& token : *tokens) {
            hash.add(qint64(token.position));
            hash.add(qint64(token.segment));
            hash.add(qint64(token.id));
            hash.add(token.text);
            hash.add(qint64(token.byteBegin));
            hash.add(qint64(token.byteEnd));
            hash.add(token.nll);
        }
    }
    return {};
}

// At summary detail the other columns stand at keyframes only, which are a matter of layout.
void addHead(Hash& hash, const HeadState& head, bool columns) {
    hash.addAll(head.position);
    hash.addAll(head.insertedStep);
    hash.addAll(head.rank);
    if (!columns)
        return;
    hash.addAll(head.lastTick);
    hash.addAll(head.hits);
    hash.addAll(head.mass);
    hash.addAll(head.massSquared);
    hash.addAll(head.lastMass);
}

Result<void> addEvictions(Hash& hash, Reader& reader, const LayerState& state, int head) {
    auto evictions = reader.evictions(state.run, state.step, state.layer, head);
    if (!evictions)
        return evictions.error();
    for (const Eviction& eviction : *evictions) {
        hash.add(qint64(eviction.slot));
        hash.add(qint64(eviction.position));
        hash.add(eviction.rank);
        hash.add(qint64(eviction.replacedBy));
    }
    auto attention = reader.attention(state.run, state.step, state.layer, head);
    if (!attention)
        return attention.error();
    for (const QueryAttention& query : *attention) {
        hash.add(qint64(query.queryPosition));
        for (const AttendedEntry& entry : query.top) {
            hash.add(qint64(entry.position));
            hash.add(entry.weight);
        }
        hash.add(query.rest);
    }
    return {};
}

Result<void> addStep(Hash& hash, Reader& reader, const StepInfo& step, const RunInfo& run) {
    const bool full = run.configuration.asked.detail == "full";
    hash.add(qint64(step.kind));
    hash.add(qint64(step.firstPosition));
    hash.add(qint64(step.arrived));
    auto layerSteps = reader.layerSteps(step.run, step.step);
    if (!layerSteps)
        return layerSteps.error();
    for (const LayerStepInfo& l : *layerSteps)
        for (qint64 value : {qint64(l.layer), qint64(l.firstPosition), qint64(l.arrived),
                             qint64(l.firstAnswered), qint64(l.answered), qint64(l.waiting),
                             qint64(l.occupancy), qint64(l.evicted), qint64(l.tick)})
            hash.add(value);
    if (!run.configuration.asked.archive.isEmpty()) {
        auto heads = reader.headSteps(step.run, step.step);
        if (!heads)
            return heads.error();
        for (const HeadStepInfo& head : *heads)
            for (float value : {head.seen.coverage, head.seen.outputError,
                                head.seen.coverageBeyondSinks, head.seen.outputErrorBeyondSinks})
                hash.add(value);
    }
    for (int layer = 0; layer < run.shape.layers || layer == outputLayer(run); ++layer) {
        auto state = reader.layerState(step.run, step.step, layer);
        if (!state)
            return state.error();
        for (size_t head = 0; head < state->heads.size(); ++head) {
            addHead(hash, state->heads[head], full);
            if (auto added = addEvictions(hash, reader, *state, int(head)); !added)
                return added;
        }
    }
    return {};
}

} // namespace

Result<QString> runDigest(Reader& reader, int number, const Progress& progress,
                          const Cancel& cancel) {
    auto run = reader.run(number);
    if (!run)
        return run.error();
    auto count = reader.stepCount(number);
    if (!count)
        return count.error();
    Hash hash;
    addRun(hash, *run, *count);
    if (auto added = addTokens(hash, reader, *run); !added)
        return added.error();
    for (int i = 0; i < *count; ++i) {
        if (cancel.requested())
            return Error{
                QString("The digest of %1 was interrupted: start it again.").arg(reader.path())};
        auto steps = reader.steps(number, i, 1);
        if (!steps)
            return steps.error();
        if (steps->empty())
            return Error{QString("The trace %1 is damaged: step %2 of run %3 is missing; copy it "
                                 "again or record the run again.")
                             .arg(reader.path())
                             .arg(i)
                             .arg(number)};
        if (auto added = addStep(hash, reader, steps->front(), *run); !added)
            return added.error();
        if (progress)
            progress(i + 1, *count);
    }
    return hash.text();
}

Result<QString> traceDigest(Reader& reader, const Progress& progress, const Cancel& cancel) {
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    Hash hash;
    for (const RunInfo& run : *runs) {
        auto digest = runDigest(reader, run.run, progress, cancel);
        if (!digest)
            return digest;
        hash.add(*digest);
    }
    return hash.text();
}

} // namespace attendre
