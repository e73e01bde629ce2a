#include "model/engine/document_measuring.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <cmath>

namespace attendre {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Error interrupted() {
    return {"The sweep was interrupted: start it again, it goes on with the cells that are "
            "missing."};
}

// Sums by blocks of positions.
class Blocks {
  public:
    void add(std::int64_t position, double value) {
        const auto block = std::size_t(position / CellResult::block);
        if (m_sums.size() <= block) {
            m_sums.resize(block + 1);
            m_counts.resize(block + 1);
        }
        m_sums[block] += value;
        ++m_counts[block];
    }
    std::vector<double> means() const {
        std::vector<double> means;
        for (std::size_t i = 0; i < m_sums.size(); ++i)
            means.push_back(m_counts[i] > 0 ? m_sums[i] / m_counts[i] : nan);
        return means;
    }

  private:
    std::vector<double> m_sums;
    std::vector<int> m_counts;
};

class Mean {
  public:
    void add(double value) {
        if (std::isnan(value))
            return;
        m_sum += value;
        ++m_count;
    }
    double value() const { return m_count > 0 ? m_sum / m_count : nan; }

  private:
    double m_sum = 0;
    qint64 m_count = 0;
};

Configuration fullOf(Configuration configuration) {
    configuration.memory.clear();
    configuration.policy = "fifo";
    configuration.expression.clear();
    configuration.future.clear();
    configuration.positions = "absolute"; // the same while nothing is evicted
    configuration.chunk = Configuration().chunk;
    configuration.archive.clear();
    configuration.sinks.reset();
    configuration.recent.reset();
    return configuration;
}

// What belongs to full attention's outputs: whole memories, whatever else is asked for.
bool isFull(const Configuration& configuration) {
    return configuration.memory.empty();
}

Result<std::vector<float>> lastOutputsOfFull(Network& network, const Configuration& configuration,
                                             const std::vector<std::int32_t>& ids,
                                             const Stage& stage, const Cancel& cancel) {
    StepWants wants;
    wants.usage = wants.nll = false;
    auto pipeline = network.start(fullOf(configuration), ids, wants);
    if (!pipeline)
        return pipeline.error();
    std::vector<float> all;
    while (!(*pipeline)->finished()) {
        if (cancel.requested())
            return interrupted();
        if (auto step = (*pipeline)->step(); !step)
            return step.error();
        const std::vector<float> some = (*pipeline)->lastOutputs(CellResult::every);
        all.insert(all.end(), some.begin(), some.end());
        if (stage)
            stage("reading with full attention", (*pipeline)->tokensRead(), qint64(ids.size()));
    }
    return all;
}

Error cannotWrite(const QString& path, const QString& why) {
    return {
        QString("%1 cannot be written (%2): make room, and start the sweep again.").arg(path, why)};
}

// Whole or not at all: several processes may make the same.
Result<void> writeOutputs(const QString& path, const std::vector<float>& all) {
    QDir().mkpath(QFileInfo(path).path());
    QSaveFile save(path);
    const auto bytes = qint64(all.size() * sizeof(float));
    if (!save.open(QIODevice::WriteOnly) ||
        save.write(reinterpret_cast<const char*>(all.data()), bytes) != bytes || !save.commit())
        return cannotWrite(path, save.errorString());
    return {};
}

// As it was written before, else made and written.
Result<std::vector<float>> fullOutputs(const QString& path, Network& network,
                                       const Configuration& configuration,
                                       const std::vector<std::int32_t>& ids, const Stage& stage,
                                       const Cancel& cancel) {
    const std::size_t rows = (ids.size() + CellResult::every - 1) / CellResult::every;
    const std::size_t count = rows * std::size_t(network.description().shape.hidden);
    QFile file(path);
    if (file.open(QIODevice::ReadOnly) && file.size() == qint64(count * sizeof(float))) {
        std::vector<float> all(count);
        if (file.read(reinterpret_cast<char*>(all.data()), file.size()) == file.size())
            return all;
    }
    file.close();
    auto all = lastOutputsOfFull(network, configuration, ids, stage, cancel);
    if (!all)
        return all;
    if (auto written = writeOutputs(path, *all); !written)
        return written.error();
    return all;
}

class Reading {
  public:
    // full: what to compare with; empty: nothing. keeps: the outputs, for others to compare with.
    Reading(const std::vector<float>& full, int hidden, bool keeps)
        : m_full(full), m_hidden(std::size_t(hidden)), m_keeps(keeps) {}
    const std::vector<float>& kept() const { return m_kept; }

