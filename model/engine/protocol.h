#pragma once

#include "model/formats/model_files.h"
#include "model/trace/configuration.h"
#include "model/trace/result.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace attendre {

// The words of docs/protocol.md, for both of its ends.
constexpr int protocolVersion = 1;
constexpr double heartbeatSeconds = 1;

// One message: a JSON object on a line, and the bytes that follow it where it has a payload.
struct Message {
    QJsonObject header;
    QByteArray payload;
};

// The message as bytes. name ("notice", "reply" or "request") is written as its first member.
QByteArray encodeMessage(const QString& name, const QJsonValue& value, const QJsonObject& members,
                         const QByteArray& payload = {});

// Cuts a stream of bytes into messages.
class MessageReader {
  public:
    // skipUntilHello: everything before the first hello is dropped (banners of a login).
    explicit MessageReader(bool skipUntilHello = false) : m_skipping(skipUntilHello) {}

    void append(const QByteArray& bytes) { m_buffer += bytes; }
    // The next whole message; nothing while bytes are missing. Errors: a line that is no JSON
    // object or is too long, an impossible payload; reading goes on behind it.
    std::optional<Result<Message>> next();
    // What was dropped before the hello, for the console.
    QByteArray takeSkipped();

  private:
    std::optional<QByteArray> nextLine();

    QByteArray m_buffer, m_skipped;
    std::optional<QJsonObject> m_header; // waits for its payload
    qint64 m_payload = 0;
    qint64 m_searched = 0; // bytes of m_buffer that hold no line end
    bool m_skipping = false;
};

// A named set of options (--preset).
struct Preset {
    QString name, definition;
    QJsonObject configuration;
};
const std::vector<Preset>& presets();

QJsonObject toJson(const OptionDefinition& option);
OptionDefinition optionFromJson(const QJsonObject& json);
QJsonObject toJson(const Preset& preset);
Preset presetFromJson(const QJsonObject& json);

// What a client learns of a model before anything of it is loaded.
struct ModelSummary {
    ModelDescription description;
    QString path;
    QString tokenizer; // in words
    bool addsBos = false;
};
QJsonObject toJson(const ModelSummary& model);
ModelSummary modelSummaryFromJson(const QJsonObject& json);

QJsonObject toJson(const NetworkShape& shape);
NetworkShape shapeFromJson(const QJsonObject& json);

// A ResolvedConfiguration without what was asked.
QJsonObject resolvedToJson(const ResolvedConfiguration& resolved);
ResolvedConfiguration resolvedFromJson(const QJsonObject& json);

// An eviction for which a run was paused.
struct EvictionNotice {
    int layer = 0, head = 0, slot = 0, position = 0, step = 0;
};

} // namespace attendre
