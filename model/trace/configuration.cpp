#include "model/trace/configuration.h"

#include "model/trace/offered_options.h"
#include "model/trace/option_fields.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

#include <cmath>

namespace attendre {

namespace {

template <class... Ts> struct Overloaded : Ts... { using Ts::operator()...; };
template <class... Ts> Overloaded(Ts...) -> Overloaded<Ts...>;

// JSON's numbers are doubles: whole numbers beyond this one lose digits.
constexpr double largestExact = 9007199254740992.0;

Error refused(const QString& sentence) {
    return {sentence, 2};
}

Error wrongValue(const OptionRow& row, const QString& value, const QString& expected) {
    const QString shown = value.size() > 80 ? value.left(80) + QString::fromUtf8("…") : value;
    return refused(QString("The option --%1 has the value \"%2\"; it takes %3.")
                       .arg(row.definition.name, shown, expected));
}

QString expectedNumber(const OptionRow& row) {
    const bool wide = std::holds_alternative<quint64 Configuration::*>(row.field);
    const QString text = QString("a whole number from %1 to %2")
                             .arg(row.minimum)
                             .arg(wide ? std::numeric_limits<quint64>::max()
                                       : quint64(std::numeric_limits<int>::max()));
    const QString word = row.full ? QString("full") : row.unset;
    return word.isEmpty() ? text : text + ", or the word " + word;
}

Result<int> wholeNumber(const OptionRow& row, const QString& text) {
    bool ok = false;
    const int value = text.trimmed().toInt(&ok);
    if (!ok || value < row.minimum)
        return wrongValue(row, text, expectedNumber(row));
    return value;
}

// One number or several, separated by commas. "full" alone is the empty list; in a list it is 0.
Result<std::vector<int>> numberList(const OptionRow& row, const QString& text) {
    std::vector<int> values;
    if (row.full && text.trimmed() == "full")
        return values;
    for (const QString& part : text.split(',')) {
        if (part.trimmed().isEmpty() && text.contains(','))
            return wrongValue(row, text, expectedNumber(row) + " between its commas");
        if (row.full && part.trimmed() == "full") {
            values.push_back(0);
            continue;
        }
        auto number = wholeNumber(row, part);
        if (!number)
            return number.error();
        values.push_back(*number);
    }
    return values;
}

Result<Spans> spanList(const OptionRow& row, const QString& text) {
    static const QRegularExpression span(R"(^\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*$)");
    Spans spans;
    if (text.trimmed().isEmpty())
        return spans;
    for (const QString& part : text.split(',')) {
        const auto match = span.match(part);
        const int first = match.captured(1).toInt();
        const int last = match.captured(2).isEmpty() ? first : match.captured(2).toInt();
        if (!match.hasMatch() || last < first)
            return wrongValue(row, part,
                              "spans of positions such as 100-120, first before last, each of at "
                              "most nine digits");
        spans.emplace_back(first, last);
    }
    return spans;
}

Result<bool> truth(const OptionRow& row, const QString& text) {
    const QString word = text.trimmed().toLower();
    if (word.isEmpty() || word == "true" || word == "yes" || word == "1")
        return true;
    if (word == "false" || word == "no" || word == "0")
        return false;
    return wrongValue(row, text, "true or false");
}

// A word whose default is to be unset.
bool mayBeEmpty(const OptionRow& row) {
    const auto* member = std::get_if<QString Configuration::*>(&row.field);
    return member && (Configuration().*(*member)).isEmpty();
}

Result<QString> word(const OptionRow& row, const QString& text) {
    const QStringList& choices = row.definition.choices;
    const bool unset = text.isEmpty() && mayBeEmpty(row);
    if (!unset && !choices.isEmpty() && !choices.contains(text)) {
        const OptionDefinition* offered = offeredOption(row.definition.name);
        return wrongValue(row, text, "one of " + (offered ? offered->choices : choices).join(", "));
    }
    static const QRegularExpression device("^(cpu|cuda(:\\d{1,3})?)$");
    if (row.definition.name == "device" && !device.match(text).hasMatch())
        return wrongValue(row, text, "cpu, cuda or cuda:0");
    return text;
}

template <class T> Result<void> assign(T& to, Result<T> from) {
    if (!from)
        return from.error();
    to = from.take();
    return {};
}

Result<void> setField(Configuration& c, const OptionRow& row, const QString& text) {
    using Done = Result<void>;
    return std::visit(
        Overloaded{
            [&](QString Configuration::*m) -> Done { return assign(c.*m, word(row, text)); },
            [&](int Configuration::*m) -> Done { return assign(c.*m, wholeNumber(row, text)); },
            [&](bool Configuration::*m) -> Done { return assign(c.*m, truth(row, text)); },
            [&](std::vector<int> Configuration::*m) -> Done {
                return assign(c.*m, numberList(row, text));
            },
            [&](Spans Configuration::*m) -> Done { return assign(c.*m, spanList(row, text)); },
            [&](std::optional<int> Configuration::*m) -> Done {
                if (!row.unset.isEmpty() && text.trimmed() == row.unset) {
                    (c.*m).reset();
                    return {};
                }
                auto number = wholeNumber(row, text);
                if (!number)
                    return number.error();
                c.*m = *number;
                return {};
            },
            [&](quint64 Configuration::*m) -> Done {
                bool ok = false;
                const quint64 value = text.trimmed().toULongLong(&ok);
                if (!ok)
                    return wrongValue(row, text, expectedNumber(row));
                c.*m = value;
                return {};
            },
            [&](double Configuration::*m) -> Done {
                bool ok = false;
                const double value = text.trimmed().toDouble(&ok);
                if (!ok || !std::isfinite(value) || value < 0)
                    return wrongValue(row, text, "a number from 0");
                c.*m = value;
                return {};
            },
        },
        row.field);
}

// The value as it would be typed; empty where the option is unset.
QString typed(const Configuration& c, const OptionRow& row) {
    return std::visit(Overloaded{
                          [&](QString Configuration::*m) { return c.*m; },
                          [&](int Configuration::*m) { return QString::number(c.*m); },
                          [&](bool Configuration::*m) { return QString(c.*m ? "true" : "false"); },
                          [&](quint64 Configuration::*m) { return QString::number(c.*m); },
                          [&](double Configuration::*m) { return QString::number(c.*m, 'g', 17); },
                          [&](std::optional<int> Configuration::*m) {
                              return c.*m ? QString::number(*(c.*m)) : QString();
                          },
                          [&](std::vector<int> Configuration::*m) {
                              QStringList parts;
                              for (int value : c.*m)
                                  parts << (row.full && value == 0 ? QString("full")
                                                                   : QString::number(value));
                              return parts.isEmpty() ? QString("full") : parts.join(',');
                          },
                          [&](Spans Configuration::*m) {
                              QStringList parts;
                              for (const auto& [first, last] : c.*m)
                                  parts << QString("%1-%2").arg(first).arg(last);
                              return parts.join(',');
                          },
                      },
                      row.field);
}

QJsonValue toValue(const Configuration& c, const OptionRow& row) {
    return std::visit(
        Overloaded{
            [&](QString Configuration::*m) { return QJsonValue(c.*m); },
            [&](int Configuration::*m) { return QJsonValue(c.*m); },
            [&](bool Configuration::*m) { return QJsonValue(c.*m); },
            [&](double Configuration::*m) { return QJsonValue(c.*m); },
            [&](quint64 Configuration::*m) {
                return double(c.*m) < largestExact ? QJsonValue(double(c.*m))
                                                   : QJsonValue(QString::number(c.*m));
            },
            [&](std::optional<int> Configuration::*m) {
                return c.*m ? QJsonValue(*(c.*m)) : QJsonValue();
            },
            [&](std::vector<int> Configuration::*m) {
                if ((c.*m).empty())
                    return QJsonValue("full");
                if ((c.*m).size() == 1 && (c.*m)[0] > 0)
                    return QJsonValue((c.*m)[0]);
                QJsonArray list;
                for (int value : c.*m)
                    list.append(row.full && value == 0 ? QJsonValue("full") : QJsonValue(value));
                return list.size() == 1 ? list[0] : QJsonValue(list);
            },
            [&](Spans Configuration::*m) {
                QJsonArray list;
                for (const auto& [first, last] : c.*m)
                    list.append(QString("%1-%2").arg(first).arg(last));
                return QJsonValue(list);
            },
        },
        row.field);
}

// A JSON value as it would be typed, or nothing where its type fits no option.
std::optional<QString> valueText(const QJsonValue& value) {
    switch (value.type()) {
    case QJsonValue::Bool:
        return QString(value.toBool() ? "true" : "false");
    case QJsonValue::String:
        return value.toString();
    case QJsonValue::Double: {
        const double number = value.toDouble();
        const bool whole = std::floor(number) == number && std::abs(number) < largestExact;
        return whole ? QString::number(qint64(number)) : QString::number(number, 'g', 17);
    }
    case QJsonValue::Array: {
        QStringList parts;
        for (const QJsonValue& element : value.toArray()) {
            auto part = element.isArray() ? std::nullopt : valueText(element);
            if (!part)
                return std::nullopt;
            parts << *part;
        }
        return parts.join(',');
    }
    default:
        return std::nullopt;
    }
}

bool typeFits(const QJsonValue& value, const OptionRow& row) {
    return std::visit(
        Overloaded{
            [&](QString Configuration::*) { return value.isString(); },
            [&](int Configuration::*) { return value.isDouble(); },
            [&](bool Configuration::*) { return value.isBool(); },
            [&](double Configuration::*) { return value.isDouble(); },
            [&](quint64 Configuration::*) { return value.isDouble() || value.isString(); },
            [&](std::optional<int> Configuration::*) {
                return value.isDouble() || (!row.unset.isEmpty() && value == row.unset);
            },
            [&](std::vector<int> Configuration::*) {
                return value.isDouble() || value.isString() || value.isArray();
            },
            [&](Spans Configuration::*) { return value.isString() || value.isArray(); },
        },
        row.field);
}

// What an unset value looks like in JSON: null for a number, the empty text for a word.
bool unset(const QJsonValue& value, const OptionRow& row) {
    if (value.isNull())
        return std::holds_alternative<std::optional<int> Configuration::*>(row.field);
    return value.isString() && value.toString().isEmpty() && mayBeEmpty(row);
}

// A value as it stands in JSON, cut where it is long.
QString jsonText(const QJsonValue& value) {
    const QString array =
        QString::fromUtf8(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact));
    const QString text = array.mid(1, array.size() - 2);
    return text.size() > 80 ? text.left(80) + QString::fromUtf8("…") : text;
}

// What an option takes in JSON, in words.
QString expectedInJson(const OptionRow& row) {
    const QStringList& choices = row.definition.choices;
    return std::visit(Overloaded{
                          [&](QString Configuration::*) {
                              return choices.isEmpty() ? QString("a text")
                                                       : "a text, one of " + choices.join(", ");
                          },
                          [&](bool Configuration::*) { return QString("true or false"); },
                          [&](double Configuration::*) { return QString("a number from 0"); },
                          [&](std::vector<int> Configuration::*) {
                              return expectedNumber(row) + ", or a list of them, one per layer";
                          },
                          [&](Spans Configuration::*) {
                              return QString(
                                  "a text of spans such as \"100-120\", or a list of such texts");
                          },
                          [&](auto) { return expectedNumber(row); },
                      },
                      row.field);
}

Error wrongType(const QString& name, const QString& expected, const QJsonValue& value) {
    return refused(QString("The option --%1 has the value %2 in JSON; it takes %3.")
                       .arg(name, jsonText(value), expected));
}

const OptionRow* findRow(const QString& name) {
    for (const OptionRow& row : optionRows())
        if (row.definition.name == name)
            return &row;
    return nullptr;
}

Error unknownOption(const QString& name) {
    QStringList names;
    for (const OptionDefinition& definition : offeredOptions())
        names << definition.name;
    return refused(QString("There is no option --%1; there are %2.").arg(name, names.join(", ")));
}

Result<void> applyPreset(Configuration& configuration, const QString& name) {
    if (name == "streaming-llm") {
        configuration.policy = "fifo";
        configuration.sinks = 4;
        configuration.recent.reset();
        configuration.positions = "relative";
        return {};
    }
    if (name == "h2o") {
        configuration.policy = "h2o";
        configuration.sinks.reset();
        configuration.recent.reset();
        return {};
    }
    if (name == "tova") {
        configuration.policy = "tova";
        configuration.sinks.reset();
        configuration.recent.reset();
        configuration.granularity.clear();
        return {};
    }
    return refused(QString("The option --preset has the value \"%1\"; it takes one of "
                           "streaming-llm, h2o, tova.")
                       .arg(name));
}

} // namespace

