#pragma once

#include "model/trace/database.h"
#include "model/trace/step_frame.h"

#include <vector>

namespace attendre {

// The numbering of a run's series. Every series exists for the run as a whole (layer -1, head -1:
// the mean over layers and heads), the ones of layers for each layer (head -1: the mean over its
// heads), the ones of heads for each head.
class SeriesChannels {
  public:
    // measured: with the series of runs that have an archive, whose numbers follow all others'.
    SeriesChannels(int layers, int heads, bool measured = false)
        : m_layers(layers), m_heads(heads), m_measured(measured) {}
    int count() const;
    // -1 where there is no such series.
    int channel(Series series, int layer, int head) const;
    // One value a channel out of a step's numbers; NaN where the step has none: the share of
    // FIFO's victims and their age without an eviction, nll without a token.
    std::vector<float> values(const StepInfo& step, const std::vector<LayerStepInfo>& layers,
                              const std::vector<HeadStepInfo>& heads) const;

  private:
    int countOfAll() const; // those that every run has
    int measuredChannel(int series, int layer, int head) const;
    void addMeasured(const std::vector<HeadStepInfo>& heads, std::vector<float>& out) const;

    int m_layers, m_heads;
    bool m_measured;
};

// Folds values into minimum, maximum and mean; NaN counts for nothing.
class ExtentSum {
  public:
    void add(float value);
    void add(const Extent& extent);
    Extent extent() const;

  private:
    float m_minimum = 0, m_maximum = 0;
    double m_sum = 0;
    std::int32_t m_count = 0;
};

QByteArray extentsToBytes(const std::vector<Extent>& extents);
Result<std::vector<Extent>> extentsFromBytes(const QByteArray& bytes);
QByteArray valuesToBytes(const std::vector<float>& values);
Result<std::vector<float>> valuesFromBytes(const QByteArray& bytes);

// Writes the pyramids of a run as it goes: one row for every 64 steps and channel, one of 64
// extents of 64 steps each for every 4,096, and so on.
class SeriesWriter {
  public:
    SeriesWriter(Database& database, int run, int layers, int heads, bool measured);
    // Inside the step's transaction.
    Result<void> add(const StepFrame& frame);
    // Writes the rows that are not full yet.
    Result<void> finish();

  private:
    Result<void> writeValues(qint64 block);
    Result<void> writeExtents(int level, qint64 block);
    Result<void> insert(int level, int channel, qint64 block, const QByteArray& data);

    Database& m_database;
    int m_run;
    SeriesChannels m_channels;
    qint64 m_steps = 0;
    std::vector<std::vector<float>> m_values;                // [channel][<= 64]
    std::vector<std::vector<std::vector<Extent>>> m_extents; // [level - 1][channel][<= 64]
};

} // namespace attendre
