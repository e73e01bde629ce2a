#include "model/trace/offered_options.h"

#include <QFile>
#include <QTextStream>

// options_page IN OUT VERSION DOCDIR: writes a manual page with the pipeline's options put in, so
// that the page and the program say the same.

namespace {

// Text as roff reads it: no control line begins with a dot or a quote, and a minus sign stays one.
QString escaped(QString text) {
    text.replace('\\', "\\e").replace('-', "\\-");
    if (text.startsWith('.') || text.startsWith('\''))
        text.prepend("\\&");
    return text;
}

QString optionsInRoff() {
    QString page;
    for (const attendre::OptionDefinition& option : attendre::offeredOptions()) {
        QString head = ".TP\n\\fB\\-\\-" + escaped(option.name) + "\\fP";
        if (!option.argument.isEmpty())
            head += " \\fI" + escaped(option.argument) + "\\fP";
        page += head + "\n" + escaped(option.definition) + "\n";
        if (!option.choices.isEmpty())
            page += "One of " + escaped(option.choices.join(", ")) + ".\n";
    }
    return page.trimmed();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        QTextStream(stderr) << "usage: options_page IN OUT VERSION DOCDIR\n";
        return 2;
    }
    QFile in(argv[1]), out(argv[2]);
    if (!in.open(QIODevice::ReadOnly) || !out.open(QIODevice::WriteOnly)) {
        QTextStream(stderr) << "options_page cannot read " << argv[1] << " or write " << argv[2]
                            << ".\n";
        return 1;
    }
    QString page = QString::fromUtf8(in.readAll());
    page.replace("@OPTIONS@", optionsInRoff());
    page.replace("@VERSION@", argv[3]);
    page.replace("@DOCDIR@", argv[4]);
    out.write(page.toUtf8());
    return 0;
}
