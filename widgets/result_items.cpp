#include "widgets/result_items.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ResultItems", text);
}

QString decimals(double value, int places) {
    return QLocale(QLocale::English).toString(value, 'f', places);
}

TableCell numberCell(double value, int places) {
    if (std::isnan(value))
        return {};
    return {decimals(value, places), {}, value};
}

TableCell differenceCell(double value) {
    if (std::isnan(value))
        return {};
    const QString sign = value < 0 ? QStringLiteral("−") : QStringLiteral("+");
    return {sign + decimals(std::abs(value), 3), {}, value};
}

TableCell textCell(const QString& text) {
    return {text, {}, text, false, text.size() > 40 ? text : QString()};
}

QString oneLine(QString text) {
    return text.replace(QLatin1Char('\n'), QChar(0x23CE));
}

// Nothing where it is measured only past P.
double nllOf(const CellResult& cell, int from) {
    const bool past = cell.trainedLength > 0 && cell.tokens > cell.trainedLength;
    return blockMean(cell.nll, from, past ? cell.trainedLength : -1).value;
}

double nllPastP(const CellResult& cell) {
    const bool past = cell.trainedLength > 0 && cell.tokens > cell.trainedLength;
    return past ? blockMean(cell.nll, cell.trainedLength).value
                : std::numeric_limits<double>::quiet_NaN();
}

// Less the other's, over what counts: up to P, or past it where all is.
double lessOf(const DocumentItem& item, const std::optional<CellResult>& other, int from) {
    if (!other)
        return std::numeric_limits<double>::quiet_NaN();
    const double mine = nllOf(item.mine, from);
    return std::isnan(mine) ? nllPastP(item.mine) - nllPastP(*other) : mine - nllOf(*other, from);
}

template <class Has> bool any(const std::vector<DocumentItem>& items, Has has) {
    return std::any_of(items.begin(), items.end(), has);
}

bool hasPast(const DocumentItem& item) {
    return !std::isnan(nllPastP(item.mine));
}
bool hasFifo(const DocumentItem& item) {
    return item.fifo.has_value();
}
bool hasFull(const DocumentItem& item) {
    return item.full.has_value();
}
bool hasDivergence(const DocumentItem& item) {
    return !item.mine.kl.empty();
}

// All but what the policy is.
QJsonObject withoutPolicy(QJsonObject settings) {
    for (const char* name : {"policy", "expression", "future"})
        settings.remove(QLatin1String(name));
    return settings;
}

const ResultRow* fifoBeside(const EvaluationResults& results, const ResultRow& row) {
    for (const ResultRow& other : results.rows)
        if (&other != &row && other.settings["policy"] == "fifo" &&
            other.row.kind == row.row.kind && other.row.way == row.row.way &&
            withoutPolicy(other.settings) == withoutPolicy(row.settings))
            return &other;
    return nullptr;
}

std::optional<CellResult> documentOf(const ResultRow* row, const CellResult& like) {
    if (row)
        for (const CellResult& cell : row->documents)
            if (cell.subject == like.subject && cell.config["tokens"] == like.config["tokens"])
                return cell;
    return {};
}

} // namespace

// --- questions

std::vector<QuestionItem> questionItems(const EvaluationResults& results, const ResultRow& row) {
    std::map<QString, std::vector<const Answered*>> others;
    for (const ResultRow& other : results.rows)
        if (&other != &row && other.row.axes.isEmpty() && other.asks() &&
            other.row.subject == row.row.subject)
            for (const Answered& answered : other.answers)
                if (answered.leftOut.isEmpty())
                    others[answered.id].push_back(&answered);
    std::vector<QuestionItem> items;
    for (const Answered& answered : row.answers) {
        QuestionItem item{answered, {}, {}, {}};
        for (const Answered* other : others[answered.id]) {
            if (other->reading == "closed-book")
                item.closedBook = other->score;
            if (!item.best || other->score > *item.best) {
                item.best = other->score;
                item.bestWay = other->reading;
            }
        }
        items.push_back(std::move(item));
    }
    const auto rank = [](const QuestionItem& item) {
        return std::tuple(!item.answered.leftOut.isEmpty(), item.answered.score,
                          item.answered.score - item.best.value_or(0));
    };
    std::stable_sort(items.begin(), items.end(), [&](const QuestionItem& a, const QuestionItem& b) {
        return rank(a) < rank(b);
    });
    return items;
}

namespace {

bool anySurvival(const std::vector<QuestionItem>& items) {
    return std::any_of(items.begin(), items.end(), [](const QuestionItem& item) {
        return !std::isnan(item.answered.survival);
    });
}

// A result of an older version does not say what was asked.
bool anyWords(const std::vector<QuestionItem>& items) {
    return std::any_of(items.begin(), items.end(), [](const QuestionItem& item) {
        return !item.answered.question.isEmpty() || !item.answered.answers.isEmpty();
    });
}

bool anyOther(const std::vector<QuestionItem>& items) {
    return std::any_of(items.begin(), items.end(),
                       [](const QuestionItem& item) { return item.best.has_value(); });
}

} // namespace

