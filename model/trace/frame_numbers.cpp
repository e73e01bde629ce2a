#include "model/trace/frame_numbers.h"

#include <cmath>
#include <iterator>

namespace attendre {

namespace {

// The bytes of one element, against which a count is held before memory is taken for it.
constexpr qsizetype layerBytes = 36, headBytes = 28, leftBytes = 44;

Error damaged() {
    return {"A block of numbers is damaged; record the run again."};
}

// One plane-wise array out of one member of every element, and back.
template <class T, class Element, class Read>
void putMember(ByteWriter& out, const std::vector<Element>& elements, Read read) {
    std::vector<T> values;
    values.reserve(elements.size());
    for (const Element& element : elements)
        values.push_back(T(read(element)));
    out.putPlanes(values);
}

template <class T, class Element, class Member>
bool getMember(ByteReader& in, std::vector<Element>& elements, Member member) {
    std::vector<T> values;
    if (!in.getPlanes(values, elements.size()))
        return false;
    for (size_t i = 0; i < elements.size(); ++i)
        member(elements[i]) = values[i];
    return true;
}

constexpr std::int32_t LayerStepInfo::*layerNumbers[] = {
    &LayerStepInfo::firstPosition, &LayerStepInfo::arrived, &LayerStepInfo::firstAnswered,
    &LayerStepInfo::answered,      &LayerStepInfo::waiting, &LayerStepInfo::occupancy,
    &LayerStepInfo::evicted};
constexpr float HeadStepInfo::*headShares[] = {
    &HeadStepInfo::hitRate,    &HeadStepInfo::sinkShare,     &HeadStepInfo::recentShare,
    &HeadStepInfo::chunkShare, &HeadStepInfo::fifoAgreement, &HeadStepInfo::meanAgeAtEviction};

constexpr float SeenNumbers::*seenNumbers[] = {&SeenNumbers::coverage, &SeenNumbers::outputError,
                                               &SeenNumbers::coverageBeyondSinks,
                                               &SeenNumbers::outputErrorBeyondSinks};

} // namespace

QByteArray numbersToBytes(const StepFrame& frame) {
    std::vector<LayerStepInfo> layers;
    std::vector<HeadStepInfo> heads;
    for (const LayerFrame& layer : frame.layers) {
        layers.push_back(layer.info);
        heads.insert(heads.end(), layer.heads.begin(), layer.heads.end());
    }
    ByteWriter out;
    out.put(std::uint32_t(layers.size()));
    out.put(std::uint32_t(heads.size()));
    for (auto member : layerNumbers)
        putMember<std::int32_t>(out, layers, [&](const auto& l) { return l.*member; });
    putMember<std::int64_t>(out, layers, [](const auto& l) { return l.tick; });
    for (auto member : headShares)
        putMember<float>(out, heads, [&](const auto& h) { return h.*member; });
    putMember<std::int32_t>(out, heads, [](const auto& h) { return h.evictedNeverHit; });
    return compressed(out.bytes());
}

Result<StepNumbers> numbersFromBytes(int step, const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    ByteReader in(*content);
    const auto layers = in.get<std::uint32_t>(), heads = in.get<std::uint32_t>();
    if (in.left() != layerBytes * layers + headBytes * heads ||
        (layers == 0 ? heads : heads % layers) != 0)
        return damaged();
    StepNumbers numbers;
    numbers.layers.resize(layers);
    numbers.heads.resize(heads);
    numbers.headsPerLayer = layers == 0 ? 0 : int(heads / layers);
    for (auto member : layerNumbers)
        getMember<std::int32_t>(
            in, numbers.layers, [&](auto& l) -> auto& { return l.*member; });
    getMember<std::int64_t>(
        in, numbers.layers, [](auto& l) -> auto& { return l.tick; });
    for (auto member : headShares)
        getMember<float>(
            in, numbers.heads, [&](auto& h) -> auto& { return h.*member; });
    getMember<std::int32_t>(
        in, numbers.heads, [](auto& h) -> auto& { return h.evictedNeverHit; });
    if (!in.complete())
        return damaged();
    for (std::uint32_t l = 0; l < layers; ++l) {
        numbers.layers[l].step = step;
        numbers.layers[l].layer = int(l);
    }
    for (std::uint32_t h = 0; h < heads; ++h) {
        HeadStepInfo& info = numbers.heads[h];
        info.step = step;
        info.layer = int(h) / numbers.headsPerLayer;
        info.head = int(h) % numbers.headsPerLayer;
        info.evicted = numbers.layers[info.layer].evicted;
    }
    return numbers;
}

QByteArray measuredToBytes(const StepFrame& frame) {
    std::vector<SeenNumbers> all;
    bool measured = false;
    for (const LayerFrame& layer : frame.layers)
        for (const HeadStepInfo& head : layer.heads) {
            all.push_back(head.seen);
            measured = measured || !std::isnan(head.seen.coverage);
        }
    if (!measured)
        return {};
    ByteWriter out;
    for (auto member : seenNumbers)
        putMember<float>(out, all, [&](const auto& s) { return s.*member; });
    return compressed(out.bytes());
}

Result<std::vector<SeenNumbers>> measuredFromBytes(const QByteArray& bytes, size_t heads) {
    if (bytes.isEmpty())
        return std::vector<SeenNumbers>();
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    ByteReader in(*content);
    if (in.left() != qsizetype(heads * sizeof(float) * std::size(seenNumbers)))
        return damaged();
    std::vector<SeenNumbers> all(heads);
    for (auto member : seenNumbers)
        getMember<float>(
            in, all, [&](auto& s) -> auto& { return s.*member; });
    return in.complete() ? Result<std::vector<SeenNumbers>>(std::move(all)) : damaged();
}

QByteArray nextToBytes(const std::vector<NextToken>& next) {
    ByteWriter out;
    for (const NextToken& token : next) {
        out.put(token.id);
        out.put(token.logProbability);
    }
    return out.bytes();
}

Result<std::vector<NextToken>> nextFromBytes(const QByteArray& bytes) {
    std::vector<NextToken> next;
    ByteReader in(bytes);
    while (in.left() >= qsizetype(2 * sizeof(std::int32_t))) {
        NextToken token;
        token.id = in.get<std::int32_t>();
        token.logProbability = in.get<float>();
        next.push_back(token);
    }
    return in.complete() ? Result<std::vector<NextToken>>(std::move(next)) : damaged();
}

QByteArray leftToBytes(const std::vector<LeftEntry>& left) {
    ByteWriter out;
    out.put(std::uint32_t(left.size()));
    putMember<std::int32_t>(out, left, [](const auto& e) { return e.position; });
    putMember<std::int32_t>(out, left, [](const auto& e) { return e.slot; });
    putMember<std::int32_t>(out, left, [](const auto& e) { return e.insertedStep; });
    putMember<std::int32_t>(out, left, [](const auto& e) { return e.evictedStep; });
    putMember<std::uint32_t>(out, left, [](const auto& e) { return e.usage.lastTick; });
    putMember<std::uint32_t>(out, left, [](const auto& e) { return e.usage.hits; });
    putMember<float>(out, left, [](const auto& e) { return e.usage.mass; });
    putMember<float>(out, left, [](const auto& e) { return e.usage.massSquared; });
    putMember<float>(out, left, [](const auto& e) { return e.usage.lastMass; });
    putMember<double>(out, left, [](const auto& e) { return e.rank; });
    return compressed(out.bytes());
}

Result<std::vector<LeftEntry>> leftFromBytes(const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    ByteReader in(*content);
    const auto count = in.get<std::uint32_t>();
    if (in.left() != leftBytes * count)
        return damaged();
    std::vector<LeftEntry> left(count);
    getMember<std::int32_t>(
        in, left, [](auto& e) -> auto& { return e.position; });
    getMember<std::int32_t>(
        in, left, [](auto& e) -> auto& { return e.slot; });
    getMember<std::int32_t>(
        in, left, [](auto& e) -> auto& { return e.insertedStep; });
    getMember<std::int32_t>(
        in, left, [](auto& e) -> auto& { return e.evictedStep; });
    getMember<std::uint32_t>(
        in, left, [](auto& e) -> auto& { return e.usage.lastTick; });
    getMember<std::uint32_t>(
        in, left, [](auto& e) -> auto& { return e.usage.hits; });
    getMember<float>(
        in, left, [](auto& e) -> auto& { return e.usage.mass; });
    getMember<float>(
        in, left, [](auto& e) -> auto& { return e.usage.massSquared; });
    getMember<float>(
        in, left, [](auto& e) -> auto& { return e.usage.lastMass; });
    getMember<double>(
        in, left, [](auto& e) -> auto& { return e.rank; });
    if (!in.complete())
        return damaged();
    for (LeftEntry& entry : left)
        entry.usage.tickInserted = std::uint32_t(entry.position) + 1;
    return left;
}

} // namespace attendre
