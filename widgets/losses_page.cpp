#include "widgets/losses_page.h"

#include "widgets/cell_table.h"
#include "widgets/compare_words.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QVBoxLayout>

namespace attendre {

namespace {

constexpr int mostTokens = 48;

QString nats(double value) {
    return QString::number(value, 'f', 3);
}

QString signedNats(double value) {
    return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) + nats(std::abs(value));
}

} // namespace

LossesPage::LossesPage(const ViewContext& context, ComparedRun* compared, QWidget* parent)
    : ComparePage(context, compared, parent), m_words(new QLabel(this)),
      m_table(new CellTable(context.theme, tr("Tokens whose nll differs most"), this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_words->setWordWrap(true);
    m_words->setTextFormat(Qt::RichText);
    m_words->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    column->addWidget(m_words);
    column->addWidget(m_table, 1);
    connect(m_table, &CellTable::rowOpened, this, &LossesPage::jump);
    connect(m_table, &QTableView::clicked, this, [this] { jump(m_table->chosen()); });
    themeChanged();
}

void LossesPage::themeChanged() {
    m_words->setFont(theme().textFont());
    m_words->setText(coloured(summary()));
    m_table->setFont(theme().smallFont());
    m_table->horizontalHeader()->setFont(theme().smallFont());
    update();
}

void LossesPage::forget() {
    m_losses.reset();
    m_causes.clear();
    m_texts.clear();
    m_asked = false;
    m_divergence.reset();
    showTable();
}

void LossesPage::refresh(bool everything) {
    if (everything)
        forget();
    const auto divergence = compared().divergence();
    if (!divergence)
        return showTable();
    const bool grown = m_divergence && m_divergence != divergence;
    m_divergence = divergence;
    if (!m_asked || grown)
        readLosses();
}

void LossesPage::readLosses() {
    m_asked = true;
    read<LossDifferences>(
        PairReadings::Lane::Runs, "losses",
        [](const ComparedRuns& runs, const Cancel& cancel) {
            return lossDifferences(runs, mostTokens, cancel);
        },
        [this](LossDifferences losses) {
            m_losses = std::move(losses);
            m_causes.assign(m_losses->largest.size(), std::nullopt);
            showTable();
            readNextCause();
        });
}

// One after the other, so that the first stand there soon.
void LossesPage::readNextCause() {
    const auto next = std::find(m_causes.begin(), m_causes.end(), std::nullopt);
    if (next == m_causes.end() || !m_divergence)
        return;
    const auto row = std::size_t(next - m_causes.begin());
    read<Found>(
        PairReadings::Lane::Runs, "cause",
        [token = m_losses->largest[row], divergence = m_divergence](
            const ComparedRuns& runs, const Cancel& cancel) -> Result<Found> {
            const auto cause = lossCause(runs, *divergence, token, cancel);
            if (!cause)
                return cause.error();
            Found found{*cause, {}};
            if (cause->entry == noPosition)
                return found;
            const auto text = runs.a.reader->tokens(runs.a.run.run, cause->entry, 1);
            if (!text)
                return text.error();
            found.text = text->empty() ? QByteArray() : text->front().text;
            return found;
        },
        [this, row](const Found& found) {
            if (row >= m_causes.size())
                return;
            m_causes[row] = found.cause;
            if (found.cause.entry != noPosition)
                m_texts[found.cause.entry] = found.text;
            showTable();
            readNextCause();
        });
}

void LossesPage::showTable() {
    static const auto columns = [] {
        return std::vector<TableColumn>{
            {tr("token"), tr("The token that was predicted")},
            {tr("position"), tr("Its index in the input"), true},
            {tr("nll A"), tr("Negative log-likelihood of predicting it in run A, nats"), true},
            {tr("nll B"), tr("The same in run B"), true},
            {tr("Δ"), tr("nll in B less that in A"), true},
            {tr("likely cause"),
             tr("What the run that predicted it worse had lost: of that, what the other run's "
                "query read most. A click or Return goes to that eviction."),
             false, 720}};
    };
    m_words->setText(coloured(summary()));
    std::vector<TableRow> rows;
    for (std::size_t i = 0; m_losses && i < m_losses->largest.size(); ++i) {
        const LossDifference& token = m_losses->largest[i];
        const std::optional<LossCause>& cause = m_causes[i];
        QString words = tr("…");
        if (cause) {
            const auto text = m_texts.find(cause->entry);
            words = causeWords(*cause, text == m_texts.end() ? QByteArray() : text->second);
        }
        rows.push_back({{quotedToken(token.text), {}, QString::fromUtf8(token.text)},
                        {wholeNumber(token.position), {}, token.position},
                        {nats(double(token.a)), {}, double(token.a)},
                        {nats(double(token.b)), {}, double(token.b)},
                        {signedNats(token.difference()), {}, token.difference()},
                        {words, {}, words, !cause || cause->step < 0, words}});
    }
    m_table->setVisible(!rows.empty());
    m_table->setContent(columns(), std::move(rows), m_table->chosen());
    emit contentChanged();
}

void LossesPage::jump(int row) {
    if (row < 0 || std::size_t(row) >= m_causes.size())
        return;
    const std::optional<LossCause>& cause = m_causes[std::size_t(row)];
    if (cause && cause->step >= 0)
        goTo(cause->inA, cause->step, cause->layer, cause->head, cause->entry);
}

QString LossesPage::summary() const {
    if (!m_losses)
        return tr("Reading what each token cost …");
    if (m_losses->tokens == 0)
        return tr("Nothing is compared: tokens are predicted in the mode causal, and not in a "
                  "replay. Choose another run above.");
    return (m_losses->largest.empty()
                ? tr("Mean nll of %1 tokens: A %2 · B %3 · B − A %4. No token differs.")
                : tr("Mean nll of %1 tokens: A %2 · B %3 · B − A %4. The tokens that differ most:"))
        .arg(wholeNumber(m_losses->tokens), nats(m_losses->meanA), nats(m_losses->meanB),
             signedNats(m_losses->meanB - m_losses->meanA));
}

QString LossesPage::csv() const {
    QString text =
        QStringLiteral("position,nll_a,nll_b,difference,lost_in,step,layer,head,entry,weight\n");
    for (std::size_t i = 0; m_losses && i < m_losses->largest.size(); ++i) {
        const LossDifference& token = m_losses->largest[i];
        text += QStringLiteral("%1,%2,%3,%4")
                    .arg(token.position)
                    .arg(double(token.a))
                    .arg(double(token.b))
                    .arg(token.difference());
        const std::optional<LossCause>& cause = m_causes[i];
        text += cause && cause->step >= 0
                    ? QStringLiteral(",%1,%2,%3,%4,%5,%6\n")
                          .arg(cause->inA ? QStringLiteral("a") : QStringLiteral("b"))
                          .arg(cause->step)
                          .arg(cause->layer)
                          .arg(cause->head)
                          .arg(cause->entry)
                          .arg(cause->weight)
                    : QStringLiteral(",,,,,,\n");
    }
    return text;
}

} // namespace attendre
