#pragma once

#include "model/evaluation/sweep_plan.h"

#include <limits>
#include <optional>
#include <vector>

namespace attendre {

// What came of one cell of a sweep.
struct CellResult {
    static constexpr int block = 64; // tokens of a value in nll and kl
    static constexpr int every = 8;  // kl is measured at the positions divisible by it

    int number = 0;
    QString key; // what makes it this result: model, subject, configuration
    SweepCell::Kind kind = SweepCell::Kind::Document;
    QString subject, way;
    QJsonObject axes, config;
    QString leftOut; // why there are no numbers; empty: there are
    int tokens = 0, trainedLength = 0;
    double seconds = 0;
    qint64 bytes = 0; // of the state at the document's end: memories and what waits

    // Means over the tokens at positions [64 i, 64 i + 64) that are measured; NaN where none is.
    std::vector<double> nll; // nats, of predicting the token at the position
    std::vector<double> kl;  // nats, KL(full attention || memory) of what follows the position
    double coverage = std::numeric_limits<double>::quiet_NaN(); // means over steps, layers, heads
    double outputError = std::numeric_limits<double>::quiet_NaN();

    QString questions;       // the file of a set's results, beside this one
    int setLeftOut = 0;      // of the set, what could not be asked at all
    QString setLeftOutFirst; // one sentence; all of them stand in the file questions + ".left-out"
};
QJsonObject toJson(const CellResult& result);
CellResult cellResultFromJson(const QJsonObject& json);

// Tokens and mean of the blocks from position `from` up to `to` (-1: the end).
struct BlockMean {
    double value = std::numeric_limits<double>::quiet_NaN();
    int blocks = 0;
};
BlockMean blockMean(const std::vector<double>& blocks, int from, int to = -1);

} // namespace attendre
