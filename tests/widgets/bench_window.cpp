// bench_window TRACE [--size 1920x1080 --points 300 --frames 240 --cold yes|no --json]: how the
// window does on a trace, a long one above all (make_scale_trace makes one of a million tokens).
// Drawn in software on the platform offscreen. Milliseconds: the median and the 99th percentile.
//
// First picture: from the program's start until every panel in sight shows something, and until
// all of them show the current point and nothing is being read. Cold: the file's pages are dropped
// from the system's cache beforehand (posix_fadvise), the program's own are not. Scrubbing: from
// the move of the current point until every panel in sight shows it. A frame: an event of the mouse
// or the keyboard, what has come from the reading thread by then, and the drawing that follows.

#include "app/main_window.h"
#include "app/workbench.h"
#include "widgets/document_canvas.h"
#include "widgets/document_search.h"
#include "widgets/document_view.h"
#include "widgets/lifetimes_view.h"
#include "widgets/timeline_view.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QMouseEvent>
#include <QScrollBar>
#include <QStyleFactory>
#include <QTest>
#include <QThread>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>

#include <fcntl.h>
#include <unistd.h>

using namespace attendre;

namespace {

constexpr qint64 patience = 600'000; // ms
constexpr double sixtieth = 1000.0 / 60;

double since(const QElapsedTimer& timer) {
    return double(timer.nsecsElapsed()) * 1e-6;
}

QJsonObject spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return {{"count", int(n)},
            {"median_ms", values[n / 2]},
            {"p99_ms", values[n * 99 / 100]},
            {"most_ms", values[n - 1]}};
}

// Megabytes of a line of /proc/self/status.
double megabytes(const QByteArray& line) {
    QFile status(QStringLiteral("/proc/self/status"));
    if (status.open(QIODevice::ReadOnly))
        for (const QByteArray& one : status.readAll().split('\n'))
            if (one.startsWith(line + ':'))
                return one.mid(line.size() + 1).trimmed().split(' ').front().toDouble() / 1024;
    return 0;
}

bool dropFromCache(const QString& path) {
    const int file = open(QFile::encodeName(path).constData(), O_RDONLY);
    const bool dropped =
        file >= 0 && fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0;
    if (file >= 0)
        close(file);
    return dropped;
}

class Bench {
  public:
    Bench(MainWindow& window, int points, int frames)
        : m_window(window), m_points(points), m_frames(frames) {}

    QJsonObject open(const QString& path, const QElapsedTimer& sinceStart) {
        const double built = since(sinceStart);
        m_window.openTrace(path);
        double first = 0;
        while (!isComplete() && sinceStart.elapsed() < patience) {
            QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
            if (first == 0 && showsSomething())
                first = since(sinceStart);
        }
        QApplication::processEvents();
        return {{"window_built_ms", built}, {"first_ms", first}, {"all_ms", since(sinceStart)}};
    }

    // Whether the document is laid out as far as it goes: it is scrolled to anywhere then.
    double waitForDocument() {
        QElapsedTimer timer;
        timer.start();
        const auto& view = document();
        const RunInfo* run = m_window.source().run(m_window.point().now().run);
        while (view.canvas()->layout().tokensDone() < run->tokens && timer.elapsed() < patience)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
        settle();
        return since(timer);
    }

