#include "model/evaluation/sweep_plan.h"

#include "model/formats/json_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <set>

namespace attendre {

namespace {

const QString survives = QStringLiteral("survives"); // R: M less C

// As it stands in the file.
QString jsonOf(const QJsonValue& value) {
    const QByteArray json =
        QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact); // "[192]"
    return QString::fromUtf8(json.mid(1, json.size() - 2));
}

QString textOf(const QJsonValue& value) {
    return value.isString() ? value.toString() : jsonOf(value);
}

// Names as tables show them: the policy, then the sizes, then the rest.
QStringList inOrder(const QJsonObject& axes) {
    QStringList names;
    for (const QString& first : {QString("policy"), survives, QString("memory"),
                                 QString("query-memory"), QString("chunk")})
        if (axes.contains(first))
            names << first;
    for (const QString& name : axes.keys())
        if (!names.contains(name))
            names << name;
    return names;
}

// The combinations of one grid, in the order of its names, the last varying fastest.
struct Axis {
    QString name;
    QJsonArray values;
};

class PlanReader {
  public:
    PlanReader(const QString& path, QJsonObject json)
        : m_json(std::move(json)), m_folder(QFileInfo(path).absoluteDir()) {
        m_plan.path = path;
    }

    Result<SweepPlan> read() {
        const QStringList known{"model", "documents", "questions", "config",
                                "grid",  "measure",   "from",      "baselines"};
        for (const QString& key : m_json.keys())
            if (!known.contains(key))
                return wrong(key, QString("is not known here; there are %1").arg(known.join(", ")));
        for (const auto& part : {&PlanReader::readModel, &PlanReader::readMeasures,
                                 &PlanReader::readQuestions, &PlanReader::readGrids})
            if (auto done = (this->*part)(); !done)
                return done.error();
        return finish();
    }

  private:
    using Done = Result<void>;

    Error wrong(const QString& member, const QString& what) const {
        return {QString("%1: \"%2\" %3.").arg(m_plan.path, member, what), 2};
    }

    Done readModel() {
        const QString model = m_json["model"].toString();
        if (model.isEmpty())
            return wrong("model", "is missing: name a .gguf file or a model's folder");
        m_plan.model = absolute(model);
        if (!QFileInfo::exists(m_plan.model))
            return wrong("model", QString("names %1, which does not exist").arg(m_plan.model));
        return {};
    }

    QString absolute(const QString& path) const {
        const QString home = path.startsWith("~/") ? QDir::homePath() + path.mid(1) : path;
        return QDir::cleanPath(m_folder.absoluteFilePath(home));
    }

    Done readMeasures() {
        for (const QJsonValue& one : m_json["measure"].toArray()) {
            if (one == "kl")
                m_plan.divergence = true;
            else if (one == "coverage")
                m_plan.coverage = true;
            else if (one != "nll")
                return wrong("measure", QString("has %1; there are nll, kl (to full attention) "
                                                "and coverage (with the output error)")
                                            .arg(jsonOf(one)));
        }
        m_plan.from = m_json["from"].toInt();
        if (m_plan.from < 0 || (m_json.contains("from") && !m_json["from"].isDouble()))
            return wrong("from", "has to be a position: a whole number");
        return {};
    }

    Done readQuestions() {
        if (!m_json.contains("questions"))
            return {};
        const QJsonObject questions = m_json["questions"].toObject();
        const QStringList known{"sets", "evidence", "first", "max-answer-tokens", "ways"};
        for (const QString& key : questions.keys())
            if (!known.contains(key))
                return wrong("questions." + key,
                             QString("is not known here; there are %1").arg(known.join(", ")));
        auto sets = files("questions.sets", questions["sets"].toArray());
        if (!sets)
            return sets.error();
        m_sets = sets.take();
        SweepQuestions& how = m_plan.questions;
        if (questions.contains("evidence"))
            how.evidence = absolute(questions["evidence"].toString());
        how.first = questions["first"].toInt(0);
        how.mostAnswerTokens = questions["max-answer-tokens"].toInt(how.mostAnswerTokens);
        if (how.first < 0)
            return wrong("questions.first",
                         QString("is %1; it takes a whole number from 0 (all) on").arg(how.first));
        if (how.mostAnswerTokens < 1)
            return wrong(
                "questions.max-answer-tokens",
                QString("is %1; it takes a whole number from 1 on").arg(how.mostAnswerTokens));
        if (questions.contains("ways"))
            how.ways = questions["ways"].toVariant().toStringList();
        for (const QString& way : how.ways)
            if (way != "memory" && way != "shuffled")
                return wrong("questions.ways",
                             QString("has %1; of each cell there are memory and shuffled, the "
                                     "others are baselines")
                                 .arg(way));
        return {};
    }

