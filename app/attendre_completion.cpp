// attendre completion: scripts for shells, made from the options themselves.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/trace/offered_options.h"

#include <QStringList>

namespace attendre {

namespace {

struct Option {
    QStringList names; // "-o", "--output"
    QString description;
    QStringList choices; // of its value; empty with takesValue: a file
    bool takesValue = false;
};

struct Command {
    QString name, description; // "trace check"
    std::vector<Option> options;
    QStringList children;
};

QStringList choicesOf(const QString& name) {
    for (const OptionDefinition& definition : offeredOptions())
        if (definition.name == name)
            return definition.choices;
    return {};
}

Option describe(const CLI::Option& option) {
    Option result;
    for (const std::string& name : option.get_snames())
        result.names << "-" + QString::fromStdString(name);
    for (const std::string& name : option.get_lnames())
        result.names << "--" + QString::fromStdString(name);
    result.description = QString::fromStdString(option.get_description()).section(". ", 0, 0);
    result.takesValue = option.get_items_expected_max() > 0;
    if (result.takesValue && !option.get_lnames().empty())
        result.choices = choicesOf(QString::fromStdString(option.get_lnames().front()));
    return result;
}

void collect(const CLI::App& app, const QString& name, std::vector<Command>& commands) {
    Command command{name, QString::fromStdString(app.get_description()), {}, {}};
    for (const CLI::Option* option : app.get_options())
        if (option->nonpositional() && !option->get_group().empty())
            command.options.push_back(describe(*option));
    for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
        command.children << QString::fromStdString(child->get_name());
    commands.push_back(command);
    for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
        collect(*child, (name + ' ' + QString::fromStdString(child->get_name())).trimmed(),
                commands);
}

// For bash and fish: one line of text that quotes cannot break.
QString plain(QString text) {
    return text.replace('\'', "’").replace('`', "’").simplified();
}

QString bashScript(const std::vector<Command>& commands) {
    QString script = "# bash completion for attendre; made by `attendre completion bash`\n"
                     "_attendre() {\n"
                     "    local word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
                     "    local before=\"${COMP_WORDS[COMP_CWORD-1]}\" command=\"\" i\n"
                     "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                     "        case \"$command ${COMP_WORDS[i]}\" in\n";
    for (const Command& command : commands)
        if (!command.name.isEmpty())
            script += QString("            \"%1%2\") command=\"%2\" ;;\n")
                          .arg(command.name.contains(' ') ? "" : " ", command.name);
    script += "        esac\n    done\n    case \"$command $before\" in\n";
    for (const Command& command : commands)
        for (const Option& option : command.options) {
            if (option.choices.isEmpty())
                continue;
            QStringList patterns;
            for (const QString& name : option.names)
                patterns << QString("\"%1 %2\"").arg(command.name, name);
            script +=
                QString("        %1) COMPREPLY=($(compgen -W '%2' -- \"$word\")); return ;;\n")
                    .arg(patterns.join('|'), option.choices.join(' '));
        }
    script += "    esac\n    case \"$command\" in\n";
    for (const Command& command : commands) {
        QStringList words = command.children;
        for (const Option& option : command.options)
            words << option.names;
        script += QString("        \"%1\") COMPREPLY=($(compgen -W '%2' -- \"$word\")) ;;\n")
                      .arg(command.name, words.join(' '));
    }
    script += "    esac\n"
              "    if [[ ${#COMPREPLY[@]} -eq 0 && $word != -* ]]; then\n"
              "        compopt -o default 2>/dev/null\n"
              "    fi\n"
              "}\n"
              "complete -F _attendre attendre\n";
    return script;
}

QString zshOptions(const Command& command) {
    QString lines;
    for (const Option& option : command.options) {
        for (const QString& name : option.names) {
            QString text = plain(option.description).replace('[', '(').replace(']', ')');
            text.replace(':', ' ');
            QString value;
            if (option.takesValue)
                value = option.choices.isEmpty() ? QString(":value:_files")
                                                 : ":value:(" + option.choices.join(' ') + ")";
            lines += QString(" \\\n                '%1[%2]%3'").arg(name, text, value);
        }
    }
    return lines;
}

QString zshScript(const std::vector<Command>& commands) {
    QString script = "#compdef attendre\n"
                     "# zsh completion for attendre; made by `attendre completion zsh`\n"
                     "_attendre() {\n"
                     "    local command=\"\" i\n"
                     "    for ((i = 2; i < CURRENT; i++)); do\n"
                     "        case \"$command ${words[i]}\" in\n";
    for (const Command& command : commands)
        if (!command.name.isEmpty())
            script += QString("            \"%1%2\") command=\"%2\" ;;\n")
                          .arg(command.name.contains(' ') ? "" : " ", command.name);
    script += "        esac\n    done\n    case \"$command\" in\n";
    for (const Command& command : commands) {
        script += QString("        \"%1\")\n            _arguments").arg(command.name);
        script += zshOptions(command);
        script +=
            command.children.isEmpty()
                ? QString(" \\\n                '*:file:_files'")
                : QString(" \\\n                '*:command:(%1)'").arg(command.children.join(' '));
        script += "\n            ;;\n";
    }
    script += "    esac\n}\n_attendre \"$@\"\n";
    return script;
}

QString fishCondition(const Command& command, const std::vector<Command>& commands) {
    if (command.name.isEmpty())
        return "__fish_use_subcommand";
    QStringList seen;
    for (const QString& word : command.name.split(' '))
        seen << "__fish_seen_subcommand_from " + word;
    QStringList children;
    for (const Command& other : commands)
        if (other.name.startsWith(command.name + ' '))
            children << other.name.section(' ', -1);
    if (!children.isEmpty())
        seen << "not __fish_seen_subcommand_from " + children.join(' ');
    return seen.join("; and ");
}

QString fishScript(const std::vector<Command>& commands) {
    QString script = "# fish completion for attendre; made by `attendre completion fish`\n";
    for (const Command& command : commands) {
        const QString condition = fishCondition(command, commands);
        for (const Command& child : commands)
            if (child.name.section(' ', 0, -2) == command.name && !child.name.isEmpty())
                script += QString("complete -c attendre -f -n '%1' -a '%2' -d '%3'\n")
                              .arg(condition, child.name.section(' ', -1),
                                   plain(child.description.section(". ", 0, 0)));
        for (const Option& option : command.options) {
            QString line = QString("complete -c attendre -n '%1'").arg(condition);
            for (const QString& name : option.names)
                line += name.startsWith("--") ? " -l " + name.mid(2) : " -s " + name.mid(1);
            if (!option.choices.isEmpty())
                line += QString(" -x -a '%1'").arg(option.choices.join(' '));
            else if (option.takesValue)
                line += " -r";
            script += line + QString(" -d '%1'\n").arg(plain(option.description));
        }
    }
    return script;
}

int completion(const CLI::App& program, const std::string& shell) {
    std::vector<Command> commands;
    collect(program, QString(), commands);
    QString script = shell == "bash"  ? bashScript(commands)
                     : shell == "zsh" ? zshScript(commands)
                                      : fishScript(commands);
    script.chop(1);
    print(script);
    return 0;
}

} // namespace

void addCompletion(CLI::App& program, Action& action) {
    auto shell = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand(
        "completion", "Prints a completion script for a shell, made from the options themselves.");
    command->add_option("shell", *shell, "One of bash, zsh, fish.")
        ->type_name("SHELL")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([shell, &program, &action] {
        action = [shell, &program] { return completion(program, *shell); };
    });
}

} // namespace attendre
