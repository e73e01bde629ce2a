#include "widgets/document_view.h"

#include "widgets/document_canvas.h"
#include "widgets/document_legend.h"
#include "widgets/document_minimap.h"
#include "widgets/document_search.h"
#include "widgets/document_tip.h"
#include "widgets/losses_source.h"
#include "widgets/plot_text.h"
#include "widgets/span_menu.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLocale>
#include <QMenu>
#include <QStandardItemModel>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr std::int32_t block = 8192; // tokens read at once
constexpr std::size_t mostHits = 100'000;
} // namespace

DocumentView::DocumentView(const ViewContext& context, QWidget* parent)
    : View(context, parent), m_canvas(new DocumentCanvas(context.theme, &m_text, this)),
      m_minimap(new DocumentMinimap(context.theme, this)), m_search(new DocumentSearchBar(this)),
      m_legend(new DocumentLegend(context.theme, this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_search);
    auto* row = new QHBoxLayout;
    row->setSpacing(2);
    row->addWidget(m_canvas, 1);
    row->addWidget(m_minimap);
    column->addLayout(row, 1);
    column->addWidget(m_legend);
    setFocusProxy(m_canvas);

    m_columns = new QComboBox(this);
    m_columns->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_columns->setMinimumContentsLength(10);
    m_columns->setAccessibleName(tr("What colours the tokens"));
    for (int i = 0; i < tokenColumnCount; ++i)
        m_columns->addItem(tr("colour: %1").arg(columnName(TokenColumn(i))));
    connect(m_columns, &QComboBox::activated, this,
            [this](int index) { setColumn(TokenColumn(index)); });
    if (context.losses)
        connect(context.losses, &LossesSource::told, this, [this] {
            if (m_column == TokenColumn::Regret)
                readValues();
        });
    wireCanvas();
    wireSearch();
}

QWidget* DocumentView::headerWidget() {
    return m_columns;
}

bool DocumentView::isBlank() const {
    return m_text.count() == 0 || !m_memory;
}

void DocumentView::bringIntoView() {
    const Point point = now();
    if (point.entry != noPosition)
        m_canvas->scrollToToken(point.entry);
    else if (m_memory)
        m_canvas->scrollToToken(m_memory->firstPosition + m_memory->arrived - 1, 0.75);
}

void DocumentView::find() {
    m_search->begin();
}

void DocumentView::wireCanvas() {
    connect(m_canvas, &DocumentCanvas::clicked, this, [this](std::int32_t token) {
        Point point = now();
        point.entry = token;
        context().point->move(point);
    });
    connect(m_canvas, &DocumentCanvas::pointedAt, this, [this](std::int32_t token, const QPoint&) {
        m_pointedAt = token;
        emit hovered(tokenSentence(m_text, m_memory ? &*m_memory : nullptr, token));
    });
    connect(m_canvas, &DocumentCanvas::tipWanted, this, &DocumentView::showTip);
    connect(m_canvas, &DocumentCanvas::spanSelected, this,
            [this](std::int32_t first, std::int32_t last) {
                emit hovered(
                    first == noPosition
                        ? QString()
                        : tr("%1 selected: a right click or the menu key offers what to do "
                             "with it, Esc lets go")
                              .arg(spanWords(first, last)));
            });
    connect(m_canvas, &DocumentCanvas::menuWanted, this,
            [this](std::int32_t first, std::int32_t last, const QPoint& at) {
                QMenu* menu = makeSpanMenu(context(), first, last, spanWords(first, last), this);
                menu->setAttribute(Qt::WA_DeleteOnClose);
                menu->popup(at);
            });
    connect(m_canvas, &DocumentCanvas::scrolled, this, [this] {
        const auto [first, end] = m_canvas->visibleTokens();
        m_minimap->setVisible(first, end);
        if (m_column > TokenColumn::StateAllHeads)
            readValues();
    });
    connect(m_minimap, &DocumentMinimap::wanted, this,
            [this](std::int32_t token) { m_canvas->scrollToToken(token); });
}

QString DocumentView::spanWords(std::int32_t first, std::int32_t last) const {
    if (first == last)
        return tr("%1 · position %2").arg(quoted(m_text.tokenBytes(first)), wholeNumber(first));
    return tr("%1 … %2 · positions %3–%4")
        .arg(quoted(m_text.tokenBytes(first)), quoted(m_text.tokenBytes(last)), wholeNumber(first),
             wholeNumber(last));
}

