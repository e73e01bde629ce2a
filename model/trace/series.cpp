#include "model/trace/series.h"

#include "model/trace/bytes.h"
#include "model/trace/layout.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int runSeries = 10, layerSeries = 8, headSeries = 6, measuredSeries = 4;
constexpr float none = std::numeric_limits<float>::quiet_NaN();

Error damaged() {
    return {"A row of a series is damaged; record the run again."};
}

// The six series of a head, in the order of Series from HitRate on.
std::vector<float> headValues(const HeadStepInfo& h, bool answered) {
    const bool evicted = h.evicted > 0;
    return {answered ? h.hitRate : none,     answered ? h.sinkShare : none,
            answered ? h.recentShare : none, evicted ? h.fifoAgreement : none,
            float(h.evictedNeverHit),        evicted ? h.meanAgeAtEviction : none};
}

class Means {
  public:
    explicit Means(int count) : m_sums(count), m_counts(count) {}
    void add(int i, float value) {
        if (std::isnan(value))
            return;
        m_sums[i] += double(value);
        ++m_counts[i];
    }
    float mean(int i) const { return m_counts[i] > 0 ? float(m_sums[i] / m_counts[i]) : none; }

  private:
    std::vector<double> m_sums;
    std::vector<int> m_counts;
};

} // namespace

int SeriesChannels::countOfAll() const {
    return runSeries + m_layers * (layerSeries + m_heads * headSeries);
}

int SeriesChannels::count() const {
    return countOfAll() + (m_measured ? measuredSeries * (1 + m_layers * (1 + m_heads)) : 0);
}

// Each of the four has the run's channel, then the layers', then the heads'.
int SeriesChannels::measuredChannel(int series, int layer, int head) const {
    const int place = layer < 0 ? 0 : head < 0 ? 1 + layer : 1 + m_layers + layer * m_heads + head;
    return countOfAll() + series * (1 + m_layers * (1 + m_heads)) + place;
}

void SeriesChannels::addMeasured(const std::vector<HeadStepInfo>& heads,
                                 std::vector<float>& out) const {
    for (int s = 0; s < measuredSeries; ++s) {
        Means run(1);
        for (int l = 0; l < m_layers; ++l) {
            Means layer(1);
            for (int h = 0; h < m_heads && size_t(l * m_heads + h) < heads.size(); ++h) {
                const SeenNumbers& seen = heads[size_t(l * m_heads + h)].seen;
                const float values[] = {seen.coverage, seen.outputError, seen.coverageBeyondSinks,
                                        seen.outputErrorBeyondSinks};
                out[measuredChannel(s, l, h)] = values[s];
                layer.add(0, values[s]);
            }
            out[measuredChannel(s, l, -1)] = layer.mean(0);
            run.add(0, layer.mean(0));
        }
        out[measuredChannel(s, -1, -1)] = run.mean(0);
    }
}

int SeriesChannels::channel(Series series, int layer, int head) const {
    const int s = int(series);
    if (m_measured && s >= runSeries && s < runSeries + measuredSeries && layer >= -1 &&
        layer < m_layers && head >= -1 && head < m_heads && (layer >= 0 || head < 0))
        return measuredChannel(s - runSeries, layer, head);
    if (s < 0 || s >= runSeries || layer < -1 || layer >= m_layers || head < -1 || head >= m_heads)
        return -1;
    if (layer < 0)
        return head < 0 ? s : -1;
    if (head < 0)
        return s < int(Series::Occupancy)
                   ? -1
                   : runSeries + layer * layerSeries + s - int(Series::Occupancy);
    if (s < int(Series::HitRate))
        return -1;
    return runSeries + m_layers * layerSeries + (layer * m_heads + head) * headSeries + s -
           int(Series::HitRate);
}

std::vector<float> SeriesChannels::values(const StepInfo& step,
                                          const std::vector<LayerStepInfo>& layers,
                                          const std::vector<HeadStepInfo>& heads) const {
    std::vector<float> out(count(), none);
    Means run(layerSeries);
    for (int l = 0; l < m_layers && l < int(layers.size()); ++l) {
        Means layer(layerSeries);
        layer.add(0, float(layers[l].occupancy));
        layer.add(1, float(layers[l].evicted));
        for (int h = 0; h < m_heads; ++h) {
            const auto values = headValues(heads[size_t(l) * m_heads + h], layers[l].answered > 0);
            for (int s = 0; s < headSeries; ++s) {
                out[channel(Series(int(Series::HitRate) + s), l, h)] = values[s];
                layer.add(2 + s, values[s]);
            }
        }
        for (int s = 0; s < layerSeries; ++s) {
            out[channel(Series(int(Series::Occupancy) + s), l, -1)] = layer.mean(s);
            run.add(s, layer.mean(s));
        }
    }
    out[0] = float(step.meanNll);
    out[1] = float(step.milliseconds);
    for (int s = 0; s < layerSeries; ++s)
        out[2 + s] = run.mean(s);
    if (m_measured)
        addMeasured(heads, out);
    return out;
}

void ExtentSum::add(float value) {
    if (!std::isnan(value))
        add(Extent{value, value, value, 1});
}

