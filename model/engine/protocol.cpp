#include "model/engine/protocol.h"

#include <QJsonDocument>

namespace attendre {

namespace {

constexpr qsizetype longestLine = 16 << 20;
constexpr qint64 largestPayload = qint64(1) << 30;

} // namespace

QByteArray encodeMessage(const QString& name, const QJsonValue& value, const QJsonObject& members,
                         const QByteArray& payload) {
    // Qt sorts an object's members; the first one is written by hand, so that a client finds the
    // hello by its beginning.
    const QByteArray first =
        QJsonDocument(QJsonObject{{name, value}}).toJson(QJsonDocument::Compact);
    QJsonObject others = members;
    if (!payload.isEmpty())
        others["payload"] = qint64(payload.size());
    QByteArray line = first.chopped(1);
    if (!others.isEmpty())
        line += ',' + QJsonDocument(others).toJson(QJsonDocument::Compact).mid(1);
    else
        line += '}';
    return line + '\n' + payload;
}

std::optional<QByteArray> MessageReader::nextLine() {
    const qsizetype end = m_buffer.indexOf('\n', m_searched);
    if (end < 0) {
        m_searched = m_buffer.size();
        return std::nullopt;
    }
    QByteArray line = m_buffer.left(end);
    m_buffer.remove(0, end + 1);
    m_searched = 0;
    if (line.endsWith('\r'))
        line.chop(1);
    return line;
}

std::optional<Result<Message>> MessageReader::next() {
    while (!m_header) {
        std::optional<QByteArray> line = nextLine();
        if (!line) {
            if (m_buffer.size() <= longestLine)
                return std::nullopt;
            m_buffer.clear();
            m_searched = 0;
            return Error{QString("A message's line is longer than %1 bytes: send less at a time.")
                             .arg(longestLine)};
        }
        if (m_skipping && !line->startsWith("{\"notice\":\"hello\"")) {
            m_skipped += *line + '\n';
            continue;
        }
        m_skipping = false;
        if (line->trimmed().isEmpty())
            continue;
        QJsonParseError problem;
        const QJsonDocument document = QJsonDocument::fromJson(*line, &problem);
        if (!document.isObject())
            return Error{QString("The line “%1” is no JSON object (%2): send one object on a line.")
                             .arg(QString::fromUtf8(line->left(80)), problem.errorString()),
                         2};
        const QJsonValue payload = document.object().value("payload");
        const double bytes = payload.toDouble(payload.isUndefined() ? 0 : -1);
        if (bytes < 0 || bytes > double(largestPayload))
            return Error{QString("A payload of %1 bytes cannot be read: send at most %2.")
                             .arg(payload.toVariant().toString())
                             .arg(largestPayload),
                         2};
        m_header = document.object();
        m_payload = qint64(bytes);
    }
    if (m_buffer.size() < m_payload)
        return std::nullopt;
    Message message{*m_header, m_buffer.left(m_payload)};
    m_buffer.remove(0, m_payload);
    m_header.reset();
    m_payload = 0;
    return Result<Message>(std::move(message));
}

QByteArray MessageReader::takeSkipped() {
    return std::exchange(m_skipped, QByteArray());
}

const std::vector<Preset>& presets() {
    static const std::vector<Preset> all = {
        {"streaming-llm",
         "StreamingLLM's way: the first four positions stay, of the others the latest; positions "
         "are counted within the memory.",
         {{"policy", "fifo"}, {"sinks", 4}, {"positions", "relative"}}},
        {"h2o",
         "H2O's way: half of what survives a step is kept for its recency, the other half for the "
         "attention it has gathered.",
         {{"policy", "h2o"}}},
    };
    return all;
}

QJsonObject toJson(const OptionDefinition& option) {
    return {{"name", option.name},
            {"argument", option.argument},
            {"definition", option.definition},
            {"choices", QJsonArray::fromStringList(option.choices)}};
}

OptionDefinition optionFromJson(const QJsonObject& json) {
    OptionDefinition option{
        json["name"].toString(), json["argument"].toString(), json["definition"].toString(), {}};
    for (const QJsonValue& choice : json["choices"].toArray())
        option.choices << choice.toString();
    return option;
}

QJsonObject toJson(const Preset& preset) {
    return {{"name", preset.name},
            {"definition", preset.definition},
            {"configuration", preset.configuration}};
}

Preset presetFromJson(const QJsonObject& json) {
    return {json["name"].toString(), json["definition"].toString(),
            json["configuration"].toObject()};
}

QJsonObject toJson(const NetworkShape& shape) {
    return {{"layers", shape.layers},         {"queryHeads", shape.queryHeads},
            {"heads", shape.heads},           {"headDimension", shape.headDimension},
            {"hidden", shape.hidden},         {"feedForward", shape.feedForward},
            {"vocabulary", shape.vocabulary}, {"trainedLength", shape.trainedLength},
            {"positions", shape.positions},   {"defaultMode", shape.defaultMode}};
}

NetworkShape shapeFromJson(const QJsonObject& json) {
    NetworkShape shape;
    shape.layers = json["layers"].toInt();
    shape.queryHeads = json["queryHeads"].toInt();
    shape.heads = json["heads"].toInt();
    shape.headDimension = json["headDimension"].toInt();
    shape.hidden = json["hidden"].toInt();
    shape.feedForward = json["feedForward"].toInt();
    shape.vocabulary = json["vocabulary"].toInt();
    shape.trainedLength = json["trainedLength"].toInt();
    shape.positions = json["positions"].toString();
    shape.defaultMode = json["defaultMode"].toString();
    return shape;
}

QJsonObject toJson(const ModelSummary& model) {
    const ModelDescription& d = model.description;
    return {{"family", d.family},
            {"name", d.name},
            {"path", model.path},
            {"storedType", d.storedType},
            {"parameters", d.parameters},
            {"fileBytes", d.fileBytes},
            {"bidirectional", d.shape.bidirectional},
            {"shape", toJson(d.shape)},
            {"tokenizer", model.tokenizer},
            {"bos", model.addsBos}};
}

ModelSummary modelSummaryFromJson(const QJsonObject& json) {
    ModelSummary model;
    model.description.family = json["family"].toString();
    model.description.name = json["name"].toString();
    model.description.storedType = json["storedType"].toString();
    model.description.parameters = json["parameters"].toInteger();
    model.description.fileBytes = json["fileBytes"].toInteger();
    model.description.shape.bidirectional = json["bidirectional"].toBool();
    model.description.shape = shapeFromJson(json["shape"].toObject());
    model.path = json["path"].toString();
    model.tokenizer = json["tokenizer"].toString();
    model.addsBos = json["bos"].toBool();
    return model;
}

namespace {

QJsonArray toArray(const std::vector<int>& values) {
    QJsonArray array;
    for (int value : values)
        array << value;
    return array;
}

std::vector<int> toInts(const QJsonValue& value) {
    std::vector<int> values;
    for (const QJsonValue& element : value.toArray())
        values.push_back(element.toInt());
    return values;
}

} // namespace

QJsonObject resolvedToJson(const ResolvedConfiguration& resolved) {
    return {{"mode", resolved.mode},
            {"memory", toArray(resolved.memory)},
            {"queryMemory", toArray(resolved.queryMemory)},
            {"sinks", resolved.sinks},
            {"recent", resolved.recent},
            {"granularity", resolved.granularity}};
}

ResolvedConfiguration resolvedFromJson(const QJsonObject& json) {
    ResolvedConfiguration resolved;
    resolved.mode = json["mode"].toString();
    resolved.memory = toInts(json["memory"]);
    resolved.queryMemory = toInts(json["queryMemory"]);
    resolved.sinks = json["sinks"].toInt();
    resolved.recent = json["recent"].toInt();
    resolved.granularity = json["granularity"].toString();
    return resolved;
}

} // namespace attendre