void DocumentView::wireSearch() {
    connect(m_search, &DocumentSearchBar::edited, this, &DocumentView::search);
    connect(m_search, &DocumentSearchBar::nextWanted, this, [this] { goToHit(1); });
    connect(m_search, &DocumentSearchBar::previousWanted, this, [this] { goToHit(-1); });
    connect(m_search, &DocumentSearchBar::closed, this, [this] {
        m_search->hide();
        m_hits.clear();
        m_canvas->setHits({}, -1);
        m_canvas->setFocus();
    });
}

void DocumentView::traceOpened() {
    traceClosed();
}

void DocumentView::traceClosed() {
    m_run = 0;
    m_text.clear();
    m_memory.reset();
    m_values = {};
    m_losses.reset();
    m_hits.clear();
    m_canvas->clearMemory();
    m_canvas->textCleared();
    m_minimap->setTokens(0);
    setDetail(QString());
}

void DocumentView::pointMoved(const Point& now, const Point& before) {
    const RunInfo* run = source().run(now.run);
    if (!run)
        return;
    if (now.run != m_run) {
        traceClosed();
        m_run = now.run;
        m_nllKnown = 1;
        m_minimap->setTokens(std::int32_t(run->tokens));
        m_canvas->setPins(run->configuration.asked.pins);
        offerColumns(*run);
        setDetail(QFileInfo(run->document).fileName());
        readTokens();
    }
    m_canvas->select(now.entry);
    m_minimap->setSelected(now.entry);
    if (now.entry != before.entry && now.entry != noPosition && before.run == now.run)
        m_canvas->reveal(now.entry);
    Point same = before;
    same.entry = now.entry;
    same.query = now.query;
    if (!(same == now) || !m_memory)
        readMemory();
}

// What a run has no numbers for stands greyed in the list, and says what would give them.
void DocumentView::offerColumns(const RunInfo& run) {
    const auto offer = [this](TokenColumn column, const QString& why) {
        auto* model = qobject_cast<QStandardItemModel*>(m_columns->model());
        model->item(int(column))->setEnabled(why.isEmpty());
        m_columns->setItemData(int(column), why.isEmpty() ? QVariant() : why, Qt::ToolTipRole);
        if (!why.isEmpty() && m_column == column)
            setColumn(TokenColumn::State);
    };
    const QString archive = tr("Record with --archive all to see this.");
    offer(TokenColumn::Nll, run.configuration.mode == QStringLiteral("causal") || run.parent > 0
                                ? QString()
                                : tr("Tokens are predicted in causal mode only."));
    offer(TokenColumn::Coverage, hasSeries(run, Series::SeenCoverage) ? QString() : archive);
    offer(TokenColumn::OutputError, hasSeries(run, Series::OutputError) ? QString() : archive);
    offer(TokenColumn::Regret, context().losses ? context().losses->refusal(run.run) : archive);
}

void DocumentView::traceGrown(int run, int steps) {
    if (run != now().run)
        return;
    if (!m_memory && steps > 0)
        readMemory();
    offerColumns(*source().run(run)); // a run that has ended can tell its regrets
    readNewNll();
}

// Block after block, so that the first lines stand at once however long the document is.
void DocumentView::readTokens() {
    const RunInfo* run = source().run(m_run);
    const std::int32_t first = m_text.count();
    if (!run || first >= run->tokens)
        return;
    const auto count = std::int32_t(std::min<qint64>(block, run->tokens - first));
    source().read<std::vector<TokenInfo>>(
        this, "tokens",
        [id = m_run, first, count](Reader& reader) { return reader.tokens(id, first, count); },
        [this, id = m_run, first](Result<std::vector<TokenInfo>> tokens) {
            if (!tokens || tokens->empty() || id != m_run || first != m_text.count())
                return;
            m_text.append(*tokens);
            m_canvas->textAppended();
            readTokens();
            if (m_text.count() == source().run(m_run)->tokens)
                readNewNll();
        });
}

