#pragma once

#include "model/trace/result.h"
#include "model/trace/step_record.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <vector>

namespace attendre {

// The usage columns and the rank, as bits of a set.
namespace column {
constexpr std::uint8_t lastTick = 1, mass = 2, massSquared = 4, hits = 8, lastMass = 16, rank = 32;
constexpr std::uint8_t usage = lastTick | mass | massSquared | hits | lastMass;
} // namespace column

// What the rank of every resident equals exactly; Raw: it is stored as it is.
enum class RankSource : std::uint8_t {
    Raw,
    TickInserted,
    LastTick,
    Hits,
    Mass,
    LastMass,
    MassSquared
};

// One layer at the end of a step, as far as it is known.
struct LayerSnapshot {
    int step = -1;
    bool keyframe = false;
    std::uint8_t columns = 0; // stored with this step; the vectors of the others are empty
    LayerRecord record;       // rank and position are always there
    std::vector<std::int32_t> insertedStep; // [G][M], noPosition in a free slot
};

struct LayerCoding {
    bool keyframe = false; // decodable without the step before
    bool full = false;     // every column and the attention, not only the rank
    QString rankColumn;    // the column to try first as the rank's source
};

struct EncodedLayer {
    QByteArray bytes;
    std::uint8_t columns = 0;
    std::vector<std::int32_t> insertedStep; // as in LayerSnapshot
};

// One step of one layer as bytes (docs/trace-format.md, "State of a layer"): what changed against
// the step before, or everything in a keyframe. before is null for a run's first step. Errors: the
// arrays' sizes disagree, or the arrivals lie otherwise than the rule of LayerRecord says.
Result<EncodedLayer> encodeLayer(int step, const LayerRecord& now, const LayerSnapshot* before,
                                 const LayerCoding& coding);

// The way back. before is the step before's snapshot; a keyframe decodes without it, but then its
// victims' positions and ranks stay unknown (empty).
Result<LayerSnapshot> decodeLayer(int step, const QByteArray& bytes, const LayerSnapshot* before);
bool isKeyframe(const QByteArray& bytes);

// Where the step's arrivals went: position, for every slot, after victims and arrivals. Used by
// both directions. positions is [G][M] and is changed in place. Errors as encodeLayer().
Result<void> placeArrivals(const LayerRecord& record, std::vector<std::int32_t>& positions);

} // namespace attendre
