#pragma once

#include "model/analysis/next_victims.h"
#include "model/trace/reader.h"
#include "widgets/point.h"
#include "widgets/read_head.h"

#include <QString>

#include <cstdint>
#include <vector>

namespace attendre {

// What a token of the document can be, seen from one layer's memory.
enum class TokenState : std::uint8_t { ToCome, InChunk, Resident, Evicted };

// What the document shows at one point: who is in the memory of this layer at this instant. Before
// the insertion that is the end of the step before; from then on the end of this step.
struct DocumentMemory {
    struct Resident {
        std::int32_t position = 0;
        std::uint16_t heads = 0; // how many heads hold it
        bool here = false;       // the current head does
        std::int32_t slot = -1;  // in the current head
    };
    Point point;
    int heads = 1;
    std::int32_t firstPosition = 0, arrived = 0; // this step's chunk in this layer
    std::vector<Resident> residents;             // ascending positions
    std::vector<std::int32_t> victims;           // this step's, of the current head; ascending
    HeadState head;                              // the current head
    ProtectedPositions protection;               // what the run never evicts
    std::vector<ReadHead> readHeads;             // of all layers
    bool hasQueue = false;                       // this layer has a Q memory
    std::int32_t decodedEnd = 0; // behind what an encoder-decoder's decoder was fed; 0: nothing

    // The token's query waits in this layer: apart from what became of its key.
    bool waits(std::int32_t position) const;

    TokenState stateOf(std::int32_t position, bool allHeads) const;
    const Resident* resident(std::int32_t position) const;
    double shareOf(std::int32_t position, bool allHeads) const;
    bool isVictim(std::int32_t position) const;
    // Resident in the current head and protected in the next eviction.
    bool isShielded(std::int32_t position) const;
    // Residents among the positions from first up to, without, end.
    int residentsIn(std::int32_t first, std::int32_t end, bool allHeads) const;
};

Result<DocumentMemory> readDocumentMemory(Reader& reader, const RunInfo& run, const Point& point);

// A magnitude by which tokens can be coloured.
enum class TokenColumn : std::uint8_t {
    State,
    StateAllHeads,
    Hits,
    Mass,
    LastMass,
    Age,
    Nll,
    // Of runs with an archive: what its query lost when it was answered, and what the eviction of
    // its key cost the queries since.
    Coverage,
    OutputError,
    Regret
};
constexpr int tokenColumnCount = 10;
QString columnName(TokenColumn column);
QString columnWords(TokenColumn column); // the same, with whose it is

} // namespace attendre