    // Names of files, in which * and ? stand for others.
    Result<QStringList> files(const QString& member, const QJsonArray& names) const {
        QStringList found;
        for (const QJsonValue& name : names) {
            const QFileInfo pattern(absolute(name.toString()));
            const QDir folder = pattern.dir();
            QStringList here;
            if (pattern.fileName().contains('*') || pattern.fileName().contains('?'))
                here = folder.entryList({pattern.fileName()}, QDir::Files, QDir::Name);
            else if (pattern.exists())
                here << pattern.fileName();
            if (here.isEmpty() || name.toString().isEmpty())
                return wrong(member, QString("names %1, which is no file").arg(jsonOf(name)));
            for (const QString& file : here)
                found << folder.absoluteFilePath(file);
        }
        found.removeDuplicates();
        return found;
    }

    Done readGrids() {
        auto documents = files("documents", m_json["documents"].toArray());
        if (!documents)
            return documents.error();
        const QJsonValue grid = m_json["grid"];
        const QJsonArray grids = grid.isArray() ? grid.toArray() : QJsonArray{grid};
        for (const QJsonValue& one : grids) {
            if (!one.isObject())
                return wrong("grid", "has to be an object of lists, or a list of such objects");
            QJsonObject axes = one.toObject();
            QStringList subjects = *documents;
            if (axes.contains("documents")) {
                auto own = files("grid.documents", axes.take("documents").toArray());
                if (!own)
                    return own.error();
                subjects = own.take();
            }
            if (auto done = readGrid(axes, subjects); !done)
                return done;
        }
        return {};
    }

    Done readGrid(const QJsonObject& grid, const QStringList& documents) {
        std::vector<Axis> axes;
        for (const QString& name : inOrder(grid)) {
            const QJsonValue value = grid[name];
            const QJsonArray values = value.isArray() ? value.toArray() : QJsonArray{value};
            if (values.isEmpty())
                return wrong("grid." + name, "is an empty list: give it a value");
            axes.push_back({name, values});
            if (!m_plan.axes.contains(name))
                m_plan.axes << name;
        }
        std::vector<QJsonObject> points{QJsonObject()};
        for (const Axis& axis : axes) {
            std::vector<QJsonObject> longer;
            for (const QJsonObject& point : points)
                for (const QJsonValue& value : axis.values) {
                    longer.push_back(point);
                    longer.back()[axis.name] = value;
                }
            points = std::move(longer);
        }
        for (const QJsonObject& point : points)
            if (auto done = addPoint(point, documents); !done)
                return done;
        return {};
    }

    Done addPoint(const QJsonObject& axes, const QStringList& documents) {
        auto configuration = configurationAt(axes);
        if (!configuration)
            return configuration.error();
        addCells(axes, *configuration, documents);
        // A policy is judged beside fifo at the same sizes.
        if (configuration->policy != "fifo") {
            QJsonObject beside = axes;
            beside["policy"] = "fifo";
            beside.remove("expression");
            beside.remove("future");
            auto fifo = configurationAt(beside);
            if (!fifo)
                return fifo.error();
            fifo->expression.clear();
            fifo->future.clear();
            addCells(beside, *fifo, documents);
        }
        return {};
    }

    Result<Configuration> configurationAt(const QJsonObject& axes) const {
        QJsonObject json = m_json["config"].toObject();
        for (auto at = axes.begin(); at != axes.end(); ++at)
            if (at.key() != survives)
                json[at.key()] = at.value();
        Configuration base;
        base.threads = 1; // cells run beside each other, and repeat bit by bit
        auto configuration = configurationFromJson(json, base);
        if (!configuration)
            return Error{QString("%1, \"config\" and \"grid\": %2")
                             .arg(m_plan.path, configuration.error().sentence),
                         2};
        if (axes.contains(survives)) {
            const int survive = axes[survives].toInt(-1);
            if (axes.contains("memory"))
                return wrong("grid", "has both memory (M) and survives (R = M - C): choose one");
            if (survive < 0)
                return wrong("grid." + survives,
                             QString("has %1; it takes R, a whole number from 0 on")
                                 .arg(jsonOf(axes[survives])));
            configuration->memory = {survive + configuration->chunk};
        }
        return configuration;
    }

    void addCells(const QJsonObject& axes, const Configuration& configuration,
                  const QStringList& documents) {
        for (const QString& document : documents)
            add(SweepCell::Kind::Document, document, "memory", configuration, axes);
        for (const QString& set : m_sets)
            for (const QString& way : m_plan.questions.ways)
                add(SweepCell::Kind::Questions, set, way, configuration, axes);
    }

    void add(SweepCell::Kind kind, const QString& path, const QString& way,
             const Configuration& configuration, const QJsonObject& axes) {
        const QByteArray config =
            QJsonDocument(toJson(configuration, false)).toJson(QJsonDocument::Compact);
        if (!m_known.insert(path + '\n' + way + '\n' + config).second)
            return; // two grids may share points
        SweepCell cell;
        cell.kind = kind;
        cell.path = path;
        cell.subject = QFileInfo(path).completeBaseName();
        cell.way = way;
        cell.configuration = configuration;
        cell.axes = axes;
        m_plan.cells.push_back(std::move(cell));
    }

