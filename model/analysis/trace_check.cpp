#include "model/analysis/trace_check.h"

#include "model/analysis/layer_check.h"

namespace attendre {

namespace {

void add(TraceCheck& check, const QString& where, const QStringList& sentences) {
    for (const QString& sentence : sentences)
        if (check.violations.size() < TraceCheck::mostViolations)
            check.violations << where + ": " + sentence;
}

QStringList stepViolations(const StepInfo& step, int number, std::int32_t expectedFirst,
                           qint64 tokens) {
    QStringList sentences;
    if (step.step != number)
        sentences << QString("its number is %1").arg(step.step);
    if (step.firstPosition != expectedFirst)
        sentences << QString("it starts at position %1 where %2 was next")
                         .arg(step.firstPosition)
                         .arg(expectedFirst);
    if (step.firstPosition + step.arrived > tokens)
        sentences << QString("it reads up to position %1 of an input of %2 tokens")
                         .arg(step.firstPosition + step.arrived - 1)
                         .arg(tokens);
    return sentences;
}

// The encoder-output memory's numbers, which stand with its state.
Result<void> addOutputs(Reader& reader, const StepInfo& step, std::vector<LayerStepInfo>& layers) {
    auto outputs = reader.outputStep(step.run, step.step);
    if (!outputs)
        return outputs.error();
    layers.push_back(*outputs);
    return {};
}

Result<void> checkStep(Reader& reader, const StepInfo& step, std::vector<LayerCheck>& layers,
                       TraceCheck& check) {
    const QString where = QString("run %1, step %2").arg(step.run).arg(step.step);
    auto layerSteps = reader.layerSteps(step.run, step.step);
    if (!layerSteps)
        return layerSteps.error();
    if (layerSteps->size() + 1 == layers.size())
        if (auto added = addOutputs(reader, step, *layerSteps); !added)
            return added;
    if (layerSteps->size() != layers.size()) {
        add(check, where,
            {QString("it has %1 layers of %2").arg(layerSteps->size()).arg(layers.size())});
        return {};
    }
    for (size_t layer = 0; layer < layers.size(); ++layer) {
        auto state = reader.layerState(step.run, step.step, int(layer));
        if (!state)
            return state.error();
        std::vector<std::vector<Eviction>> evictions;
        for (size_t head = 0; head < state->heads.size(); ++head) {
            auto read = reader.evictions(step.run, step.step, int(layer), int(head));
            if (!read)
                return read.error();
            check.evictions += qint64(read->size());
            evictions.push_back(read.take());
        }
        add(check, QString("%1, layer %2").arg(where).arg(layer),
            layers[layer].follow((*layerSteps)[layer], *state, evictions));
    }
    return {};
}

// What the position-major blocks say of a head: every position that arrived has one life, and as
// many ended as the steps evicted.
Result<void> checkLives(Reader& reader, const RunInfo& run, const LayerCheck& followed, int head,
                        TraceCheck& check) {
    const int layer = followed.layer();
    const std::int32_t arrived = followed.arrived();
    constexpr std::int32_t atOnce = 16384;
    auto steps = reader.stepCount(run.run);
    if (!steps)
        return steps.error();
    QStringList sentences;
    qint64 resident = 0;
    for (std::int32_t first = 0; first < arrived; first += atOnce) {
        auto lives = reader.lives(run.run, layer, head, first, std::min(atOnce, arrived - first));
        if (!lives)
            return lives.error();
        for (const Life& life : *lives) {
            // Before a run that asks began, entries may have left.
            if (life.insertedStep < 0 && life.position < followed.inherited())
                continue;
            resident += life.evictedStep < 0 ? 1 : 0;
            const bool ordered = life.evictedStep < 0 || life.evictedStep > life.insertedStep;
            if (life.insertedStep < 0 || life.insertedStep >= *steps || !ordered)
                sentences << QString(
                                 "head %1: position %2 was inserted in step %3 and evicted in step "
                                 "%4")
                                 .arg(head)
                                 .arg(life.position)
                                 .arg(life.insertedStep)
                                 .arg(life.evictedStep);
        }
    }
    if (*steps > 0 && resident != followed.occupancy())
        sentences << QString("head %1: %2 entries never left where %3 are resident")
                         .arg(head)
                         .arg(resident)
                         .arg(followed.occupancy());
    add(check, QString("run %1, layer %2").arg(run.run).arg(layer), sentences);
    return {};
}

Result<void> checkRun(Reader& reader, const RunInfo& run, TraceCheck& check,
                      const Progress& progress, const Cancel& cancel) {
    auto count = reader.stepCount(run.run);
    if (!count)
        return count.error();
    std::vector<LayerCheck> layers;
    for (int layer = 0; layer < run.shape.layers; ++layer)
        layers.emplace_back(run, layer);
    if (outputLayer(run) >= 0)
        layers.emplace_back(run, outputLayer(run));
    std::int32_t next = 0;
    for (int i = 0; i < *count; ++i) {
        if (cancel.requested())
            return Error{
                QString("The check of %1 was interrupted: start it again.").arg(reader.path())};
        auto steps = reader.steps(run.run, i, 1);
        if (!steps)
            return steps.error();
        const QString where = QString("run %1, step %2").arg(run.run).arg(i);
        if (steps->empty()) {
            add(check, where, {"it is missing"});
            return {};
        }
        const StepInfo& step = steps->front();
        if (i == 0 && step.arrived == 0) // a run that asks goes on where another one stood
            next = step.firstPosition;
        add(check, where, stepViolations(step, i, next, run.tokens));
        next = step.firstPosition + step.arrived;
        if (auto checked = checkStep(reader, step, layers, check); !checked)
            return checked;
        ++check.steps;
        if (progress)
            progress(i + 1, *count);
    }
    const bool complete = run.finished && run.ended.isEmpty();
    if (complete && next != run.tokens)
        add(check, QString("run %1").arg(run.run),
            {QString("it is complete, but read %1 of %2 tokens").arg(next).arg(run.tokens)});
    for (const LayerCheck& layer : layers) {
        add(check, QString("run %1, layer %2").arg(run.run).arg(layer.layer()),
            layer.conclude(complete));
        check.entries += layer.entries();
        for (int head = 0; head < layer.heads(); ++head)
            if (auto lives = checkLives(reader, run, layer, head, check); !lives)
                return lives;
    }
    return {};
}

} // namespace

Result<TraceCheck> checkTrace(Reader& reader, const Progress& progress, const Cancel& cancel) {
    TraceCheck check;
    if (auto frozen = reader.freeze(); !frozen)
        return frozen.error();
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    for (const RunInfo& run : *runs) {
        if (auto checked = checkRun(reader, run, check, progress, cancel); !checked)
            return checked.error();
        if (auto verified = reader.verify(run.run, cancel); !verified)
            return verified.error();
        ++check.runs;
        if (!run.finished)
            check.unfinished.push_back(run);
    }
    return check;
}

} // namespace attendre
