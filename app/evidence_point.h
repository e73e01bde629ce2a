#pragma once

#include "model/analysis/evidence_step.h"
#include "widgets/view.h"

#include <optional>
#include <utility>

namespace attendre {

// Goes to the step of a question's trace that decided about its answer's evidence, once the trace
// is open, and says what happened there.
class EvidencePoint : public QObject {
    Q_OBJECT
  public:
    EvidencePoint(const ViewContext& context, QObject* parent = nullptr);

    // first, last: the evidence's positions in the run that reads the document, which is the first.
    void wish(std::int32_t first, std::int32_t last) { m_wish = {first, last}; }
    void forget() { m_wish.reset(); }

    static constexpr int readingRun = 1;

  signals:
    void said(const QString& sentence);
    void refused(const QString& sentence);

  private:
    void look();

    ViewContext m_context;
    std::optional<std::pair<std::int32_t, std::int32_t>> m_wish;
};

// "The answer's evidence (positions 102–104) left 6 of 9 heads; 4 of them in this step."
QString evidenceSentence(const EvidenceStep& found, std::int32_t first, std::int32_t last);

} // namespace attendre
