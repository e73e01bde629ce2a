#pragma once

#include "widgets/document_memory.h"
#include "widgets/document_text.h"
#include "widgets/document_values.h"
#include "widgets/magnitude_scale.h"
#include "widgets/view.h"

class QComboBox;

namespace attendre {

class DocumentCanvas;
class DocumentLegend;
class DocumentMinimap;
class DocumentSearchBar;

// The text, token by token: what the current layer and head hold of it and what they lost.
class DocumentView : public View {
    Q_OBJECT
  public:
    DocumentView(const ViewContext& context, QWidget* parent = nullptr);

    QWidget* headerWidget() override;
    bool isBlank() const override;
    void bringIntoView() override;
    void find() override;

    DocumentCanvas* canvas() const { return m_canvas; }
    const DocumentText& text() const { return m_text; }
    void setColumn(TokenColumn column);
    TokenColumn column() const { return m_column; }

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override;
    void traceClosed() override;
    void traceGrown(int run, int steps) override;
    void themeChanged() override;

  private:
    void wireCanvas();
    void wireSearch();
    QString spanWords(std::int32_t first, std::int32_t last) const;
    void readTokens();
    void readNewNll();
    void readMemory();
    void showMemory(const DocumentMemory& memory);
    void readValues();
    void offerColumns(const RunInfo& run);
    void applyColouring();
    std::optional<double> valueOf(std::int32_t token) const;
    void showTip(std::int32_t token, const QPoint& at);
    void search();
    void goToHit(int direction);
    void followReading(const DocumentMemory& before, const DocumentMemory& now);

    DocumentText m_text;
    int m_run = 0;               // whose tokens m_text holds
    std::int32_t m_nllKnown = 1; // positions below have their value
    std::optional<DocumentMemory> m_memory;
    TokenColumn m_column = TokenColumn::State;
    DocumentValues m_values;                    // of the tokens in sight, for colouring by a column
    std::shared_ptr<const HeadLosses> m_losses; // of the current head, for colouring by regret
    MagnitudeScale m_scale; // of the column's values in sight, without protected entries
    std::vector<std::pair<std::int32_t, std::int32_t>> m_hits;
    int m_hit = -1;
    std::int32_t m_pointedAt = noPosition; // under the mouse when it moved last
    DocumentCanvas* m_canvas;
    DocumentMinimap* m_minimap;
    DocumentSearchBar* m_search;
    DocumentLegend* m_legend;
    QComboBox* m_columns = nullptr;
};

} // namespace attendre
