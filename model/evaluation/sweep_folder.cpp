#include "model/evaluation/sweep_folder.h"

#include "model/formats/json_file.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QSysInfo>

#include <map>

namespace attendre {

namespace {

constexpr int version = 1;

QByteArray compact(const QJsonObject& json) {
    return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

QString hashOf(const QByteArray& bytes) {
    return QString::fromLatin1(
        QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex().left(16));
}

Result<void> writeWhole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return Error{QString("%1 cannot be written (%2): make room or choose another folder.")
                         .arg(path, file.errorString())};
    return {};
}

QString kindName(SweepCell::Kind kind) {
    return kind == SweepCell::Kind::Document ? "document" : "questions";
}

QJsonObject cellJson(const SweepCell& cell, const QString& key, const QString& subjectHash) {
    return {{"cell", cell.number},
            {"kind", kindName(cell.kind)},
            {"path", cell.path},
            {"subject", cell.subject},
            {"way", cell.way},
            {"axes", cell.axes},
            {"key", key},
            {"subject_hash", subjectHash},
            {"config", toJson(cell.configuration, false)}};
}

QJsonObject questionsJson(const SweepQuestions& how) {
    return {{"evidence", how.evidence},
            {"first", how.first},
            {"max_answer_tokens", how.mostAnswerTokens}};
}

// All that a result depends on.
QString keyOf(const SweepPlan& plan, const SweepCell& cell, const QString& modelHash,
              const QString& subjectHash) {
    Configuration configuration = cell.configuration;
    QJsonObject what{{"model", modelHash},
                     {"subject", subjectHash},
                     {"kind", kindName(cell.kind)},
                     {"way", cell.way},
                     {"config", toJson(configuration, false)}};
    if (cell.kind == SweepCell::Kind::Questions)
        what["questions"] = questionsJson(plan.questions);
    else
        what["measure"] = int(plan.divergence) + 2 * int(plan.coverage);
    return hashOf(compact(what));
}

} // namespace

Result<QString> hashOfFile(const QString& path) {
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        return Error{QString("%1 cannot be read (%2): name a file that you can open.")
                         .arg(path, file.errorString()),
                     2};
    return "sha256:" + QString::fromLatin1(hash.result().toHex());
}

Result<SweepFolder> SweepFolder::of(const QString& path, SweepPlan plan, const QString& modelHash) {
    SweepFolder folder;
    folder.m_path = QDir(path).absolutePath();
    folder.m_modelHash = modelHash;
    std::map<QString, QString> hashes;
    for (const SweepCell& cell : plan.cells) {
        QString& hash = hashes[cell.path];
        if (hash.isEmpty()) {
            auto read = hashOfFile(cell.path);
            if (!read)
                return read.error();
            hash = read.take();
        }
        folder.m_subjectHashes.push_back(hash);
        folder.m_keys.push_back(keyOf(plan, cell, modelHash, hash));
    }
    folder.m_plan = std::move(plan);
    return folder;
}

Result<void> SweepFolder::save() const {
    const QDir folder(m_path);
    if (folder.exists() && !folder.exists("sweep.json") &&
        !folder.isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot))
        return Error{
            QString("The folder %1 holds something else than a sweep: name another with -o.")
                .arg(m_path),
            2};
    for (const char* part : {"/cells", "/locks"})
        if (!QDir().mkpath(m_path + part))
            return Error{QString("The folder %1 cannot be made: name another with -o.").arg(m_path),
                         2};
    QJsonArray cells;
    for (std::size_t i = 0; i < m_plan.cells.size(); ++i)
        cells << cellJson(m_plan.cells[i], m_keys[i], m_subjectHashes[i]);
    const QJsonObject json{{"attendre_sweep", version},
                           {"plan", m_plan.path},
                           {"model", m_plan.model},
                           {"model_hash", m_modelHash},
                           {"questions", questionsJson(m_plan.questions)},
                           {"kl", m_plan.divergence},
                           {"coverage", m_plan.coverage},
                           {"from", m_plan.from},
                           {"axes", QJsonArray::fromStringList(m_plan.axes)},
                           {"cells", cells}};
    return writeWhole(m_path + "/sweep.json", QJsonDocument(json).toJson());
}

