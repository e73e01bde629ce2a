#pragma once

#include "model/analysis/attention_shares.h"
#include "model/trace/reader.h"
#include "widgets/point.h"
#include "widgets/token_texts.h"

#include <QByteArray>

#include <cstdint>
#include <map>
#include <vector>

namespace attendre {

enum class Whose : std::uint8_t {
    Head,
    LayerMean,
    Outputs // the decoder's cross-attention on encoder outputs, averaged over layers and heads
};

// What the Attention view draws of one step, layer and K/V head (or the mean of the layer's heads,
// or the encoder-output memory).
struct AttentionContent {
    Point asked;
    Whose whose = Whose::Head;
    std::vector<QueryAttention> queries; // empty at summary detail
    // Mass per entry from the usage columns, by position; massStep: the step whose mass it is, the
    // nearest recorded one up to the point's; -1 where none is.
    std::map<std::int32_t, double> mass;
    int massStep = -1;
    std::int32_t massEnd = 0; // the position behind the last one that had arrived by massStep
    AttentionShares shares;   // exact, of the whole step
    AttentionRegions regions;
    std::map<std::int32_t, int> slotOf; // of the residents, by position; in order of the document
    std::int32_t capacity = 0;          // M
    std::int32_t end = 0;               // the position behind the last arrival
};

// Whose::Outputs is for runs that have an outputLayer().
Result<AttentionContent> readAttention(Reader& reader, const RunInfo& run, const Point& point,
                                       Whose whose);

} // namespace attendre