void ExtentSum::add(const Extent& extent) {
    if (extent.count == 0)
        return;
    m_minimum = m_count == 0 ? extent.minimum : std::min(m_minimum, extent.minimum);
    m_maximum = m_count == 0 ? extent.maximum : std::max(m_maximum, extent.maximum);
    m_sum += double(extent.mean) * extent.count;
    m_count += extent.count;
}

Extent ExtentSum::extent() const {
    return {m_minimum, m_maximum, m_count > 0 ? float(m_sum / m_count) : 0, m_count};
}

QByteArray extentsToBytes(const std::vector<Extent>& extents) {
    ByteWriter out;
    for (const Extent& e : extents) {
        out.put(e.minimum);
        out.put(e.maximum);
        out.put(e.mean);
        out.put(e.count);
    }
    return out.bytes();
}

Result<std::vector<Extent>> extentsFromBytes(const QByteArray& bytes) {
    std::vector<Extent> extents(size_t(bytes.size()) / 16);
    ByteReader in(bytes);
    for (Extent& e : extents) {
        e.minimum = in.get<float>();
        e.maximum = in.get<float>();
        e.mean = in.get<float>();
        e.count = in.get<std::int32_t>();
    }
    return in.complete() ? Result<std::vector<Extent>>(std::move(extents)) : damaged();
}

QByteArray valuesToBytes(const std::vector<float>& values) {
    return QByteArray(reinterpret_cast<const char*>(values.data()),
                      qsizetype(values.size() * sizeof(float)));
}

Result<std::vector<float>> valuesFromBytes(const QByteArray& bytes) {
    if (bytes.size() % qsizetype(sizeof(float)) != 0)
        return damaged();
    std::vector<float> values(size_t(bytes.size()) / sizeof(float));
    if (!values.empty())
        std::memcpy(values.data(), bytes.constData(), size_t(bytes.size()));
    return values;
}

SeriesWriter::SeriesWriter(Database& database, int run, int layers, int heads, bool measured)
    : m_database(database), m_run(run), m_channels(layers, heads, measured),
      m_values(m_channels.count()),
      m_extents(layout::seriesLevels - 1, std::vector<std::vector<Extent>>(m_channels.count())) {}

Result<void> SeriesWriter::add(const StepFrame& frame) {
    std::vector<LayerStepInfo> layers;
    std::vector<HeadStepInfo> heads;
    for (const LayerFrame& layer : frame.layers) {
        layers.push_back(layer.info);
        heads.insert(heads.end(), layer.heads.begin(), layer.heads.end());
    }
    const auto values = m_channels.values(frame.info, layers, heads);
    for (int c = 0; c < m_channels.count(); ++c)
        m_values[c].push_back(values[c]);
    ++m_steps;
    constexpr int block = layout::stepsPerBlock;
    if (m_steps % block != 0)
        return {};
    if (auto done = writeValues(m_steps / block - 1); !done)
        return done;
    qint64 items = m_steps / block;
    for (int level = 1; level < layout::seriesLevels && items % block == 0; ++level) {
        items /= block;
        if (auto done = writeExtents(level, items - 1); !done)
            return done;
    }
    return {};
}

// Writes the open row of values and folds it into the level above.
Result<void> SeriesWriter::writeValues(qint64 block) {
    for (int c = 0; c < m_channels.count(); ++c) {
        if (auto done = insert(0, c, block, valuesToBytes(m_values[c])); !done)
            return done;
        ExtentSum sum;
        for (float value : m_values[c])
            sum.add(value);
        m_extents[0][c].push_back(sum.extent());
        m_values[c].clear();
    }
    return {};
}

Result<void> SeriesWriter::writeExtents(int level, qint64 block) {
    for (int c = 0; c < m_channels.count(); ++c) {
        auto& extents = m_extents[level - 1][c];
        if (auto done = insert(level, c, block, extentsToBytes(extents)); !done)
            return done;
        if (level + 1 < layout::seriesLevels) {
            ExtentSum sum;
            for (const Extent& extent : extents)
                sum.add(extent);
            m_extents[level][c].push_back(sum.extent());
        }
        extents.clear();
    }
    return {};
}

Result<void> SeriesWriter::finish() {
    constexpr int block = layout::stepsPerBlock;
    if (m_channels.count() == 0 || m_steps == 0)
        return {};
    if (!m_values[0].empty())
        if (auto done = writeValues(m_steps / block); !done)
            return done;
    qint64 items = (m_steps + block - 1) / block;
    for (int level = 1; level < layout::seriesLevels; ++level) {
        if (!m_extents[level - 1][0].empty())
            if (auto done = writeExtents(level, items / block - (items % block == 0 ? 1 : 0));
                !done)
                return done;
        items = (items + block - 1) / block;
    }
    return {};
}

Result<void> SeriesWriter::insert(int level, int channel, qint64 block, const QByteArray& data) {
    auto row = m_database.prepare("INSERT INTO t_series(key, data) VALUES(?, ?)");
    if (!row)
        return row.error();
    const QByteArray frame = compressed(data);
    const int code =
        row->bind(1, layout::seriesKey(m_run, level, channel, block)).bind(2, frame).step();
    return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database.error(code));
}

} // namespace attendre
