// Pictures of every registered view on a trace, small and large and in three themes: to be looked
// at.
//   view_gallery TRACE FOLDER [--run R --step S --phase 0…5 --layer L --head H --entry P --query P]
//   [--only ID]
//     [--colour N]: the N-th entry of the view's first combo box, or of its B-th with [--box B];
//     -2: its first button, pressed; --tab N: the N-th of a view that has tabs
#include "widgets/compared_run.h"
#include "widgets/console_log.h"
#include "widgets/losses_source.h"
#include "widgets/plot_view.h"
#include "widgets/theme.h"
#include "widgets/view.h"

#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QImage>
#include <QPainter>
#include <QTabBar>
#include <QTimer>

#include <memory>

using namespace attendre;

namespace {

void settle(const ViewContext& context) {
    QElapsedTimer waited;
    waited.start();
    do {
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    } while (waited.elapsed() < 10'000 &&
             (context.source->pending() > 0 || context.losses->reckoning() ||
              context.compared->reckoning() || waited.elapsed() < 60));
}

Point pointFrom(const QCommandLineParser& parser) {
    Point point;
    const auto number = [&](const char* name, int otherwise) {
        return parser.isSet(QLatin1String(name)) ? parser.value(QLatin1String(name)).toInt()
                                                 : otherwise;
    };
    point.run = number("run", 1);
    point.step = number("step", 0);
    point.phase = Phase(number("phase", int(Phase::Record)));
    point.layer = number("layer", 0);
    point.head = number("head", 0);
    point.entry = number("entry", noPosition);
    point.query = number("query", noPosition);
    return point;
}

// One sheet a view: small, middle in three themes, large.
void takePictures(const ViewContext& context, Theme& theme, const ViewDefinition& definition,
                  const QString& folder, int colour, int box, int tab) {
    const std::unique_ptr<View> view(definition.make(context, nullptr));
    // Every view reads when the point moves to where it was.
    const Point point = context.point->now();
    context.point->reset(Point());
    context.point->reset(point);
    if (auto* tabs = view->findChild<QTabBar*>())
        tabs->setCurrentIndex(tab);
    QWidget* header = view->headerWidget();
    auto* chooser = qobject_cast<QComboBox*>(header);
    if (!chooser && header)
        chooser = header->findChildren<QComboBox*>().value(box);
    if (header)
        header->hide(); // it stands in a panel's header
    if (auto* button = header ? header->findChild<QAbstractButton*>() : nullptr)
        button->setChecked(colour == -2);
    if (chooser && colour >= 0) {
        chooser->setCurrentIndex(colour);
        emit chooser->activated(colour);
    }
    struct Picture {
        QRect place;
        Theme::Kind kind;
    };
    const Picture pictures[] = {{{10, 10, 300, 200}, Theme::Kind::Light},
                                {{320, 10, 430, 330}, Theme::Kind::Light},
                                {{760, 10, 430, 330}, Theme::Kind::Dark},
                                {{10, 220, 300, 120}, Theme::Kind::HighContrast},
                                {{10, 350, 1180, 460}, Theme::Kind::Light}};
    QImage sheet(1200, 820, QImage::Format_RGB32);
    sheet.fill(0xff8090a0);
    QPainter painter(&sheet);
    for (const Picture& picture : pictures) {
        theme.setKind(picture.kind);
        view->resize(picture.place.size());
        view->show();
        settle(context);
        painter.drawPixmap(picture.place.topLeft(), view->grab());
    }
    sheet.save(QStringLiteral("%1/%2.png").arg(folder, definition.id));
    qInfo("%s: %s %s | %s", qPrintable(definition.id), view->isBlank() ? "BLANK" : "drawn",
          qPrintable(view->subtitle()), qPrintable(view->accessibleDescription()));
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("TRACE"), QStringLiteral("what to show"));
    parser.addPositionalArgument(QStringLiteral("FOLDER"), QStringLiteral("where pictures go"));
    for (const char* name : {"run", "step", "layer", "head", "entry", "query", "phase", "only",
                             "colour", "box", "tab"})
        parser.addOption({QLatin1String(name), QLatin1String(name), QLatin1String(name)});
    parser.process(app);
    const QStringList paths = parser.positionalArguments();
    if (paths.size() != 2)
        parser.showHelp(2);
    Theme theme;
    TraceSource source;
    CurrentPoint point;
    ConsoleLog log;
    log.addEngineLine(QStringLiteral("SmolLM2-135M-Instruct.Q4_1: 30 layers, 9 heads"));
    log.addNotice(QStringLiteral("T = 50,035 exceeds the trained length P = 2,048: allowed, and "
                                 "marked on every position axis."));
    log.addProblem(QStringLiteral("The engine ended unexpectedly (signal 9) after step 9: the "
                                  "steps until then are kept; start the run again to go on."));
    QObject::connect(&source, &TraceSource::failed,
                     [](const QString& sentence) { qWarning("%s", qPrintable(sentence)); });
    LossesSource losses(&source);
    ComparedRun compared(&source, &point);
    ViewContext context{&source, &point, &theme, &log};
    context.losses = &losses;
    context.compared = &compared;
    source.open(paths[0]);
    settle(context);
    if (!source.isOpen())
        return 1;
    point.reset(pointFrom(parser));
    for (const ViewDefinition& definition : viewDefinitions())
        if (!parser.isSet(QStringLiteral("only")) ||
            parser.value(QStringLiteral("only")) == definition.id)
            takePictures(context, theme, definition, paths[1],
                         parser.isSet(QStringLiteral("colour"))
                             ? parser.value(QStringLiteral("colour")).toInt()
                             : -1,
                         parser.value(QStringLiteral("box")).toInt(),
                         parser.value(QStringLiteral("tab")).toInt());
    return 0;
}