    // changes(point, random): where to go next.
    QJsonObject scrub(const std::function<void(Point&, std::mt19937&)>& changes) {
        std::mt19937 random(7);
        std::vector<double> times;
        for (int i = 0; i < m_points; ++i) {
            Point point = m_window.point().now();
            changes(point, random);
            QElapsedTimer timer;
            timer.start();
            m_window.point().move(point, true);
            settle();
            times.push_back(since(timer));
        }
        return spread(std::move(times));
    }
    QJsonObject frames(const std::function<void(int)>& act) {
        std::vector<double> times;
        for (int i = 0; i < m_frames; ++i) {
            QElapsedTimer timer;
            timer.start();
            act(i);
            QApplication::processEvents();
            times.push_back(since(timer));
            if (const double rest = sixtieth - times.back(); rest > 0)
                QThread::usleep(static_cast<unsigned long>(rest * 1000));
        }
        return spread(std::move(times));
    }
    double settle() {
        QElapsedTimer timer;
        timer.start();
        QApplication::processEvents();
        while (m_window.source().pending() > 0 && timer.elapsed() < patience)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
        QApplication::processEvents();
        return since(timer);
    }
    const DocumentView& document() const { return view<DocumentView>("document"); }
    template <class V> V& view(const char* id) const {
        return *qobject_cast<V*>(m_window.workbench().panel(QLatin1String(id))->view());
    }
    static void wheel(QWidget* on, const QPointF& at, int turned, Qt::KeyboardModifiers keys = {}) {
        QWheelEvent event(at, on->mapToGlobal(at), {}, {0, turned}, Qt::NoButton, keys,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(on, &event);
    }
    static void mouse(QEvent::Type type, const QPointF& at, QWidget* on) {
        QMouseEvent event(type, at, on->mapToGlobal(at), Qt::LeftButton,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton,
                          Qt::NoModifier);
        QApplication::sendEvent(on, &event);
    }

  private:
    std::vector<View*> inSight() const {
        std::vector<View*> views;
        for (const Panel* panel : m_window.workbench().panels())
            if (!panel->view()->visibleRegion().isEmpty())
                views.push_back(panel->view());
        return views;
    }
    bool showsSomething() const {
        const auto views = inSight();
        return m_window.source().isOpen() && !views.empty() &&
               std::none_of(views.begin(), views.end(), [](View* one) { return one->isBlank(); });
    }
    bool isComplete() const {
        const Point now = m_window.point().now();
        return showsSomething() && m_window.source().pending() == 0 && now.entry != noPosition &&
               document().canvas()->isVisibleToken(now.entry);
    }

    MainWindow& m_window;
    int m_points, m_frames;
};

QJsonObject scrubbing(Bench& bench, const RunInfo& run, int steps) {
    const auto below = [](std::mt19937& random, int count) {
        return int(random() % unsigned(count));
    };
    return {{"scrub_steps", bench.scrub([&](Point& point, std::mt19937& random) {
                 point.step = below(random, steps);
             })},
            {"scrub_steps_layers_heads", bench.scrub([&](Point& point, std::mt19937& random) {
                 point.step = below(random, steps);
                 point.layer = below(random, run.shape.layers);
                 point.head = below(random, run.shape.heads);
             })},
            {"scrub_neighbours", bench.scrub([&](Point& point, std::mt19937&) {
                 point.step = (point.step + 1) % steps;
             })}};
}

QJsonObject scrolling(Bench& bench) {
    DocumentView& view = bench.view<DocumentView>("document");
    QWidget* canvas = view.canvas()->viewport();
    const QPointF middle = QRectF(canvas->rect()).center();
    QScrollBar* bar = view.canvas()->verticalScrollBar();
    QJsonObject result;
    bar->setValue(bar->maximum() / 3);
    result["document_wheel"] = bench.frames([&](int) { Bench::wheel(canvas, middle, -120); });
    result["document_pages"] =
        bench.frames([&](int) { QTest::keyClick(view.canvas(), Qt::Key_PageDown); });
    std::mt19937 random(3);
    result["document_jumps"] = bench.frames(
        [&](int) { bar->setValue(int(random() % unsigned(std::max(1, bar->maximum())))); });
    view.find();
    auto* field = view.findChild<QLineEdit*>();
    QElapsedTimer timer;
    timer.start();
    QTest::keyClicks(field, QStringLiteral("firmament"));
    bench.settle();
    result["search_ms"] = since(timer);
    result["search_next"] = bench.frames([&](int) { QTest::keyClick(field, Qt::Key_Return); });
    QTest::keyClick(field, Qt::Key_Escape);
    return result;
}

QJsonObject timeline(Bench& bench, MainWindow& window) {
    window.workbench().present(QStringLiteral("timeline"));
    bench.settle();
    auto& view = bench.view<TimelineView>("timeline");
    const QPointF at(view.width() * 0.6, view.height() * 0.5);
    QJsonObject result{{"timeline_zoom", bench.frames([&](int i) {
                            Bench::wheel(&view, at, i % 120 < 60 ? 60 : -60);
                        })}};
    view.showAll();
    return result;
}

QJsonObject lifetimes(Bench& bench, MainWindow& window) {
    QElapsedTimer timer;
    timer.start();
    window.workbench().present(QStringLiteral("lifetimes"));
    auto& view = bench.view<LifetimesView>("lifetimes");
    do
        QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
    while ((!view.isSharp() || window.source().pending() > 0) && timer.elapsed() < patience);
    QJsonObject result{{"lifetimes_first_ms", since(timer)}};
    const QRectF plot = view.plotRect();
    const QPointF about(plot.left() + plot.width() * 0.6, plot.top() + plot.height() * 0.6);
    result["lifetimes_zoom"] =
        bench.frames([&](int i) { Bench::wheel(&view, about, i % 160 < 100 ? 60 : -60); });
    Bench::mouse(QEvent::MouseButtonPress, plot.center(), &view);
    result["lifetimes_pan"] = bench.frames([&](int i) {
        const QPointF way(std::sin(i * 0.05) * plot.width() / 3, std::cos(i * 0.05) * 20);
        Bench::mouse(QEvent::MouseMove, plot.center() + way, &view);
    });
    Bench::mouse(QEvent::MouseButtonRelease, plot.center(), &view);
    return result;
}

void add(QJsonObject& all, const QJsonObject& some) {
    for (auto it = some.begin(); it != some.end(); ++it)
        all[it.key()] = it.value();
    std::fprintf(stderr, "%s\n", QJsonDocument(some).toJson(QJsonDocument::Compact).constData());
}

void printTable(const QJsonObject& result) {
    std::printf("%-28s %10s %10s %10s\n", "", "median", "p99", "most");
    for (auto it = result.begin(); it != result.end(); ++it) {
        const QByteArray name = it.key().toUtf8();
        if (it->isObject()) {
            const QJsonObject one = it->toObject();
            std::printf("%-28s %10.1f %10.1f %10.1f\n", name.constData(),
                        one["median_ms"].toDouble(), one["p99_ms"].toDouble(),
                        one["most_ms"].toDouble());
        } else {
            std::printf("%-28s %s\n", name.constData(),
                        it->isDouble() ? QByteArray::number(it->toDouble(), 'f', 1).constData()
                                       : qPrintable(it->toVariant().toString()));
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    QElapsedTimer sinceStart;
    sinceStart.start();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QCoreApplication::setApplicationName(QStringLiteral("attendre-bench"));
    QApplication application(argc, argv);
    qRegisterMetaType<Point>();
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("TRACE"), QStringLiteral("what to show"));
    parser.addOption({QStringLiteral("json"), QStringLiteral("JSON, not a table")});
    for (const char* name : {"size", "points", "frames", "cold"})
        parser.addOption({QLatin1String(name), QLatin1String(name), QLatin1String(name)});
    parser.process(application);
    if (parser.positionalArguments().size() != 1)
        parser.showHelp(2);
    const QString path = parser.positionalArguments().front();
    const auto value = [&](const char* name, const char* otherwise) {
        return parser.isSet(name) ? parser.value(name) : QLatin1String(otherwise);
    };
    const QStringList size = value("size", "1920x1080").split('x');
    const bool cold = value("cold", "yes") == QStringLiteral("yes");
    if (cold && !dropFromCache(path)) {
        std::fprintf(stderr, "%s cannot be dropped from the cache: name a trace.\n",
                     qPrintable(path));
        return 1;
    }
    MainWindow window(false);
    QObject::connect(&window, &MainWindow::couldNotOpen, [](const QString& sentence) {
        std::fprintf(stderr, "%s\n", qPrintable(sentence));
        std::exit(1);
    });
    window.setFixedSize(size.value(0).toInt(), size.value(1).toInt());
    window.show();
    Bench bench(window, value("points", "300").toInt(), value("frames", "240").toInt());
    QJsonObject result{{"bytes", QFileInfo(path).size()}, {"cold", cold}};
    add(result, bench.open(path, sinceStart));
    result["document_laid_out_ms"] = bench.waitForDocument();
    const RunInfo run = *window.source().run(window.point().now().run);
    result["tokens"] = run.tokens;
    const int steps = window.source().stepCount(run.run);
    result["steps"] = steps;
    result["resident_opened_mb"] = megabytes("VmRSS");
    add(result, scrubbing(bench, run, steps));
    add(result, scrolling(bench));
    add(result, timeline(bench, window));
    result["resident_read_mb"] = megabytes("VmRSS");
    add(result, lifetimes(bench, window));
    result["resident_lifetimes_mb"] = megabytes("VmRSS");
    result["resident_most_mb"] = megabytes("VmHWM");
    if (parser.isSet(QStringLiteral("json")))
        std::printf("%s", QJsonDocument(result).toJson().constData());
    else
        printTable(result);
    return 0;
}
