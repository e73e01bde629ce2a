#include "model/trace/step_frame.h"

#include "model/trace/frame_numbers.h"
#include "model/trace/token_block.h"

#include <utility>

namespace attendre {

namespace {

constexpr std::uint32_t frameMagic = 0x46545441; // "ATTF"
constexpr std::uint16_t frameVersion = 2;

std::vector<LeftEntry> leftEntries(int step, const LayerRecord& now, const LayerSnapshot& before) {
    std::vector<LeftEntry> left;
    left.reserve(now.victimSlots.size());
    for (size_t victim = 0; victim < now.victimSlots.size(); ++victim) {
        const size_t head = victim / size_t(now.evicted);
        const size_t i = head * size_t(now.capacity) + size_t(now.victimSlots[victim]);
        const LayerRecord& r = before.record;
        left.push_back({now.victimPositions[victim], now.victimSlots[victim],
                        before.insertedStep[i], step,
                        Usage{std::uint32_t(r.position[i]) + 1, r.lastTick[i], r.mass[i],
                              r.massSquared[i], r.hits[i], r.lastMass[i]},
                        now.victimRanks[victim]});
    }
    return left;
}

double meanOf(const std::vector<float>& values) {
    double sum = 0;
    for (float value : values)
        sum += double(value);
    return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / double(values.size());
}

LayerStepInfo layerInfo(int step, const LayerRecord& r) {
    return {step,       r.layer,   r.firstPosition, r.arrived, r.firstAnswered,
            r.answered, r.waiting, r.occupancy,     r.evicted, r.tick};
}

} // namespace

Result<StepFrame> FrameEncoder::encode(StepRecord step) {
    if (step.step != m_next)
        return Error{QString("Step %1 cannot be recorded: the trace waits for step %2.")
                         .arg(step.step)
                         .arg(m_next)};
    const bool outputs = step.output.has_value();
    if (outputs)
        step.layers.push_back(std::move(*step.output));
    if (m_next > 0 && step.layers.size() != m_before.size())
        return Error{QString("Step %1 cannot be recorded: it has %2 layers, the steps before %3.")
                         .arg(step.step)
                         .arg(step.layers.size())
                         .arg(m_before.size())};
    StepFrame frame;
    frame.info = {0,
                  step.step,
                  step.kind,
                  step.firstPosition,
                  step.arrived,
                  step.milliseconds,
                  meanOf(step.nll)};
    frame.firstNll = step.firstNll;
    frame.nll = std::move(step.nll);
    frame.next = std::move(step.next);
    frame.tokens = std::move(step.tokens);
    const LayerCoding coding{step.step % std::max(1, m_options.keyframeInterval) == 0,
                             m_options.full, m_options.rankColumn};
    std::vector<LayerSnapshot> after(step.layers.size());
    for (size_t l = 0; l < step.layers.size(); ++l) {
        LayerRecord& now = step.layers[l];
        const LayerSnapshot* before = m_next > 0 ? &m_before[l] : nullptr;
        auto encoded = encodeLayer(step.step, now, before, coding);
        if (!encoded)
            return encoded.error();
        LayerFrame layer;
        layer.info = layerInfo(step.step, now);
        layer.heads = headNumbers(step.step, now, before, m_options.rules);
        if (before)
            layer.left = leftEntries(step.step, now, *before);
        layer.state = std::move(encoded->bytes);
        layer.archived = std::exchange(now.archived, {}); // not kept with the step before
        after[l] = {step.step, coding.keyframe, encoded->columns, std::move(now),
                    std::move(encoded->insertedStep)};
        frame.layers.push_back(std::move(layer));
    }
    if (outputs) {
        frame.output = std::move(frame.layers.back());
        frame.layers.pop_back();
    }
    m_before = std::move(after);
    ++m_next;
    return frame;
}

QByteArray toBytes(const StepFrame& frame) {
    ByteWriter out;
    out.put(frameMagic);
    out.put(frameVersion);
    out.put(std::uint8_t(frame.info.kind));
    out.put(std::int32_t(frame.info.step));
    out.put(frame.info.firstPosition);
    out.put(frame.info.arrived);
    out.put(frame.info.milliseconds);
    out.put(frame.info.meanNll);
    out.put(frame.firstNll);
    out.put(std::uint32_t(frame.nll.size()));
    out.putPlanes(frame.nll);
    out.putBytes(nextToBytes(frame.next));
    out.putBytes(numbersToBytes(frame));
    for (const LayerFrame& layer : frame.layers) {
        out.putBytes(layer.state);
        out.putBytes(leftToBytes(layer.left));
        out.putBytes(layer.archived.isEmpty() ? QByteArray() : toBytes(layer.archived));
    }
    out.putBytes(measuredToBytes(frame));
    out.put(std::uint8_t(frame.output ? 1 : 0));
    if (frame.output) {
        StepFrame alone;
        alone.layers.push_back(*frame.output);
        out.putBytes(numbersToBytes(alone));
        out.putBytes(frame.output->state);
        out.putBytes(leftToBytes(frame.output->left));
    }
    out.putBytes(tokensToBytes(frame.tokens));
    return out.bytes();
}

Result<StepFrame> frameFromBytes(const QByteArray& bytes) {
    const Error damaged{"A step frame is damaged; record the run again."};
    ByteReader in(bytes);
    if (in.get<std::uint32_t>() != frameMagic)
        return damaged;
    if (const auto version = in.get<std::uint16_t>(); version != frameVersion)
        return Error{QString("A step frame has version %1, this program reads %2; update it.")
                         .arg(version)
                         .arg(frameVersion)};
    StepFrame frame;
    frame.info.kind = StepKind(in.get<std::uint8_t>());
    frame.info.step = in.get<std::int32_t>();
    frame.info.firstPosition = in.get<std::int32_t>();
    frame.info.arrived = in.get<std::int32_t>();
    frame.info.milliseconds = in.get<double>();
    frame.info.meanNll = in.get<double>();
    frame.firstNll = in.get<std::int32_t>();
    if (!in.getPlanes(frame.nll, in.get<std::uint32_t>()) || frame.info.kind > StepKind::Answer)
        return damaged;
    auto next = nextFromBytes(in.getBytes());
    auto numbers = numbersFromBytes(frame.info.step, in.getBytes());
    if (!next || !numbers)
        return damaged;
    frame.next = next.take();
    for (size_t l = 0; l < numbers->layers.size(); ++l) {
        LayerFrame layer;
        layer.info = numbers->layers[l];
        const auto from = numbers->heads.begin() + qsizetype(l) * numbers->headsPerLayer;
        layer.heads.assign(from, from + numbers->headsPerLayer);
        layer.state = in.getBytes();
        auto left = leftFromBytes(in.getBytes());
        if (!left)
            return damaged;
        layer.left = left.take();
        if (const QByteArray bytes = in.getBytes(); !bytes.isEmpty()) {
            auto archived = archivedStepFromBytes(bytes);
            if (!archived)
                return damaged;
            layer.archived = archived.take();
        }
        frame.layers.push_back(std::move(layer));
    }
    const auto measured = measuredFromBytes(in.getBytes(), numbers->heads.size());
    if (!measured)
        return damaged;
    auto at = measured->begin();
    for (LayerFrame& layer : frame.layers)
        for (HeadStepInfo& head : layer.heads)
            if (at != measured->end())
                head.seen = *at++;
    if (in.get<std::uint8_t>() != 0) {
        auto alone = numbersFromBytes(frame.info.step, in.getBytes());
        if (!alone || alone->layers.size() != 1)
            return damaged;
        LayerFrame output;
        output.info = alone->layers.front();
        output.state = in.getBytes();
        output.heads = alone->heads;
        auto left = leftFromBytes(in.getBytes());
        if (!left)
            return damaged;
        output.left = left.take();
        frame.output = std::move(output);
    }
    auto tokens = tokensFromBytes(in.getBytes());
    if (!tokens)
        return damaged;
    frame.tokens = tokens.take();
    return in.complete() ? Result<StepFrame>(std::move(frame)) : Result<StepFrame>(damaged);
}

} // namespace attendre
