#include "app/attendre_options.h"

#include "model/formats/json_file.h"
#include "model/formats/prompt.h"
#include "model/trace/offered_options.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <limits>

namespace attendre {

QString fromArgument(const std::string& argument) {
    return QFile::decodeName(QByteArray::fromStdString(argument));
}

void takesWhole(CLI::Option* option, int least) {
    const std::string name = option->get_lnames().front();
    option->type_name("NUMBER")->check([name, least](const std::string& typed) {
        bool ok = false;
        if (fromArgument(typed).toInt(&ok) >= least && ok)
            return std::string();
        return QString("The option --%1 has the value \"%2\"; it takes a whole number from %3 to "
                       "%4.")
            .arg(QString::fromStdString(name), fromArgument(typed))
            .arg(least)
            .arg(std::numeric_limits<int>::max())
            .toStdString();
    });
}

void PipelineOptions::addTo(CLI::App& command, const QStringList& leftOut) {
    const std::string group = "The pipeline";
    for (const OptionDefinition& option : optionDefinitions()) {
        const std::string name = option.name.toStdString();
        const bool shown = !leftOut.contains(option.name);
        const OptionDefinition* offered = shown ? offeredOption(option.name) : nullptr;
        QString text = option.definition;
        if (offered && !offered->choices.isEmpty())
            text += " One of " + offered->choices.join(", ") + '.';
        CLI::Option* added = nullptr;
        if (option.argument.isEmpty())
            added = command.add_flag("--" + name, m_flags[name], text.toStdString());
        else
            added = command.add_option("--" + name, m_typed[name], text.toStdString())
                        ->type_name(option.argument.toStdString())
                        ->expected(1)
                        ->multi_option_policy(name == "pin" ? CLI::MultiOptionPolicy::TakeAll
                                                            : CLI::MultiOptionPolicy::TakeLast);
        // An option without a group is understood and not shown.
        added->group(offered ? group : std::string());
    }
    command
        .add_option("--config", m_configFile,
                    "A JSON object with these options' names; what is typed on the command line "
                    "wins over it.")
        ->type_name("FILE.json")
        ->group(group);
}

namespace {

Result<QJsonObject> readConfig(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{QString("%1 cannot be read (%2): name a file of JSON with --config.")
                         .arg(path, file.errorString()),
                     2};
    QJsonParseError problem;
    const QByteArray bytes = file.readAll();
    const QJsonDocument json = QJsonDocument::fromJson(bytes, &problem);
    if (problem.error != QJsonParseError::NoError)
        return Error{QString("%1 is not valid JSON (%2 at byte %3): mend it or leave --config out.")
                         .arg(path, problem.errorString())
                         .arg(problem.offset),
                     2};
    if (const QString key = duplicateKey(bytes); !key.isNull())
        return Error{QString("%1 names \"%2\" twice: leave one of the two out.").arg(path, key), 2};
    if (!json.isObject())
        return Error{QString("%1 holds no JSON object: write {\"memory\": 512, …}, with the "
                             "options' names.")
                         .arg(path),
                     2};
    return json.object();
}

} // namespace

Result<Configuration> PipelineOptions::configuration(Configuration configuration) const {
    if (!m_configFile.empty()) {
        const QString path = fromArgument(m_configFile);
        auto json = readConfig(path);
        if (!json)
            return json.error();
        auto read = configurationFromJson(*json, configuration);
        if (!read)
            return Error{QString("%1: %2").arg(path, read.error().sentence), 2};
        configuration = read.take();
    }
    // The preset comes first in the definitions, so that options beside it win.
    for (const OptionDefinition& option : optionDefinitions()) {
        const std::string name = option.name.toStdString();
        if (const auto flag = m_flags.find(name); flag != m_flags.end() && flag->second) {
            if (auto done = setOption(configuration, option.name, "true"); !done)
                return done.error();
        }
        const auto typed = m_typed.find(name);
        if (typed == m_typed.end() || typed->second.empty())
            continue;
        QStringList values;
        for (const std::string& value : typed->second)
            values << fromArgument(value);
        // Unset is what it is without the option: who types it means a template.
        if (option.name == "template" && values.join(',').isEmpty())
            return PromptTemplate::parse(QString()).error();
        if (auto done = setOption(configuration, option.name, values.join(',')); !done)
            return done.error();
    }
    letWin(configuration, isTyped("pure"), isTyped("sinks"), isTyped("recent"));
    return configuration;
}

bool PipelineOptions::isTyped(const QString& option) const {
    const auto flag = m_flags.find(option.toStdString());
    const auto typed = m_typed.find(option.toStdString());
    return (flag != m_flags.end() && flag->second) ||
           (typed != m_typed.end() && !typed->second.empty());
}

QString PipelineOptions::firstTyped() const {
    for (const OptionDefinition& option : optionDefinitions())
        if (isTyped(option.name))
            return "--" + option.name;
    return m_configFile.empty() ? QString() : QString("--config");
}

} // namespace attendre