    // What does not depend on the grid: once for each subject and number of tokens.
    Result<void> addBaselines() {
        const QStringList ofDocuments{"full"},
            ofQuestions{"closed-book", "first", "last", "full", "passage"};
        QStringList wanted = ofDocuments + ofQuestions;
        if (m_json.contains("baselines"))
            wanted = m_json["baselines"].toVariant().toStringList();
        for (const QString& name : wanted)
            if (!ofQuestions.contains(name))
                return wrong("baselines", QString("has %1; there are %2 (fifo is always added)")
                                              .arg(name, ofQuestions.join(", ")));
        std::vector<SweepCell> cells;
        cells.swap(m_plan.cells);
        m_known.clear();
        for (const SweepCell& cell : cells) {
            Configuration plain = cell.configuration;
            plain.memory.clear();
            plain.queryMemory = {0};
            plain.chunk = Configuration().chunk;
            plain.policy = "fifo";
            plain.expression.clear();
            plain.future.clear();
            plain.outputMemory.reset();
            plain.sinks.reset();
            plain.recent.reset();
            plain.pure = false;
            plain.positions = "absolute"; // the same while nothing is evicted
            plain.seed = 0;
            plain.halfLife = 0;
            plain.granularity.clear();
            const bool document = cell.kind == SweepCell::Kind::Document;
            for (const QString& way : document ? ofDocuments : ofQuestions)
                if (wanted.contains(way))
                    add(cell.kind, cell.path, way, plain, {});
        }
        m_plan.cells.insert(m_plan.cells.end(), cells.begin(), cells.end());
        return {};
    }

    Result<SweepPlan> finish() {
        if (m_plan.cells.empty())
            return Error{QString("%1 has nothing to read: name \"documents\", or \"questions\" "
                                 "with \"sets\".")
                             .arg(m_plan.path),
                         2};
        int largest = 0;
        for (const SweepCell& cell : m_plan.cells)
            for (const int memory : cell.configuration.memory)
                largest = std::max(largest, memory);
        if (m_plan.from == 0)
            m_plan.from = largest;
        // Subject by subject, so that a sweep that ends early compares what it has.
        QStringList subjects;
        for (const SweepCell& cell : m_plan.cells)
            if (!subjects.contains(cell.path))
                subjects << cell.path;
        std::stable_sort(m_plan.cells.begin(), m_plan.cells.end(),
                         [&](const SweepCell& a, const SweepCell& b) {
                             return subjects.indexOf(a.path) < subjects.indexOf(b.path);
                         });
        if (auto added = addBaselines(); !added)
            return added.error();
        for (std::size_t i = 0; i < m_plan.cells.size(); ++i)
            m_plan.cells[i].number = int(i);
        return std::move(m_plan);
    }

    const QJsonObject m_json;
    QDir m_folder;
    QStringList m_sets;
    std::set<QString> m_known; // cells by subject, way and configuration
    SweepPlan m_plan;
};

} // namespace

Result<SweepPlan> readSweepPlan(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{QString("%1 cannot be read (%2): name a plan, a file of JSON.")
                         .arg(path, file.errorString()),
                     2};
    const QByteArray bytes = file.readAll();
    QJsonParseError problem;
    const QJsonDocument json = QJsonDocument::fromJson(bytes, &problem);
    if (problem.error != QJsonParseError::NoError || !json.isObject()) {
        const QByteArray before = bytes.left(problem.offset);
        return Error{QString("%1 is no plan (%2, line %3, column %4): mend it there.")
                         .arg(path, json.isArray() ? QString("a list, not an object {…}")
                                                   : problem.errorString())
                         .arg(before.count('\n') + 1)
                         .arg(before.size() - before.lastIndexOf('\n')),
                     2};
    }
    if (const QString key = duplicateKey(bytes); !key.isNull())
        return Error{QString("%1 names \"%2\" twice: leave one of the two out.").arg(path, key), 2};
    return PlanReader(path, json.object()).read();
}

QString labelOf(const QString& way, const QJsonObject& axes) {
    if (axes.isEmpty())
        return way;
    QStringList parts;
    for (const QString& name : inOrder(axes)) {
        const QString value = textOf(axes[name]);
        const bool alone = name == "policy" || name == "positions"; // says what it is of
        parts << (alone                    ? value
                  : name == survives       ? "R " + value
                  : name == "memory"       ? "M " + value
                  : name == "query-memory" ? "N " + value
                  : name == "chunk"        ? "C " + value
                                           : name + ' ' + value);
    }
    if (way != "memory")
        parts << way;
    return parts.join(", ");
}

} // namespace attendre
