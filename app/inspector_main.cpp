#include "app/default_example.h"
#include "app/dropped_files.h"
#include "app/expected_warnings.h"
#include "app/main_window.h"
#include "app/picture.h"
#include "app/readable_text.h"
#include "app/results_window.h"
#include "app/run_session.h"
#include "app/workbench.h"
#include "model/evaluation/evaluation_results.h"
#include "model/trace/reader.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QIcon>
#include <QStyleFactory>

#include <cstdio>

using namespace attendre;

namespace {

struct Arguments {
    QStringList files;
    QString screenshot, trace, panel;
    std::optional<QSize> size;
    std::optional<Theme::Kind> theme;
    PointWishes wishes;

    // A folder can be nothing else: a model needs a document beside it.
    bool namesResults() const {
        return files.size() == 1 &&
               (attendre::namesResults(files.front()) || QFileInfo(files.front()).isDir() ||
                files.front().endsWith(QStringLiteral(".jsonl")));
    }
};

[[noreturn]] void wrong(const QString& sentence) {
    std::fprintf(stderr, "%s\n", qUtf8Printable(sentence));
    std::exit(2);
}

std::optional<int> numberOf(const QCommandLineParser& parser, const QString& option) {
    if (!parser.isSet(option))
        return {};
    bool isNumber = false;
    const int number = parser.value(option).toInt(&isNumber);
    if (!isNumber || number < 0)
        wrong(QObject::tr("--%1 %2 is not a number: give one from 0 up.")
                  .arg(option, parser.value(option)));
    return number;
}

QSize sizeOf(const QString& text) {
    const QStringList parts = text.split(u'x');
    const QSize size(parts.value(0).toInt(), parts.value(1).toInt());
    if (parts.size() != 2 || size.width() < 320 || size.height() < 240 || size.width() > 16384 ||
        size.height() > 16384)
        wrong(QObject::tr("--size %1 is not a size: give WIDTHxHEIGHT in pixels, such as 1440x900.")
                  .arg(text));
    return size;
}

Theme::Kind themeOf(const QString& text) {
    if (text == QStringLiteral("light"))
        return Theme::Kind::Light;
    if (text == QStringLiteral("dark"))
        return Theme::Kind::Dark;
    if (text == QStringLiteral("high-contrast"))
        return Theme::Kind::HighContrast;
    wrong(QObject::tr("--theme %1 is unknown: choose light, dark or high-contrast.").arg(text));
}

QStringList panelNames() {
    QStringList names;
    for (const ViewDefinition& view : viewDefinitions())
        names << view.id;
    return names;
}

QString panelOf(const QString& name) {
    if (!panelNames().contains(name))
        wrong(QObject::tr("--panel %1 is unknown: choose %2.")
                  .arg(name, panelNames().join(QStringLiteral(", "))));
    return name;
}

Arguments parse(const QApplication& application) {
    QCommandLineParser parser;
    parser.setApplicationDescription(QObject::tr(
        "Shows how a language model reads a long document through a small memory.\n"
        "With a trace it opens that; with a model and a document it starts the engine, records "
        "the first steps and pauses. With the folder of a sweep or the file of an evaluation it "
        "shows their results."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument("TRACE", QObject::tr("a recorded run"), "[TRACE |");
    parser.addPositionalArgument("SESSION", QObject::tr("a session that was saved"), "SESSION |");
    parser.addPositionalArgument(
        "RESULTS", QObject::tr("a sweep's folder, or a .jsonl file of attendre eval"), "RESULTS |");
    parser.addPositionalArgument("MODEL DOCUMENT", QObject::tr("what to read, with what"),
                                 "MODEL DOCUMENT]");
    parser.addOptions({
        {"screenshot", QObject::tr("write the window as a picture and end"), "FILE"},
        {"size", QObject::tr("the window's size in pixels"), "WIDTHxHEIGHT"},
        {"run", QObject::tr("show this run; by default the newest"), "R"},
        {"step", QObject::tr("show this step"), "K"},
        {"layer", QObject::tr("show this layer"), "L"},
        {"head", QObject::tr("show this K/V head"), "H"},
        {"entry", QObject::tr("select the entry at this position"), "P"},
        {"theme", QObject::tr("light, dark or high-contrast"), "NAME"},
        {"panel", QObject::tr("raise this panel: %1").arg(panelNames().join(QStringLiteral(", "))),
         "NAME"},
        {"trace", QObject::tr("where the trace of a new run is written"), "FILE"},
    });
    parser.process(application);
    Arguments arguments;
    arguments.files = parser.positionalArguments();
    if (arguments.files.size() > 2)
        wrong(QObject::tr("%1 files were named: give a trace, results, or a model and a document.")
                  .arg(arguments.files.size()));
    arguments.screenshot = parser.value("screenshot");
    arguments.trace = parser.value("trace");
    if (parser.isSet("size"))
        arguments.size = sizeOf(parser.value("size"));
    if (parser.isSet("panel"))
        arguments.panel = panelOf(parser.value("panel"));
    if (parser.isSet("theme"))
        arguments.theme = themeOf(parser.value("theme"));
    arguments.wishes = {numberOf(parser, "step"), numberOf(parser, "layer"),
                        numberOf(parser, "head"), numberOf(parser, "entry"),
                        numberOf(parser, "run")};
    for (const char* point : {"run", "step", "layer", "head", "entry", "panel"})
        if (parser.isSet(point) && arguments.namesResults())
            wrong(QObject::tr("--%1 is about a trace, and %2 holds results: leave it out.")
                      .arg(QLatin1String(point), arguments.files.front()));
    if (parser.isSet("screenshot") && arguments.files.isEmpty())
        wrong(QObject::tr("--screenshot needs something to show: name a trace, results, or a model "
                          "and a document."));
    return arguments;
}

// What shows no window needs no display: a picture, the help, the version. True: it is such.
bool doWithoutDisplay(int argc, char** argv) {
    bool without = false;
    for (int i = 1; i < argc; ++i) {
        const QByteArray argument(argv[i]);
        without = without || argument.startsWith("--screenshot") || argument == "--help" ||
                  argument == "-h" || argument == "--version" || argument == "-v";
    }
    if (without && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM") &&
        qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    return without;
}

// What the trace that is to be opened cannot show is wrong usage, said before there is a window.
// A file that does not open is for the window to tell of.
void checkWishes(const Arguments& arguments) {
    if (arguments.files.size() != 1)
        return;
    auto reader = Reader::open(arguments.files.front());
    if (!reader)
        return;
    const auto runs = (*reader)->runs();
    if (!runs || runs->empty())
        return;
    const auto steps = (*reader)->stepCount(runs->back().run);
    if (!steps)
        return;
    if (const auto why = refusal(arguments.wishes, runs->back(), *steps))
        wrong(QObject::tr("%1: %2").arg(arguments.files.front(), *why));
}

void begin(MainWindow& window, const Arguments& arguments) {
    if (!arguments.panel.isEmpty())
        QObject::connect(&window.source(), &TraceSource::opened, &window,
                         [&window, panel = arguments.panel] { window.workbench().present(panel); });
    if (arguments.namesResults()) {
        window.openResults(arguments.files.front());
    } else if (arguments.files.size() == 1 &&
               kindOf(arguments.files.front()) == DroppedFile::Kind::Session) {
        window.openFile(arguments.files.front());
    } else if (arguments.files.size() == 1) {
        window.openTrace(arguments.files.front(), arguments.wishes);
    } else if (arguments.files.size() == 2) {
        const auto text = readableText(arguments.files[1]);
        if (!text)
            wrong(text.error().sentence);
        auto request = firstRun(arguments.files[0], text->path);
        if (!arguments.trace.isEmpty())
            request.trace = arguments.trace;
        window.beginRun(request, arguments.wishes);
    }
}

void takePicture(MainWindow& window, QWidget* shown, const QString& file) {
    Picture* picture = nullptr;
    if (shown == &window)
        picture = new Picture(shown, file, [&window] {
            return window.source().pending() > 0 || window.compared().reckoning() ||
                   window.session().busy() || !window.source().isOpen();
        });
    else
        picture = new Picture(shown, file, [&window] {
            return window.results().isReading() || !window.results().source().isOpen();
        });
    QObject::connect(&window, &MainWindow::couldNotOpen, picture, &Picture::fail);
}

} // namespace

int main(int argc, char** argv) {
    if (doWithoutDisplay(argc, argv))
        dropExpectedWarnings();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    // Before anything asks for a setting: both decide where settings lie.
    QCoreApplication::setOrganizationName(QStringLiteral("Attendre"));
    QCoreApplication::setApplicationName(QStringLiteral("attendre"));
    QApplication application(argc, argv);
    QCoreApplication::setApplicationVersion(QStringLiteral(ATTENDRE_VERSION));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Attendre Inspector"));
    QGuiApplication::setDesktopFileName(QStringLiteral("attendre-inspector"));
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/attendre-inspector.svg")));
    qRegisterMetaType<Point>();
    const Arguments arguments = parse(application);
    checkWishes(arguments);

    const bool picture = !arguments.screenshot.isEmpty();
    MainWindow window(!picture);
    if (arguments.theme)
        window.setTheme(*arguments.theme);
    QWidget* shown = arguments.namesResults() ? static_cast<QWidget*>(&window.results()) : &window;
    // A picture is as large as was asked for, whatever the layout would rather be while it settles.
    if (arguments.size && picture)
        shown->setFixedSize(*arguments.size);
    else if (arguments.size)
        shown->resize(*arguments.size);
    if (shown == &window)
        window.show();
    begin(window, arguments);
    if (picture)
        takePicture(window, shown, arguments.screenshot);
    return application.exec();
}
