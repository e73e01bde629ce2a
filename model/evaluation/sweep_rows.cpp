#include "model/evaluation/sweep_rows.h"

#include <QJsonDocument>

#include <algorithm>
#include <cmath>
#include <set>

namespace attendre {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

QByteArray compact(const QJsonObject& json) {
    return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

// What one document or question gives, by what it is: the same in all rows.
struct Item {
    double value = nan; // nll, or score
    QString document;
};
using Items = std::map<QString, Item>;

struct Gathered {
    SweepRow row;
    std::vector<CellResult> cells;
    std::vector<Answered> answers;
    Items items;
};

double meanOf(const std::vector<double>& values) {
    double sum = 0;
    int count = 0;
    for (const double value : values)
        if (!std::isnan(value)) {
            sum += value;
            ++count;
        }
    return count > 0 ? sum / count : nan;
}

Estimate estimateOf(std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    return values.empty() ? Estimate{nan, nan, nan} : bootstrapMean(values);
}

// Nothing where it is measured only past P.
double nllOf(const CellResult& cell, int from) {
    const int end =
        cell.trainedLength > 0 && cell.tokens > cell.trainedLength ? cell.trainedLength : -1;
    return blockMean(cell.nll, from, end).value;
}

void measureDocuments(Gathered& gathered, int from) {
    SweepRow& row = gathered.row;
    std::vector<double> nll, past, kl, coverage, error, seconds, bytes;
    for (const CellResult& cell : gathered.cells) {
        nll.push_back(nllOf(cell, from));
        const bool isPast = cell.trainedLength > 0 && cell.tokens > cell.trainedLength;
        past.push_back(isPast ? blockMean(cell.nll, cell.trainedLength).value : nan);
        kl.push_back(blockMean(cell.kl, from).value);
        coverage.push_back(cell.coverage);
        error.push_back(cell.outputError);
        seconds.push_back(cell.seconds);
        bytes.push_back(double(cell.bytes));
        gathered.items[cell.subject] = {nll.back(), cell.subject};
    }
    row.count = int(gathered.cells.size());
    row.nll = estimateOf(nll);
    row.nllPastP = estimateOf(past);
    row.kl = estimateOf(kl);
    row.coverage = meanOf(coverage);
    row.outputError = meanOf(error);
    row.seconds = meanOf(seconds);
    row.bytes = meanOf(bytes);
    row.exact = row.score = row.hardScore = row.survivalAuc = {nan, nan, nan};
    row.survival = nan;
}

void measureQuestions(Gathered& gathered, const std::set<QString>& hard) {
    SweepRow& row = gathered.row;
    std::vector<double> exact, score, hardScore, survival, seconds, bytes;
    std::vector<int> cluster, hardCluster;
    std::vector<bool> right;
    Clusters clusters;
    for (const Answered& answered : gathered.answers) {
        if (!answered.leftOut.isEmpty()) {
            ++row.leftOut;
            continue;
        }
        exact.push_back(answered.exact);
        score.push_back(answered.score);
        cluster.push_back(clusters.of(answered.document));
        seconds.push_back(answered.seconds);
        bytes.push_back(double(answered.bytes));
        if (hard.contains(answered.id)) {
            hardScore.push_back(answered.score);
            hardCluster.push_back(cluster.back());
        }
        if (!std::isnan(answered.survival)) {
            survival.push_back(answered.survival);
            right.push_back(answered.score >= 0.5);
        }
        gathered.items[answered.id] = {answered.score, answered.document};
    }
    row.count = int(score.size());
    row.exact = bootstrapMean(exact, cluster);
    row.score = bootstrapMean(score, cluster);
    row.hardScore = bootstrapMean(hardScore, hardCluster);
    row.survivalAuc = bootstrapAuc(survival, right);
    row.survival = meanOf(survival);
    row.seconds = meanOf(seconds);
    row.bytes = meanOf(bytes);
    row.nll = row.nllPastP = row.kl = {nan, nan, nan};
    row.coverage = row.outputError = nan;
}

std::pair<Estimate, int> against(const Items& mine, const Items& other) {
    std::vector<double> a, b;
    std::vector<int> cluster;
    Clusters clusters;
    for (const auto& [name, item] : mine) {
        const auto found = other.find(name);
        if (found == other.end() || std::isnan(item.value) || std::isnan(found->second.value))
            continue;
        a.push_back(item.value);
        b.push_back(found->second.value);
        cluster.push_back(clusters.of(item.document));
    }
    return {bootstrapDifference(a, b, cluster), int(a.size())};
}

// What a row is compared within: all but what the policy is.
QString besideName(const SweepRow& row, bool policy) {
    QJsonObject axes = row.axes;
    if (!policy) {
        axes.remove("policy");
        axes.remove("expression");
        axes.remove("future");
    }
    return QString("%1 %2 %3 %4")
        .arg(int(row.kind))
        .arg(row.subject, row.way, QString::fromUtf8(compact(axes)));
}

// The questions that are wrong without the document.
std::set<QString> hardAmong(const std::vector<Answered>& closedBook) {
    std::set<QString> hard;
    for (const Answered& answered : closedBook)
        if (answered.leftOut.isEmpty() && answered.score == 0)
            hard.insert(answered.id);
    return hard;
}

class Rows {
  public:
    explicit Rows(const SweepFolder& folder) : m_folder(folder) {}

    Result<std::vector<SweepRow>> make() {
        auto results = m_folder.results();
        if (!results)
            return results.error();
        for (CellResult& result : *results)
            if (auto taken = take(std::move(result)); !taken)
                return taken.error();
        std::vector<SweepRow> rows;
        const auto hard = hardQuestions();
        for (const QString& name : m_order) {
            Gathered& gathered = m_rows[name];
            if (gathered.row.kind == SweepCell::Kind::Document)
                measureDocuments(gathered, m_folder.plan().from);
            else
                measureQuestions(gathered, hard.contains(gathered.row.subject)
                                               ? hard.at(gathered.row.subject)
                                               : std::set<QString>());
        }
        for (const QString& name : m_order)
            rows.push_back(compared(m_rows[name]));
        sortByPolicy(rows);
        return rows;
    }

  private:
    Result<void> take(CellResult result) {
        const bool document = result.kind == SweepCell::Kind::Document;
        const QString name = QString("%1 %2 %3")
                                 .arg(document ? QString() : result.subject, result.way,
                                      QString::fromUtf8(compact(result.config)));
        Gathered& gathered = m_rows[name];
        SweepRow& row = gathered.row;
        if (row.way.isEmpty()) {
            m_order.push_back(name);
            row.kind = result.kind;
            row.subject = document ? QString() : result.subject;
            row.way = result.way;
            row.axes = result.axes;
        }
        if (!result.leftOut.isEmpty() && document) {
            ++row.leftOut;
            return {};
        }
        row.cells.push_back(result.number);
        if (!document) {
            auto answers = ResultFile::read(m_folder.questionsFile(result.number));
            if (!answers)
                return answers.error();
            for (Answered& answered : *answers)
                if (answered.reading == result.way)
                    gathered.answers.push_back(std::move(answered));
        }
        gathered.cells.push_back(std::move(result));
        return {};
    }

    // Baselines, fifo, then the policies in the order of the plan; each as the plan has it.
    static void sortByPolicy(std::vector<SweepRow>& rows) {
        QStringList order{QString(), "fifo"};
        for (const SweepRow& row : rows)
            if (const QString policy = row.axes["policy"].toString(); !order.contains(policy))
                order << policy;
        std::stable_sort(rows.begin(), rows.end(), [&](const SweepRow& a, const SweepRow& b) {
            const auto rank = [&](const SweepRow& row) {
                return row.axes.isEmpty() ? qsizetype(0)
                                          : order.indexOf(row.axes["policy"].toString(), 1);
            };
            return rank(a) < rank(b);
        });
    }

    // By set, the questions that are wrong without the document.
    std::map<QString, std::set<QString>> hardQuestions() const {
        std::map<QString, std::set<QString>> hard;
        for (const auto& [name, gathered] : m_rows)
            if (gathered.row.way == "closed-book")
                hard[gathered.row.subject].merge(hardAmong(gathered.answers));
        return hard;
    }

    SweepRow compared(const Gathered& gathered) const {
        SweepRow row = gathered.row;
        row.againstFifo = row.againstFull = {nan, nan, nan};
        if (row.axes.isEmpty())
            return row;
        for (const auto& [name, other] : m_rows) {
            const bool fifo = other.row.axes["policy"] == "fifo" && row.axes["policy"] != "fifo" &&
                              besideName(other.row, false) == besideName(row, false);
            const bool full = other.row.way == "full" && other.row.axes.isEmpty() &&
                              other.row.kind == row.kind && other.row.subject == row.subject;
            if (fifo)
                std::tie(row.againstFifo, row.pairedFifo) = against(gathered.items, other.items);
            if (full && other.row.count > 0 && sameTokens(gathered, other))
                std::tie(row.againstFull, row.pairedFull) = against(gathered.items, other.items);
        }
        return row;
    }

    // Of documents: read as far as each other.
    static bool sameTokens(const Gathered& a, const Gathered& b) {
        return a.row.kind == SweepCell::Kind::Questions ||
               (!a.cells.empty() && !b.cells.empty() &&
                a.cells.front().config["tokens"] == b.cells.front().config["tokens"]);
    }

    const SweepFolder& m_folder;
    std::vector<QString> m_order;
    std::map<QString, Gathered> m_rows;
};

struct Column {
    const char* name;
    Estimate SweepRow::*estimate;
};
constexpr Column estimates[] = {
    {"nll", &SweepRow::nll},
    {"nll_past_p", &SweepRow::nllPastP},
    {"kl", &SweepRow::kl},
    {"exact", &SweepRow::exact},
    {"score", &SweepRow::score},
    {"hard_score", &SweepRow::hardScore},
    {"survival_auc", &SweepRow::survivalAuc},
    {"against_fifo", &SweepRow::againstFifo},
    {"against_full", &SweepRow::againstFull},
};
struct PlainColumn {
    const char* name;
    double SweepRow::*value;
};
constexpr PlainColumn plainColumns[] = {
    {"coverage", &SweepRow::coverage}, {"output_error", &SweepRow::outputError},
    {"survival", &SweepRow::survival}, {"seconds", &SweepRow::seconds},
    {"bytes", &SweepRow::bytes},
};

} // namespace

Result<std::vector<SweepRow>> sweepRows(const SweepFolder& folder) {
    return Rows(folder).make();
}

std::vector<SweepRow> answeredRows(const std::vector<Answered>& answers) {
    std::vector<Gathered> ways;
    for (const Answered& answered : answers) {
        auto way = std::find_if(ways.begin(), ways.end(), [&](const Gathered& one) {
            return one.row.way == answered.reading;
        });
        if (way == ways.end()) {
            way = ways.emplace(way);
            way->row.kind = SweepCell::Kind::Questions;
            way->row.way = answered.reading;
        }
        way->answers.push_back(answered);
    }
    const auto itemsOf = [&ways](const QString& name) -> const Gathered* {
        const auto found = std::find_if(ways.begin(), ways.end(),
                                        [&](const Gathered& one) { return one.row.way == name; });
        return found == ways.end() ? nullptr : &*found;
    };
    // In the order in which summaryOf() draws, so that both come to the same intervals.
    for (Gathered& way : ways)
        std::stable_sort(way.answers.begin(), way.answers.end(),
                         [](const Answered& a, const Answered& b) { return a.id < b.id; });
    const Gathered* closedBook = itemsOf("closed-book");
    const auto hard = closedBook ? hardAmong(closedBook->answers) : std::set<QString>();
    for (Gathered& way : ways)
        measureQuestions(way, hard);
    std::vector<SweepRow> rows;
    for (const Gathered& way : ways) {
        SweepRow row = way.row;
        row.againstFifo = row.againstFull = {nan, nan, nan};
        const Gathered *fifo = itemsOf("fifo"), *full = itemsOf("full");
        if (row.way == "memory" && fifo)
            std::tie(row.againstFifo, row.pairedFifo) = against(way.items, fifo->items);
        if (row.way == "memory" && full)
            std::tie(row.againstFull, row.pairedFull) = against(way.items, full->items);
        rows.push_back(std::move(row));
    }
    return rows;
}

QJsonObject toJson(const SweepRow& row) {
    QJsonObject json{{"kind", row.kind == SweepCell::Kind::Document ? "document" : "questions"},
                     {"subject", row.subject},
                     {"way", row.way},
                     {"axes", row.axes},
                     {"count", row.count},
                     {"left_out", row.leftOut},
                     {"paired_fifo", row.pairedFifo},
                     {"paired_full", row.pairedFull}};
    for (const Column& column : estimates)
        json[column.name] = toJson(row.*column.estimate);
    for (const PlainColumn& column : plainColumns)
        json[column.name] = toJson(row.*column.value);
    return json;
}

QByteArray toCsv(const std::vector<SweepRow>& rows, const QStringList& axes) {
    QStringList header{"set", "way"};
    header << axes << "count"
           << "left_out";
    for (const Column& column : estimates)
        header << column.name << QString("%1_low").arg(column.name)
               << QString("%1_high").arg(column.name);
    for (const PlainColumn& column : plainColumns)
        header << column.name;
    QByteArray csv = header.join(',').toUtf8() + '\n';
    for (const SweepRow& row : rows) {
        QStringList cells{csvText(row.subject), row.way};
        for (const QString& axis : axes) {
            const QJsonValue value = row.axes[axis];
            cells << (value.isUndefined() ? QString()
                      : value.isString()  ? csvText(value.toString())
                                          : csvText(value.toVariant().toString()));
        }
        cells << QString::number(row.count) << QString::number(row.leftOut);
        for (const Column& column : estimates) {
            const Estimate& e = row.*column.estimate;
            cells << csvNumber(e.value) << csvNumber(e.low) << csvNumber(e.high);
        }
        for (const PlainColumn& column : plainColumns)
            cells << csvNumber(row.*column.value);
        csv += cells.join(',').toUtf8() + '\n';
    }
    return csv;
}

QString rowLabel(const SweepRow& row) {
    return labelOf(row.way, row.axes);
}

} // namespace attendre