Result<SweepFolder> SweepFolder::open(const QString& path) {
    SweepFolder folder;
    folder.m_path = QDir(path).absolutePath();
    const QString file = folder.m_path + "/sweep.json";
    if (!QFile::exists(file))
        return Error{QString("%1 holds no sweep (there is no sweep.json): name the folder that "
                             "attendre sweep wrote.")
                         .arg(path),
                     2};
    auto json = readJsonObject(file);
    if (!json)
        return json.error();
    if ((*json)["attendre_sweep"].toInt() != version)
        return Error{QString("%1 is of another version than %2: read it with the program that "
                             "wrote it.")
                         .arg(file)
                         .arg(version)};
    SweepPlan& plan = folder.m_plan;
    folder.m_modelHash = (*json)["model_hash"].toString();
    plan.path = (*json)["plan"].toString();
    plan.model = (*json)["model"].toString();
    const QJsonObject how = (*json)["questions"].toObject();
    plan.questions.evidence = how["evidence"].toString();
    plan.questions.first = how["first"].toInt();
    plan.questions.mostAnswerTokens = how["max_answer_tokens"].toInt();
    plan.divergence = (*json)["kl"].toBool();
    plan.coverage = (*json)["coverage"].toBool();
    plan.from = (*json)["from"].toInt();
    plan.axes = (*json)["axes"].toVariant().toStringList();
    for (const QJsonValue& value : (*json)["cells"].toArray()) {
        const QJsonObject one = value.toObject();
        SweepCell cell;
        cell.number = int(plan.cells.size());
        cell.kind =
            one["kind"] == "questions" ? SweepCell::Kind::Questions : SweepCell::Kind::Document;
        cell.path = one["path"].toString();
        cell.subject = one["subject"].toString();
        cell.way = one["way"].toString();
        cell.axes = one["axes"].toObject();
        auto configuration = configurationFromJson(one["config"].toObject());
        if (!configuration)
            return configuration.error();
        cell.configuration = configuration.take();
        folder.m_keys.push_back(one["key"].toString());
        folder.m_subjectHashes.push_back(one["subject_hash"].toString());
        plan.cells.push_back(std::move(cell));
    }
    return folder;
}

QString SweepFolder::file(int cell, const QString& ending) const {
    return m_path + "/cells/" + key(cell) + ending;
}

QString SweepFolder::fullOutputsFile(int cell) const {
    const Configuration& c = m_plan.cells[std::size_t(cell)].configuration;
    const QJsonObject what{{"model", m_modelHash},
                           {"subject", m_subjectHashes[std::size_t(cell)]},
                           {"tokens", c.tokens},
                           {"bos", c.bos},
                           {"template", c.promptTemplate},
                           {"dtype", c.dtype},
                           {"device", c.device}};
    return m_path + "/full/" + hashOf(compact(what)) + ".f32";
}

bool SweepFolder::has(int cell) const {
    return QFile::exists(file(cell, ".json"));
}

std::vector<int> SweepFolder::missing() const {
    std::vector<int> cells;
    for (int cell = 0; cell < int(m_keys.size()); ++cell)
        if (!has(cell))
            cells.push_back(cell);
    return cells;
}

Result<CellResult> SweepFolder::result(int cell) const {
    auto json = readJsonObject(file(cell, ".json"));
    if (!json)
        return Error{
            QString("%1 Remove it, its cell will be computed again.").arg(json.error().sentence)};
    CellResult result = cellResultFromJson(*json);
    result.number = cell; // a plan that was changed may number it anew
    const SweepCell& planned = m_plan.cells[std::size_t(cell)];
    result.axes = planned.axes;
    result.subject = planned.subject;
    return result;
}

Result<std::vector<CellResult>> SweepFolder::results() const {
    std::vector<CellResult> all;
    for (int cell = 0; cell < int(m_keys.size()); ++cell) {
        if (!has(cell))
            continue;
        auto one = result(cell);
        if (!one)
            return one.error();
        all.push_back(one.take());
    }
    return all;
}

QString SweepFolder::failure(int cell) const {
    QFile failed(file(cell, ".failed"));
    return failed.open(QIODevice::ReadOnly) ? QString::fromUtf8(failed.readAll()).trimmed()
                                            : QString();
}

Result<void> SweepFolder::add(const CellResult& result) const {
    const QString path = file(result.number, ".json");
    if (auto written = writeWhole(path, compact(toJson(result)) + '\n'); !written)
        return written;
    QFile::remove(file(result.number, ".failed"));
    // One write of a short line that is appended: lines of several processes do not mix.
    QFile log(m_path + "/log.jsonl");
    if (log.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered))
        log.write(compact({{"cell", result.number},
                           {"key", result.key},
                           {"ended", QDateTime::currentDateTimeUtc().toString(Qt::ISODate)},
                           {"host", QSysInfo::machineHostName()},
                           {"seconds", result.seconds}}) +
                  '\n');
    return {};
}

void SweepFolder::fail(int cell, const QString& sentence) const {
    (void)writeWhole(file(cell, ".failed"), sentence.toUtf8() + '\n');
}

} // namespace attendre
