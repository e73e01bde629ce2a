// bench_lifetimes TRACE [--run R --layer L --head H --whose 0…2 --size WIDTHxHEIGHT --rate FRAMES]:
// how long frames of the Lifetimes view take while a person zooms and pans, as JSON. A frame is a
// wheel event or a mouse move, what has come from the reading thread by then, and the drawing of
// the view in software (QT_QPA_PLATFORM=offscreen). At the rate of frames a second (60; 0: as fast
// as it goes). "sharp" is the time from the last event of a series until the picture is that of
// what is in sight.

#include "widgets/lifetimes_view.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMouseEvent>
#include <QThread>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

using namespace attendre;

namespace {

double since(const QElapsedTimer& timer) {
    return double(timer.nsecsElapsed()) * 1e-6;
}

QJsonObject spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return {{"frames", int(n)},
            {"median_ms", values[n / 2]},
            {"p99_ms", values[n * 99 / 100]},
            {"most_ms", values[n - 1]}};
}

class Bench : public QObject {
  public:
    Bench(LifetimesView& view, int rate) : m_view(view), m_rate(rate) {
        view.installEventFilter(this);
    }

    double waitForSharp() {
        QElapsedTimer timer;
        timer.start();
        while (!m_view.isSharp() && timer.elapsed() < 600'000)
            QApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
        return since(timer);
    }
    // count frames of one gesture.
    QJsonObject frames(int count, const std::function<void(int)>& act) {
        std::vector<double> times;
        int sharp = 0;
        for (int i = 0; i < count; ++i) {
            QElapsedTimer timer;
            timer.start();
            act(i);
            m_drawn = false;
            QApplication::processEvents(); // what came, and the drawing that was asked for
            if (!m_drawn)
                m_view.repaint();
            times.push_back(since(timer));
            sharp += m_view.isSharp() ? 1 : 0;
            const double rest = m_rate > 0 ? 1000.0 / m_rate - times.back() : 0;
            if (rest > 0)
                QThread::usleep(static_cast<unsigned long>(rest * 1000));
        }
        QJsonObject result = spread(std::move(times));
        result["sharp_frames"] = sharp; // drawn from a picture of just what is in sight
        result["sharp_ms"] = waitForSharp();
        return result;
    }
    void wheel(const QPointF& at, int turned) {
        QWheelEvent event(at, m_view.mapToGlobal(at), {}, {0, turned}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(&m_view, &event);
    }
    void mouse(QEvent::Type type, const QPointF& at, QWidget* on = nullptr) {
        QWidget* widget = on ? on : &m_view;
        QMouseEvent event(type, at, widget->mapToGlobal(at), Qt::LeftButton,
                          type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton,
                          Qt::NoModifier);
        QApplication::sendEvent(widget, &event);
    }

    bool eventFilter(QObject* object, QEvent* event) override {
        m_drawn = m_drawn || event->type() == QEvent::Paint;
        return QObject::eventFilter(object, event);
    }

  private:
    LifetimesView& m_view;
    int m_rate;
    bool m_drawn = false; // in this frame
};

// A histogram is brushed; in and out again, to and fro, near and far.
QJsonObject measure(LifetimesView& view, int rate) {
    Bench bench(view, rate);
    QJsonObject result{{"first_picture_ms", bench.waitForSharp()},
                       {"positions", view.content()->end},
                       {"steps", view.content()->steps}};
    const QRectF plot = view.plotRect();
    const QPointF about(plot.left() + plot.width() * 0.6, plot.top() + plot.height() * 0.6);
    const auto zoom = [&](const char* name, int turned, int count) {
        result[QLatin1String(name)] = bench.frames(count, [&](int) { bench.wheel(about, turned); });
    };
    const auto pan = [&](const char* name) {
        bench.mouse(QEvent::MouseButtonPress, plot.center());
        result[QLatin1String(name)] = bench.frames(240, [&](int i) {
            const double angle = i * 0.05;
            bench.mouse(QEvent::MouseMove,
                        plot.center() +
                            QPointF(std::sin(angle) * plot.width() / 3, std::cos(angle) * 60));
        });
        bench.mouse(QEvent::MouseButtonRelease, plot.center() + QPointF(50, 50));
    };
    BrushHistogram* ages = view.histograms()->histogram(LifeColumn::Age);
    const double width = ages->width() - 4.0;
    bench.mouse(QEvent::MouseButtonPress, {3, ages->height() / 2.0}, ages);
    result["brush"] = bench.frames(120, [&](int i) {
        bench.mouse(QEvent::MouseMove, {3 + width * i / 120, ages->height() / 2.0}, ages);
    });
    bench.mouse(QEvent::MouseButtonRelease, {width, ages->height() / 2.0}, ages);
    view.setBrush({});
    zoom("zoom_in_a_little", 30, 40);
    pan("pan_far");
    zoom("zoom_in", 60, 60);
    pan("pan_middle");
    zoom("zoom_in_to_tokens", 120, 60);
    pan("pan_near");
    zoom("zoom_out", -60, 240);
    return result;
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("TRACE"), QStringLiteral("what to show"));
    for (const char* name : {"run", "layer", "head", "whose", "size", "rate"})
        parser.addOption({QLatin1String(name), QLatin1String(name), QLatin1String(name)});
    parser.process(app);
    if (parser.positionalArguments().size() != 1)
        parser.showHelp(2);
    const auto number = [&](const char* name, int otherwise) {
        const QString value = parser.value(QLatin1String(name));
        return value.isEmpty() ? otherwise : value.toInt();
    };
    const QStringList size =
        (parser.isSet("size") ? parser.value("size") : QStringLiteral("1920x1080")).split('x');
    Theme theme;
    TraceSource source;
    CurrentPoint point;
    QObject::connect(&source, &TraceSource::failed,
                     [](const QString& sentence) { qFatal("%s", qPrintable(sentence)); });
    source.open(parser.positionalArguments().front());
    while (source.pending() > 0)
        QApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
    point.reset({number("run", 1), 0, Phase::Record, number("layer", 0), number("head", 0),
                 noPosition, noPosition});
    LifetimesView view({&source, &point, &theme, nullptr});
    view.resize(size.value(0).toInt(), size.value(1).toInt());
    view.setWhose(LifeWhose(number("whose", 0)));
    view.show();
    QJsonObject result = measure(view, number("rate", 60));
    result["size"] = size.join('x');
    std::printf("%s", QJsonDocument(result).toJson().constData());
    return 0;
}
