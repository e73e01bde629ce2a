// Every use of the program without a window: see docs or `attendre --help`.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/trace/nearest_word.h"

#include <QCoreApplication>
#include <QStringDecoder>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

using namespace attendre;

namespace {

// Names the option that may have been meant, where one is near.
QString unknownOption(const CLI::App& command, const QString& typed, const QString& name) {
    QStringList known;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_group().empty())
            continue; // understood, but not shown
        for (const std::string& word : option->get_lnames())
            known << "--" + QString::fromStdString(word);
    }
    const QString meant = nearestWord(typed, known);
    return meant.isEmpty() ? QString("%1 is unknown: see %2 --help.").arg(typed, name)
                           : QString("%1 is unknown; did you mean %2?").arg(typed, meant);
}

int parseError(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() == int(CLI::ExitCodes::Success))
        return program.exit(error); // --help, --version
    QString command = "attendre";
    const CLI::App* chosen = &program;
    while (!chosen->get_subcommands().empty()) {
        chosen = chosen->get_subcommands().front();
        command += ' ' + QString::fromStdString(chosen->get_name());
    }
    const std::vector<std::string> unknown = chosen->remaining();
    if (dynamic_cast<const CLI::RequiredError*>(&error) && !unknown.empty() &&
        chosen->get_require_subcommand_min() > 0)
        return report({QString("%1 has no command \"%2\": see %1 --help.")
                           .arg(command, fromArgument(unknown.front())),
                       2});
    // A name that no option has, whatever else was left over with it, in the order as typed.
    for (const std::string& word : unknown)
        if (word.size() > 2 && word.starts_with("--"))
            return report(
                {unknownOption(*chosen, fromArgument(word.substr(0, word.find('='))), command), 2});
    QString sentence = QString::fromStdString(error.what()).simplified();
    // A check of this program's own says all; the library puts the option's name before it.
    if (const qsizetype own = sentence.indexOf("The option --"); own >= 0)
        return report({sentence.mid(own), 2});
    while (sentence.endsWith('.'))
        sentence.chop(1);
    return report({QString("%1: see %2 --help.").arg(sentence, command), 2});
}

// Qt spells names in Unicode: one that is none would be looked for under another name.
int firstWithoutUnicode(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        QStringDecoder decoder(QStringDecoder::Utf8);
        const QString text = decoder(QByteArrayView(argv[i]));
        if (decoder.hasError())
            return i;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow further is an error, not the end
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName("attendre");
    QCoreApplication::setApplicationVersion(ATTENDRE_VERSION);

    if (const int i = firstWithoutUnicode(argc, argv); i > 0)
        return report(
            {QString("The argument %1, \"%2\", is not in UTF-8: rename the file or type it "
                     "in UTF-8.")
                 .arg(i)
                 .arg(QString::fromUtf8(argv[i])),
             2});

    CLI::App program("Reads a long document with a language model through a small K/V memory, and "
                     "records what the memory held, what was evicted and what was attended to.",
                     "attendre");
    program.set_version_flag("--version", "attendre " ATTENDRE_VERSION);
    program.require_subcommand(1);
    program.footer("Exit codes: 0 done, 1 the work failed, 2 wrong usage. An error is one sentence "
                   "on standard error.");
    Action action;
    addInfo(program, action);
    addTokenize(program, action);
    addScore(program, action);
    addAsk(program, action);
    addEval(program, action);
    addSweep(program, action);
    addRecord(program, action);
    addReplay(program, action);
    addTrace(program, action);
    addServe(program, action);
    addCompletion(program, action);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return parseError(program, error);
    }
    const int exitCode = action();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
        return report({QString("Standard output cannot be written (%1): what was printed is not "
                               "complete.")
                           .arg(QString::fromLocal8Bit(std::strerror(errno)))});
    return exitCode;
}