void DocumentView::readNewNll() {
    const RunInfo* run = source().run(m_run);
    const int steps = source().stepCount(m_run);
    if (!run || steps == 0 || m_nllKnown >= m_text.count())
        return;
    const std::int32_t first = m_nllKnown;
    const auto count = std::min(block, m_text.count() - first);
    source().read<std::vector<TokenInfo>>(
        this, "nll",
        [id = m_run, first, count](Reader& reader) { return reader.tokens(id, first, count); },
        [this, id = m_run, first](Result<std::vector<TokenInfo>> tokens) {
            if (!tokens || id != m_run)
                return;
            std::vector<float> nll;
            for (const TokenInfo& token : *tokens) {
                nll.push_back(token.nll);
                if (!std::isnan(token.nll))
                    m_nllKnown = token.position + 1;
            }
            m_text.setNll(first, nll);
            if (m_column == TokenColumn::Nll)
                applyColouring();
            if (m_nllKnown == first + block)
                readNewNll();
        });
}

void DocumentView::readMemory() {
    const Point point = now();
    const RunInfo* run = source().run(point.run);
    if (!run || source().stepCount(point.run) == 0)
        return;
    source().read<DocumentMemory>(
        this, "memory",
        [point, run = *run](Reader& reader) { return readDocumentMemory(reader, run, point); },
        [this](Result<DocumentMemory> memory) {
            if (memory)
                showMemory(*memory);
            else
                emit hovered(memory.error().sentence);
        });
}

void DocumentView::showMemory(const DocumentMemory& memory) {
    const DocumentMemory before = m_memory.value_or(DocumentMemory());
    const bool first = !m_memory;
    m_memory = memory;
    m_canvas->setMemory(memory);
    m_minimap->setMemory(m_memory, m_column == TokenColumn::StateAllHeads);
    if (first && now().entry == noPosition)
        m_canvas->scrollToToken(memory.firstPosition + memory.arrived - 1, 0.75);
    else if (first)
        m_canvas->scrollToToken(now().entry, 0.45);
    else
        followReading(before, memory);
    // The mouse may rest on a token that something has just happened to.
    if (m_pointedAt != noPosition)
        emit hovered(tokenSentence(m_text, &*m_memory, m_pointedAt));
    applyColouring();
    if (m_column > TokenColumn::StateAllHeads)
        readValues();
}

// What is being read comes into sight, unless a person looks at a token that they selected and that
// stands elsewhere.
void DocumentView::followReading(const DocumentMemory& before, const DocumentMemory& now) {
    const std::int32_t wasAt = before.firstPosition + before.arrived - 1;
    const std::int32_t isAt = now.firstPosition + now.arrived - 1;
    const bool held = context().point->entryChosen() &&
                      m_canvas->isVisibleToken(this->now().entry) &&
                      !m_canvas->isVisibleToken(wasAt);
    if (wasAt != isAt && !held)
        m_canvas->reveal(isAt, 0.75);
}

void DocumentView::setColumn(TokenColumn column) {
    m_column = column;
    m_columns->setCurrentIndex(int(column));
    m_minimap->setMemory(m_memory, column == TokenColumn::StateAllHeads);
    applyColouring();
    readValues();
}

// Only for what is in sight.
void DocumentView::readValues() {
    const RunInfo* run = source().run(m_run);
    if (m_column <= TokenColumn::StateAllHeads || m_column == TokenColumn::Nll || !m_memory || !run)
        return;
    if (m_column == TokenColumn::Regret) {
        const Point& point = m_memory->point;
        m_losses =
            context().losses ? context().losses->of(point.run, point.layer, point.head) : nullptr;
        return applyColouring();
    }
    const auto [first, end] = m_canvas->visibleTokens();
    source().read<DocumentValues>(
        this, "values",
        [run = *run, point = m_memory->point, column = m_column, first = first,
         count = end - first](Reader& reader) {
            return readDocumentValues(reader, run, point, column, first, count);
        },
        [this](Result<DocumentValues> values) {
            if (!values)
                return emit hovered(values.error().sentence);
            m_values = values.take();
            applyColouring();
        });
}

