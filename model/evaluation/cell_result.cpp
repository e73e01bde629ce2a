#include "model/evaluation/cell_result.h"

#include "model/evaluation/statistics.h"

#include <QJsonArray>

#include <cmath>

namespace attendre {

namespace {

QJsonArray arrayOf(const std::vector<double>& values) {
    QJsonArray array;
    for (const double value : values)
        array << toJson(value);
    return array;
}

std::vector<double> numbers(const QJsonValue& json) {
    std::vector<double> values;
    for (const QJsonValue& value : json.toArray())
        values.push_back(numberFromJson(value));
    return values;
}

} // namespace

QJsonObject toJson(const CellResult& r) {
    QJsonObject json{{"cell", r.number},
                     {"key", r.key},
                     {"kind", r.kind == SweepCell::Kind::Document ? "document" : "questions"},
                     {"subject", r.subject},
                     {"way", r.way},
                     {"axes", r.axes},
                     {"config", r.config},
                     {"tokens", r.tokens},
                     {"trained_length", r.trainedLength},
                     {"seconds", r.seconds},
                     {"bytes", r.bytes}};
    if (!r.leftOut.isEmpty()) {
        json["left_out"] = r.leftOut;
        return json;
    }
    if (r.kind == SweepCell::Kind::Questions) {
        json["questions"] = r.questions;
        json["set_left_out"] = r.setLeftOut;
        json["set_left_out_first"] = r.setLeftOutFirst;
        return json;
    }
    json["nll"] = arrayOf(r.nll);
    if (!r.kl.empty())
        json["kl"] = arrayOf(r.kl);
    if (!std::isnan(r.coverage)) {
        json["coverage"] = r.coverage;
        json["output_error"] = toJson(r.outputError);
    }
    return json;
}

CellResult cellResultFromJson(const QJsonObject& json) {
    CellResult r;
    r.number = json["cell"].toInt();
    r.key = json["key"].toString();
    r.kind = json["kind"] == "questions" ? SweepCell::Kind::Questions : SweepCell::Kind::Document;
    r.subject = json["subject"].toString();
    r.way = json["way"].toString();
    r.axes = json["axes"].toObject();
    r.config = json["config"].toObject();
    r.leftOut = json["left_out"].toString();
    r.tokens = json["tokens"].toInt();
    r.trainedLength = json["trained_length"].toInt();
    r.seconds = json["seconds"].toDouble();
    r.bytes = json["bytes"].toInteger();
    r.nll = numbers(json["nll"]);
    r.kl = numbers(json["kl"]);
    r.coverage = numberFromJson(json["coverage"]);
    r.outputError = numberFromJson(json["output_error"]);
    r.questions = json["questions"].toString();
    r.setLeftOut = json["set_left_out"].toInt();
    r.setLeftOutFirst = json["set_left_out_first"].toString();
    return r;
}

BlockMean blockMean(const std::vector<double>& blocks, int from, int to) {
    BlockMean mean;
    double sum = 0;
    const auto first = std::size_t((from + CellResult::block - 1) / CellResult::block);
    const std::size_t end =
        to < 0 ? blocks.size() : std::min(blocks.size(), std::size_t(to / CellResult::block));
    for (std::size_t i = first; i < end; ++i)
        if (!std::isnan(blocks[i])) {
            sum += blocks[i];
            ++mean.blocks;
        }
    if (mean.blocks > 0)
        mean.value = sum / mean.blocks;
    return mean;
}

} // namespace attendre