QJsonObject toJson(const Configuration& configuration, bool all) {
    const Configuration defaults;
    QJsonObject json;
    for (const OptionRow& row : optionRows())
        if (all || typed(configuration, row) != typed(defaults, row))
            json[row.definition.name] = toValue(configuration, row);
    return json;
}

Result<Configuration> configurationFromJson(const QJsonObject& json, Configuration base) {
    if (json.contains("preset")) {
        if (!json["preset"].isString())
            return wrongType("preset", "a text", json["preset"]);
        if (auto done = applyPreset(base, json["preset"].toString()); !done)
            return done.error();
    }
    for (auto it = json.begin(); it != json.end(); ++it) {
        if (it.key() == "preset")
            continue;
        const OptionRow* row = findRow(it.key());
        if (!row)
            return unknownOption(it.key());
        if (unset(it.value(), *row)) {
            const Configuration defaults;
            std::visit([&](auto member) { base.*member = defaults.*member; }, row->field);
            continue;
        }
        const auto text = valueText(it.value());
        if (!text || !typeFits(it.value(), *row))
            return wrongType(it.key(), expectedInJson(*row), it.value());
        if (it.value().isArray() && it.value().toArray().isEmpty() &&
            std::holds_alternative<Spans Configuration::*>(row->field)) {
            base.pins.clear();
            continue;
        }
        if (auto done = setField(base, *row, *text); !done)
            return done.error();
    }
    letWin(base, json["pure"].toBool(), !json["sinks"].isUndefined() && !json["sinks"].isNull(),
           !json["recent"].isUndefined() && !json["recent"].isNull());
    return base;
}

