#pragma once

#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"
#include "widgets/plot_view.h"
#include "widgets/theme.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <limits>
#include <memory>
#include <vector>

namespace attendre {

// Small recorded traces and what a view needs to show them; each test opens one of them.
class RecordedTraces {
  public:
    // full.trace: 20 steps of lra and of fifo, 4 layers, 3 heads, M = 32, C = 8, two sinks;
    // summary.trace: the first of them at summary detail.
    bool recordAll() {
        return m_folder.isValid() && record("full.trace", "lra", true, false) &&
               record("full.trace", "fifo", true, true) &&
               record("summary.trace", "lra", false, false) &&
               record("stopped.trace", "lra", false, false, 12);
    }
    void begin() {
        m_source = std::make_unique<TraceSource>();
        m_point = std::make_unique<CurrentPoint>();
        m_theme.setKind(Theme::Kind::Light);
    }
    void end() {
        m_view.reset();
        m_point.reset();
        m_source.reset();
    }

    ViewContext context() { return {m_source.get(), m_point.get(), &m_theme, nullptr}; }
    QString filePath(const QString& name) const { return m_folder.filePath(name); }
    TraceSource& source() { return *m_source; }
    CurrentPoint& point() { return *m_point; }
    Theme& theme() { return m_theme; }

    void open(const QString& name) {
        QSignalSpy opened(m_source.get(), &TraceSource::opened);
        m_source->open(m_folder.filePath(name));
        QVERIFY(opened.count() || opened.wait());
        m_point->reset({1, 10, Phase::Record, 1, 2, noPosition, noPosition});
        settle();
    }
    void settle() {
        QTest::qWait(1);
        QTRY_VERIFY_WITH_TIMEOUT(m_source->pending() == 0, 20'000);
        QTest::qWait(1);
    }
    void to(const Point& point) {
        m_point->move(point);
        settle();
    }
    PlotView* show(PlotView* view, QSize size) {
        m_view.reset(view);
        view->resize(size);
        view->show();
        settle();
        return view;
    }
    template <class V> V* show(QSize size = {480, 320}) {
        auto* view = new V(context());
        show(view, size);
        return view;
    }
    // The evictions of run 1 as they were recorded.
    std::vector<Eviction> evicted(int step, int layer, int head) {
        auto reader = Reader::open(m_source->path());
        if (!reader)
            return {};
        auto evictions = (*reader)->evictions(1, step, layer, head);
        return evictions ? evictions.take() : std::vector<Eviction>();
    }

  private:
    bool record(const QString& name, const QString& policy, bool full, bool append,
                int stopAfter = std::numeric_limits<int>::max()) {
        const QByteArray text =
            "In the beginning God created the heaven and the earth. And the earth was without "
            "form, and void; and darkness was upon the face of the deep.\n";
        MadeOptions made;
        made.layers = 4;
        made.heads = 3;
        made.memory = 32;
        made.chunk = 8;
        made.tokens = 160;
        made.sinks = 2;
        made.policy = policy;
        made.full = full;
        RecorderOptions how;
        how.append = append;
        auto recorder =
            Recorder::open(m_folder.filePath(name), madeRun(made), madeTokens(made, text), how);
        if (!recorder)
            return false;
        MadeSteps steps(made);
        for (int count = 0; count < stopAfter; ++count) {
            auto step = steps.next();
            if (!step)
                return (*recorder)->finish().ok();
            if (!(*recorder)->add(std::move(*step)))
                return false;
        }
        return (*recorder)->finish(QStringLiteral("stopped by a person")).ok();
    }

    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<TraceSource> m_source;
    std::unique_ptr<CurrentPoint> m_point;
    std::unique_ptr<PlotView> m_view;
};

} // namespace attendre
