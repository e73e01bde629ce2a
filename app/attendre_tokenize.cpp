// attendre tokenize: ids and byte ranges of a document.
#include "app/attendre_options.h"
#include "app/attendre_output.h"
#include "model/engine/run_input.h"

#include <QJsonArray>

namespace attendre {

namespace {

struct TokenizeOptions {
    std::string model, file, bos = "auto", tokens = "0";
    bool json = false;
};

// The token's bytes as a person can read them on one line: no control character reaches a terminal.
QString readable(const QByteArray& text) {
    QString line;
    for (const QChar c : QString::fromUtf8(text)) {
        if (c == '\n')
            line += "\\n";
        else if (c == '\r')
            line += "\\r";
        else if (c == '\t')
            line += "\\t";
        else if (c.category() == QChar::Other_Control)
            line += QString("\\x%1").arg(int(c.unicode()), 2, 16, QChar('0'));
        else
            line += c;
    }
    return line;
}

void printTable(const RunInput& input) {
    for (const TokenInfo& token : input.tokens)
        print(QString("%1\t%2\t%3\t%4\t%5")
                  .arg(token.position)
                  .arg(token.id)
                  .arg(token.byteBegin)
                  .arg(token.byteEnd)
                  .arg(readable(token.text)));
}

int tokenize(const TokenizeOptions& options) {
    ProgressLine progress;
    Configuration configuration;
    if (auto set = setOption(configuration, "bos", fromArgument(options.bos)); !set)
        return report(set.error());
    if (auto set = setOption(configuration, "tokens", fromArgument(options.tokens)); !set)
        return report(set.error());
    auto tokenizer = Tokenizer::open(fromArgument(options.model));
    if (!tokenizer)
        return report(tokenizer.error());
    auto document = tokenizeDocument(fromArgument(options.file), **tokenizer,
                                     fromArgument(options.model), progress.stage(), Cancel());
    if (!document)
        return report(document.error());
    auto input = assembleInput(*document, **tokenizer, configuration);
    if (!input)
        return report(input.error());
    if (!options.json) {
        printTable(*input);
        return 0;
    }
    QJsonArray ids, bytes;
    for (const TokenInfo& token : input->tokens) {
        ids << token.id;
        bytes << QJsonArray{qint64(token.byteBegin), qint64(token.byteEnd)};
    }
    printJson({{"ids", ids}, {"bytes", bytes}});
    return 0;
}

} // namespace

void addTokenize(CLI::App& program, Action& action) {
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App* command = program.add_subcommand(
        "tokenize", "Shows a document's token ids and the byte ranges they stand for: position, "
                    "id, first byte, byte behind the last, text.");
    command->add_option("model", options->model, "A .gguf file or a model's folder.")
        ->type_name("MODEL")
        ->required();
    command->add_option("file", options->file, "A text file in UTF-8.")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--bos", options->bos,
                     "Whether the beginning-of-sequence token is put first; auto: as the tokenizer "
                     "declares. By default auto. One of auto, yes, no.")
        ->type_name("HOW");
    command
        ->add_option("--tokens", options->tokens,
                     "Only the document's first T tokens. 0, the default: all of them.")
        ->type_name("T");
    command->add_flag("--json", options->json,
                      "One JSON object: {\"ids\":[…],\"bytes\":[[begin,end],…]}.");
    command->callback([options, &action] { action = [options] { return tokenize(*options); }; });
}

} // namespace attendre