void letWin(Configuration& configuration, bool pure, bool sinks, bool recent) {
    Configuration& c = configuration;
    if (pure && !sinks)
        c.sinks.reset();
    if (pure && !recent)
        c.recent.reset();
    const bool protects =
        (sinks && c.sinks.value_or(0) > 0) || (recent && c.recent.value_or(0) > 0);
    if (!pure && protects)
        c.pure = false;
}

Configuration forOutputs(Configuration configuration) {
    const bool ofEntries = configuration.policy == "custom" || configuration.policy == "future";
    if (!configuration.outputPolicy.isEmpty())
        configuration.policy = configuration.outputPolicy;
    else if (ofEntries)
        configuration.policy = "lra";
    return configuration;
}

Configuration filledIn(const ResolvedConfiguration& resolved) {
    Configuration configuration = resolved.asked;
    configuration.mode = resolved.mode;
    configuration.sinks = resolved.sinks;
    configuration.granularity = resolved.granularity;
    configuration.recent = resolved.recent;
    return configuration;
}

Result<void> setOption(Configuration& configuration, const QString& name, const QString& text) {
    if (name == "preset")
        return applyPreset(configuration, text);
    const OptionRow* row = findRow(name);
    return row ? setField(configuration, *row, text) : Result<void>(unknownOption(name));
}

QString shellWord(const QString& word) {
    static const QRegularExpression plain("^[A-Za-z0-9_@%+=:,./-]+$");
    if (plain.match(word).hasMatch())
        return word;
    QString text = word;
    return '\'' + text.replace("'", "'\\''") + '\'';
}

QStringList commandLine(const Configuration& configuration) {
    const Configuration defaults;
    QStringList words;
    for (const OptionRow& row : optionRows()) {
        const QString value = typed(configuration, row);
        if (value == typed(defaults, row))
            continue;
        words << "--" + row.definition.name;
        if (!std::holds_alternative<bool Configuration::*>(row.field))
            words << value;
    }
    return words;
}

} // namespace attendre
