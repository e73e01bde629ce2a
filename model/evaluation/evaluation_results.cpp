#include "model/evaluation/evaluation_results.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace attendre {

namespace {

const QStringList firstSettings{"policy", "survives", "query-memory", "memory", "chunk"};

// A sweep's folder also by a file in it: its plan, or the tables that were made of it.
QString folderOf(const QString& path) {
    const QFileInfo info(path);
    if (info.isDir())
        return path;
    const bool ofSweep = info.fileName() == "sweep.json" || info.fileName() == "results.jsonl" ||
                         info.fileName() == "results.csv";
    return ofSweep && QFileInfo::exists(info.absoluteDir().filePath("sweep.json"))
               ? info.absolutePath()
               : QString();
}

// What a configuration says of its sizes; whole memories have none.
QJsonObject sizesOf(const Configuration& configuration) {
    QJsonObject sizes{{"policy", configuration.policy}, {"chunk", configuration.chunk}};
    if (!configuration.queryMemory.empty())
        sizes["query-memory"] = configuration.queryMemory.front();
    if (configuration.memory.empty())
        return sizes;
    sizes["memory"] = configuration.memory.front();
    sizes["survives"] = configuration.memory.front() - configuration.chunk;
    return sizes;
}

QJsonObject joined(QJsonObject settings, const QJsonObject& axes) {
    for (auto axis = axes.begin(); axis != axes.end(); ++axis)
        settings[axis.key()] = axis.value();
    return settings;
}

QStringList settingsOf(const std::vector<ResultRow>& rows, const QStringList& axes) {
    QStringList known = firstSettings;
    for (const QString& axis : axes)
        if (!known.contains(axis))
            known << axis;
    QStringList present;
    for (const QString& name : known) {
        const bool wanted = std::any_of(rows.begin(), rows.end(), [&](const ResultRow& row) {
            // Without a Q memory anywhere there is nothing to say of it.
            return row.settings.contains(name) &&
                   (name != "query-memory" || row.settings[name].toInt() != 0);
        });
        if (wanted)
            present << name;
    }
    return present;
}

Result<void> addQuestions(ResultRow& one, const QString& file) {
    auto answers = ResultFile::read(file, &one.head);
    if (!answers)
        return answers.error();
    one.file = file;
    one.answers = answers.take();
    return {};
}

Result<ResultRow> withItems(const SweepFolder& folder, SweepRow row) {
    ResultRow one;
    one.label = rowLabel(row);
    for (const int cell : row.cells) {
        if (!row.axes.isEmpty())
            one.settings =
                joined(sizesOf(folder.plan().cells[std::size_t(cell)].configuration), row.axes);
        if (row.kind == SweepCell::Kind::Questions) {
            if (auto added = addQuestions(one, folder.questionsFile(cell)); !added)
                return added.error();
        } else {
            auto result = folder.result(cell);
            if (!result)
                return result.error();
            one.documents.push_back(result.take());
        }
    }
    one.row = std::move(row);
    return one;
}

Result<EvaluationResults> readSweep(const QString& path) {
    auto folder = SweepFolder::open(path);
    if (!folder)
        return folder.error();
    auto rows = sweepRows(*folder);
    if (!rows)
        return rows.error();
    EvaluationResults results;
    results.path = folder->path();
    results.isSweep = true;
    results.from = folder->plan().from;
    results.cells = int(folder->plan().cells.size());
    results.done = results.cells - int(folder->missing().size());
    for (const SweepCell& cell : folder->plan().cells)
        if (const QString why = folder->failure(cell.number); !why.isEmpty())
            results.failed.push_back(
                {QString("%1, %2").arg(cell.subject, labelOf(cell.way, cell.axes)), why});
    for (SweepRow& row : *rows) {
        auto one = withItems(*folder, std::move(row));
        if (!one)
            return one.error();
        results.rows.push_back(one.take());
    }
    results.settings = settingsOf(results.rows, folder->plan().axes);
    return results;
}

Result<EvaluationResults> readFile(const QString& path) {
    QJsonObject head;
    auto answers = ResultFile::read(path, &head);
    if (!answers)
        return answers.error();
    if (!head.contains("attendre_eval"))
        return Error{QString("%1 was not written by attendre eval: name a file that it wrote, or "
                             "the folder of a sweep.")
                         .arg(path),
                     2};
    EvaluationResults results;
    results.path = QFileInfo(path).absoluteFilePath();
    auto configuration = configurationFromJson(head["config"].toObject());
    if (!configuration)
        return Error{QString("%1: %2").arg(path, configuration.error().sentence)};
    for (SweepRow& row : answeredRows(*answers)) {
        ResultRow one;
        one.label = row.way;
        one.file = results.path;
        one.head = head;
        if (row.way == "memory" || row.way == "fifo" || row.way == "shuffled")
            one.settings = sizesOf(*configuration);
        if (row.way == "fifo")
            one.settings["policy"] = row.way;
        for (const Answered& answered : *answers)
            if (answered.reading == row.way)
                one.answers.push_back(answered);
        one.row = std::move(row);
        results.rows.push_back(std::move(one));
    }
    std::stable_partition(results.rows.begin(), results.rows.end(),
                          [](const ResultRow& row) { return row.isBaseline(); });
    results.settings = settingsOf(results.rows, {});
    return results;
}

} // namespace

const ResultRow* EvaluationResults::find(const QString& label, const QString& subject) const {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const ResultRow& one) {
        return one.label == label && one.row.subject == subject;
    });
    return found == rows.end() ? nullptr : &*found;
}

const ResultRow* EvaluationResults::beside(const ResultRow& row, const QString& way) const {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const ResultRow& one) {
        return one.row.way == way && one.row.axes.isEmpty() && one.row.kind == row.row.kind &&
               one.row.subject == row.row.subject;
    });
    return found == rows.end() || &*found == &row ? nullptr : &*found;
}

bool namesResults(const QString& path) {
    const QFileInfo info(path);
    if (info.isDir())
        return QFileInfo::exists(QDir(path).filePath("sweep.json"));
    if (!folderOf(path).isEmpty())
        return true;
    QFile file(path);
    return info.suffix() == "jsonl" && file.open(QIODevice::ReadOnly) &&
           file.read(16).startsWith("{\"attendre_eval\"");
}

Result<EvaluationResults> readResults(const QString& path) {
    const QString folder = folderOf(path);
    return folder.isEmpty() ? readFile(path) : readSweep(folder);
}

} // namespace attendre
