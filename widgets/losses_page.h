#pragma once

#include "model/analysis/loss_difference.h"
#include "widgets/compare_page.h"

#include <map>
#include <optional>
#include <vector>

class QLabel;

namespace attendre {

class CellTable;

// The tokens whose nll differs most between the runs, each with its likely cause: a click or Return
// goes to the eviction that it is owed to.
class LossesPage : public ComparePage {
    Q_OBJECT
  public:
    LossesPage(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    void themeChanged() override;
    QString csv() const override;
    QString colouredBy() const override { return tr("Δ = nll in B less that in A, nats"); }
    QString summary() const override;
    CellTable* table() const { return m_table; }
    const LossDifferences* losses() const { return m_losses ? &*m_losses : nullptr; }
    // Of the row of the same number; nothing: not found yet.
    const std::vector<std::optional<LossCause>>& causes() const { return m_causes; }

  private:
    struct Found {
        LossCause cause;
        QByteArray text; // of the lost entry
    };
    void readLosses();
    void readNextCause();
    void showTable();
    void jump(int row);

    QLabel* m_words;
    CellTable* m_table;
    std::optional<LossDifferences> m_losses;
    std::vector<std::optional<LossCause>> m_causes;
    std::map<std::int32_t, QByteArray> m_texts; // of lost entries
    bool m_asked = false;
    std::shared_ptr<const RunDivergence> m_divergence; // that the causes are looked for with
};

} // namespace attendre