std::optional<double> DocumentView::valueOf(std::int32_t token) const {
    if (m_column == TokenColumn::Nll) {
        const float nll = m_text.nll(token);
        return std::isnan(nll) ? std::nullopt : std::optional<double>(nll);
    }
    if (m_column == TokenColumn::Regret)
        return m_losses ? regretOf(*m_losses, token, m_memory->point.step) : std::nullopt;
    return m_values.column == m_column ? m_values.of(token, *m_memory) : std::nullopt;
}

void DocumentView::applyColouring() {
    if (m_column <= TokenColumn::StateAllHeads || !m_memory) {
        m_canvas->setColouring(m_column, {});
        const bool victims = m_memory && m_memory->point.phase == Phase::Evict;
        m_legend->showStates(victims, m_column == TokenColumn::StateAllHeads,
                             m_memory && m_memory->hasQueue);
        return;
    }
    const bool usage = m_column >= TokenColumn::Hits && m_column <= TokenColumn::Age;
    const auto shielded = [this, usage](std::int32_t token) {
        return usage && m_memory && m_memory->isShielded(token);
    };
    m_scale = {};
    m_scale.logarithmic =
        (usage && m_column != TokenColumn::Age) || m_column == TokenColumn::Regret;
    m_scale.unit = m_column == TokenColumn::Hits ? 1 : 0;
    const auto [first, end] = m_canvas->visibleTokens();
    bool anyShielded = false;
    for (std::int32_t token = first; token < end; ++token) {
        if (shielded(token))
            anyShielded = true;
        else if (const auto value = valueOf(token))
            m_scale.add(*value);
    }
    m_canvas->setColouring(
        m_column,
        [this](std::int32_t token) -> std::optional<double> {
            const auto value = valueOf(token);
            return value ? std::optional(m_scale.t(*value)) : std::nullopt;
        },
        shielded);
    const auto number = [this](double value) {
        return m_scale.known ? QLocale().toString(value, 'g', 3) : QStringLiteral("–");
    };
    const bool reckoning = m_column == TokenColumn::Regret && !m_losses;
    m_legend->showScale(reckoning ? tr("regret: being reckoned …") : columnWords(m_column),
                        number(m_scale.least), number(m_scale.greatest), anyShielded);
}

void DocumentView::showTip(std::int32_t token, const QPoint& at) {
    source().read<TokenFacts>(
        this, "tip",
        [point = now(), token](Reader& reader) { return readTokenFacts(reader, point, token); },
        [this, point = now(), at](Result<TokenFacts> facts) {
            if (facts)
                QToolTip::showText(at, factsText(*facts, point), m_canvas->viewport());
        });
}

// On the reading thread: the text's parts are shared, so the copy costs little.
void DocumentView::search() {
    using Hits = std::vector<std::pair<std::int32_t, std::int32_t>>;
    auto text = std::make_shared<const DocumentText>(m_text);
    source().read<Hits>(
        this, "search",
        [text, wanted = m_search->wanted(), expression = m_search->isExpression()](Reader&) {
            return findInText(*text, wanted, expression, mostHits);
        },
        [this](Result<Hits> hits) {
            if (!hits) {
                m_search->say(hits.error().sentence);
                return;
            }
            m_hits = hits.take();
            m_hit = -1;
            if (m_hits.empty()) {
                m_canvas->setHits({}, -1);
                m_search->say(m_search->wanted().isEmpty() ? QString() : tr("no hit"));
            } else
                goToHit(0);
        });
}

// 0: the first hit at or behind what is in sight.
void DocumentView::goToHit(int direction) {
    if (m_hits.empty())
        return;
    const int count = int(m_hits.size());
    if (direction == 0) {
        const std::int32_t from = m_canvas->visibleTokens().first;
        const auto next = std::find_if(m_hits.begin(), m_hits.end(),
                                       [from](const auto& hit) { return hit.first >= from; });
        m_hit = next == m_hits.end() ? 0 : int(next - m_hits.begin());
    } else {
        m_hit = (m_hit + direction + count) % count;
    }
    m_canvas->setHits(m_hits, m_hit);
    m_canvas->reveal(m_hits[std::size_t(m_hit)].first);
    m_search->say(tr("%1 of %2").arg(m_hit + 1).arg(QLocale().toString(count)));
}

void DocumentView::themeChanged() {
    m_canvas->themeChanged();
    m_minimap->update();
    applyColouring();
}

} // namespace attendre
