#pragma once

#include "model/trace/configuration.h"
#include "model/trace/intervention.h"
#include "model/trace/step_record.h"

#include <QString>

#include <map>
#include <optional>
#include <vector>

namespace attendre::slow {

// Follows one run's step records from its first step and says what in them cannot be. It knows of
// the run only what the records and the configuration say: no network, no weights.
class StepInvariants {
  public:
    StepInvariants(ResolvedConfiguration configuration, NetworkShape shape, int tokens,
                   double tolerance);

    // The first contradiction in this step, or nothing.
    std::optional<QString> follow(const StepRecord& step);
    // What the end of the run leaves open: a token that never arrived, a query never answered.
    std::optional<QString> end() const;

    qint64 evictions() const { return m_evictions; }

  private:
    struct Head {
        std::vector<std::int32_t> position; // by slot, as the victims and arrivals say
        std::vector<double> rank, mass;     // by slot, at the end of the last step
        std::vector<std::uint32_t> lastTick, hits;
        std::vector<std::uint8_t> life; // by position: 0 to come, 1 resident, 2 evicted
    };
    struct Layer {
        std::vector<Head> heads;
        std::int64_t tick = 0;
        std::int32_t answered = 0;
    };
    using Found = std::optional<QString>;

    Found layerFacts(const StepRecord& step, const LayerRecord& record, Layer& layer) const;
    Found evict(const LayerRecord& record, int g, Head& head);
    Found lowest(const LayerRecord& record, int g, const Head& head,
                 const std::vector<int>& victims) const;
    Found insert(const LayerRecord& record, int g, Head& head) const;
    Found usage(const LayerRecord& record, int g, Head& head) const;
    Found mass(const LayerRecord& record, int g) const;
    Found attention(const LayerRecord& record, int g) const;
    bool isProtected(const LayerRecord& record, int g, std::int32_t position) const;
    int changed(const LayerRecord& record, int g, std::int32_t position) const;

    ResolvedConfiguration m_configuration;
    std::vector<Intervention> m_interventions;
    int m_step = 0;
    NetworkShape m_shape;
    int m_tokens;
    double m_tolerance;
    std::vector<Layer> m_layers;
    std::int32_t m_fed = 0;
    qint64 m_evictions = 0;
};

} // namespace attendre::slow
