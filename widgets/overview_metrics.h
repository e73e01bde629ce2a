#pragma once

#include "model/analysis/series.h"
#include "widgets/plot_text.h"

#include <QtGlobal>

#include <array>

namespace attendre {

// What the overview can colour its cells by.
struct OverviewMetric {
    const char* title;
    const char* meaning;
    Series series;
    bool share; // between 0 and 1
    double (*value)(const HeadStepInfo&);
};

inline const std::array<OverviewMetric, 8> overviewMetrics{{
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "hit rate"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "hits per query and resident entry"),
     Series::HitRate, true, [](const HeadStepInfo& h) { return double(h.hitRate); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "mass on sinks"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of the mass on positions 0 to 3"),
     Series::SinkShare, true, [](const HeadStepInfo& h) { return double(h.sinkShare); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "mass on recent"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of the mass on the C arrivals before"),
     Series::RecentShare, true, [](const HeadStepInfo& h) { return double(h.recentShare); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "agreement with FIFO"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of victims that FIFO would have chosen"),
     Series::FifoAgreement, true, [](const HeadStepInfo& h) { return double(h.fifoAgreement); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "evicted, never hit"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "victims of this step that were never hit"),
     Series::EvictedNeverHit, false,
     [](const HeadStepInfo& h) { return double(h.evictedNeverHit); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "age at eviction"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "mean age of this step's victims, in ticks"),
     Series::AgeAtEviction, false,
     [](const HeadStepInfo& h) { return double(h.meanAgeAtEviction); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "coverage"),
     QT_TRANSLATE_NOOP("attendre::OverviewView",
                       "share of the attention over all that came which falls on residents (of "
                       "runs with --archive and of replays)"),
     Series::SeenCoverage, true, [](const HeadStepInfo& h) { return double(h.seen.coverage); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "output error"),
     QT_TRANSLATE_NOOP("attendre::OverviewView",
                       "how far the output lies from that over all that came, as a share of it (of "
                       "runs with --archive all)"),
     Series::OutputError, true, [](const HeadStepInfo& h) { return double(h.seen.outputError); }},
}};

// A metric's value as it is written.
inline QString shown(const OverviewMetric& metric, double value) {
    return metric.share ? percent(value) : shortNumber(value);
}

} // namespace attendre