std::vector<TableColumn> questionColumns(const std::vector<QuestionItem>& items) {
    std::vector<TableColumn> columns{
        {tr("question"), tr("Its key in the set."), false, 260},
        {tr("prediction"), tr("What was answered; where it was left out, why."), false, 220},
        {tr("score"), tr("Of this way of reading; higher is better."), true},
        {tr("exact"), tr("Whether the prediction is one of the answers exactly."), true}};
    if (anyWords(items)) {
        columns.insert(
            columns.begin() + 1,
            {{tr("asked"), tr("The question's words."), false, 200},
             {tr("answers"), tr("Those that the set accepts, the first three."), false, 120}});
    }
    if (anyOther(items)) {
        columns.push_back({tr("closed-book"), tr("The score without the document."), true});
        columns.push_back(
            {tr("best otherwise"), tr("The best score of another way of reading, and which.")});
    }
    if (anySurvival(items)) {
        columns.push_back({tr("survival"),
                           tr("In what share of layers and K/V heads none of the answer's "
                              "span had been evicted when the question came."),
                           true});
        columns.push_back({tr("evidence"), tr("The positions of the answer's span."), true});
    }
    columns.push_back({tr("document"), tr("What was read."), false, 220});
    columns.push_back({tr("tokens"), tr("Of the input, the question included."), true});
    columns.push_back({tr("seconds"), tr("From reading to answer, of wall time."), true});
    return columns;
}

std::vector<TableRow> questionCells(const std::vector<QuestionItem>& items, bool survivalTells) {
    const bool survival = anySurvival(items), others = anyOther(items), words = anyWords(items);
    std::vector<TableRow> rows;
    for (const QuestionItem& item : items) {
        const Answered& a = item.answered;
        const bool left = !a.leftOut.isEmpty();
        const auto score = [](std::optional<double> value) {
            return value ? numberCell(*value, 2) : TableCell{};
        };
        TableCell said = textCell(oneLine(left ? a.leftOut : a.prediction));
        said.isQuiet = left || a.prediction.isEmpty();
        if (!left && a.prediction.isEmpty())
            said.text = tr("(nothing)");
        said.tip = left ? a.leftOut : a.prediction;
        TableRow row{textCell(a.id)};
        if (words) {
            row.push_back(textCell(oneLine(a.question)));
            row.push_back(textCell(oneLine(a.answers)));
        }
        row.push_back(said);
        row.push_back(left ? TableCell{} : numberCell(a.score, 2));
        row.push_back(left ? TableCell{} : numberCell(a.exact, 0));
        if (others) {
            row.push_back(score(item.closedBook));
            row.push_back(score(item.best));
            if (item.best)
                row.back().note = QStringLiteral("(%1)").arg(item.bestWay);
        }
        if (survival) {
            TableCell share = std::isnan(a.survival)
                                  ? TableCell{}
                                  : TableCell{decimals(100 * a.survival, 0) + QStringLiteral(" %"),
                                              {},
                                              a.survival};
            share.isQuiet = !survivalTells;
            row.push_back(share);
            row.push_back(
                a.evidenceFirst < 0
                    ? TableCell{}
                    : TableCell{
                          a.evidenceFirst == a.evidenceLast
                              ? QString::number(a.evidenceFirst)
                              : QStringLiteral("%1–%2").arg(a.evidenceFirst).arg(a.evidenceLast),
                          {},
                          a.evidenceFirst});
        }
        row.push_back(textCell(a.document));
        row.push_back(left ? TableCell{} : numberCell(double(a.tokens), 0));
        row.push_back(left ? TableCell{} : numberCell(a.seconds, 2));
        rows.push_back(std::move(row));
    }
    return rows;
}

// --- documents

std::vector<DocumentItem> documentItems(const EvaluationResults& results, const ResultRow& row) {
    const ResultRow* fifo = row.isBaseline() ? nullptr : fifoBeside(results, row);
    const ResultRow* full = results.beside(row, "full");
    std::vector<DocumentItem> items;
    for (const CellResult& cell : row.documents)
        items.push_back({cell, documentOf(fifo, cell), documentOf(full, cell)});
    return items;
}

std::vector<TableColumn> documentColumns(const std::vector<DocumentItem>& items) {
    std::vector<TableColumn> columns{
        {tr("document"), tr("What was read."), false, 200},
        {tr("nll"),
         tr("Nats a token, from the plan's first position on, up to the trained length P. Lower is "
            "better."),
         true}};
    if (any(items, hasPast))
        columns.push_back({tr("nll past P"), tr("The nll from position P on."), true});
    if (any(items, hasFifo))
        columns.push_back({tr("against fifo"),
                           tr("This nll less that of the policy fifo at the same sizes; below 0 is "
                              "better."),
                           true});
    if (any(items, hasFull))
        columns.push_back({tr("against full"),
                           tr("This nll less that of full attention; below 0 is better."), true});
    if (any(items, hasDivergence))
        columns.push_back({tr("KL to full"), tr("Nats; 0: as full attention predicts."), true});
    columns.push_back({tr("tokens"), tr("How far it was read."), true});
    columns.push_back({tr("seconds"), tr("Of wall time."), true});
    return columns;
}

std::vector<TableRow> documentCells(const std::vector<DocumentItem>& items, int from) {
    std::vector<TableRow> rows;
    for (const DocumentItem& item : items) {
        TableRow row{textCell(item.mine.subject), numberCell(nllOf(item.mine, from), 3)};
        if (any(items, hasPast))
            row.push_back(numberCell(nllPastP(item.mine), 3));
        if (any(items, hasFifo))
            row.push_back(differenceCell(lessOf(item, item.fifo, from)));
        if (any(items, hasFull))
            row.push_back(differenceCell(lessOf(item, item.full, from)));
        if (any(items, hasDivergence))
            row.push_back(numberCell(blockMean(item.mine.kl, from).value, 4));
        row.push_back(numberCell(item.mine.tokens, 0));
        row.push_back(numberCell(item.mine.seconds, 1));
        rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace attendre