    Result<void> take(Network& network, const Pipeline& pipeline, const StepRecord& record) {
        for (std::size_t i = 0; i < record.nll.size(); ++i)
            m_nll.add(record.firstNll + std::int64_t(i), double(record.nll[i]));
        for (const LayerRecord& layer : record.layers)
            for (const SeenNumbers& seen : layer.seen) {
                m_coverage.add(double(seen.coverage));
                m_outputError.add(double(seen.outputError));
            }
        if (m_keeps) {
            const std::vector<float> some = pipeline.lastOutputs(CellResult::every);
            m_kept.insert(m_kept.end(), some.begin(), some.end());
        }
        if (m_full.empty())
            return {};
        const std::vector<float> mine = pipeline.lastOutputs(CellResult::every);
        const std::size_t from = m_row * m_hidden;
        if (from + mine.size() > m_full.size())
            return Error{"Full attention was read with fewer tokens than the document has now: "
                         "remove the folder \"full\" of the sweep and start it again."};
        const std::vector<float> of(m_full.begin() + std::ptrdiff_t(from),
                                    m_full.begin() + std::ptrdiff_t(from + mine.size()));
        auto kl = network.divergence(of, mine);
        if (!kl)
            return kl.error();
        for (const float value : *kl)
            m_kl.add(std::int64_t(m_row++) * CellResult::every, double(value));
        return {};
    }

    void fill(CellResult& result) const {
        result.nll = m_nll.means();
        result.kl = m_kl.means();
        result.coverage = m_coverage.value();
        result.outputError = m_outputError.value();
    }

  private:
    const std::vector<float>& m_full;
    std::size_t m_hidden = 0, m_row = 0;
    bool m_keeps = false;
    std::vector<float> m_kept;
    Blocks m_nll, m_kl;
    Mean m_coverage, m_outputError;
};

Result<void> read(Network& network, const std::vector<std::int32_t>& ids,
                  const Configuration& configuration, const Measuring& measuring,
                  const std::vector<float>& full, const Stage& stage, const Cancel& cancel,
                  CellResult& result) {
    StepWants wants;
    wants.usage = false;
    wants.archive = measuring.coverage;
    wants.scratch = measuring.scratch;
    auto pipeline = network.start(configuration, ids, wants);
    if (!pipeline)
        return pipeline.error();
    const bool keeps = isFull(configuration) && !measuring.fullOutputs.isEmpty();
    Reading reading(full, network.description().shape.hidden, keeps);
    while (!(*pipeline)->finished()) {
        if (cancel.requested())
            return interrupted();
        auto record = (*pipeline)->step();
        if (!record)
            return record.error();
        result.seconds += record->milliseconds * 1e-3;
        if (auto taken = reading.take(network, **pipeline, *record); !taken)
            return taken;
        if (stage)
            stage("reading", (*pipeline)->tokensRead(), qint64(ids.size()));
    }
    result.bytes = (*pipeline)->stateBytes();
    reading.fill(result);
    return keeps ? writeOutputs(measuring.fullOutputs, reading.kept()) : Result<void>();
}

} // namespace

Result<void> measureDocument(OpenModel& model, const TokenizedDocument& document,
                             const Configuration& asked, const Measuring& measuring,
                             const Stage& stage, const Cancel& cancel, CellResult& result) {
    Configuration configuration = asked;
    const NetworkShape& shape = model.description().shape;
    const QString mode = configuration.mode.isEmpty() ? shape.defaultMode : configuration.mode;
    if (mode != "causal")
        return Error{QString("A document's tokens are not predicted in the mode %1, where they are "
                             "read before: sweep over questions, or choose the mode causal.")
                         .arg(mode),
                     2};
    if (measuring.coverage)
        configuration.archive = "all";
    auto before = readTemplate(configuration, model.description(), model.tokenizer());
    if (!before)
        return before.error();
    auto input = assembleInput(document, model.tokenizer(), configuration, *before);
    if (!input)
        return input.error();
    result.tokens = int(input->ids.size());
    result.trainedLength = shape.trainedLength;
    const bool past = shape.trainedLength > 0 && result.tokens > shape.trainedLength;
    if (past && isFull(configuration)) {
        result.leftOut = QString("The document has %1 tokens, more than the trained length %2.")
                             .arg(result.tokens)
                             .arg(shape.trainedLength);
        return {};
    }
    if (auto fits = checkLearnedPositions(*input, model.description()); !fits)
        return fits;
    auto network = model.network(configuration, stage, cancel);
    if (!network)
        return network.error();
    return guarded("reading", [&]() -> Result<void> {
        std::vector<float> full;
        if (!measuring.fullOutputs.isEmpty() && !past && !isFull(configuration)) {
            auto outputs = fullOutputs(measuring.fullOutputs, **network, configuration, input->ids,
                                       stage, cancel);
            if (!outputs)
                return outputs.error();
            full = outputs.take();
        }
        return read(**network, input->ids, configuration, measuring, full, stage, cancel, result);
    });
}

} // namespace attendre
