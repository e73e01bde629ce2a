#pragma once

#include "model/analysis/compared_runs.h"
#include "model/trace/recorder.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <set>
#include <utility>

namespace attendre {

// Pairs of small recorded runs, in one file or two, and what is read of them without the analysis.
class RecordedPairs {
  public:
    bool isValid() const { return m_folder.isValid(); }
    static QByteArray text() { return "In the beginning God created the heaven and the earth.\n"; }

    struct Case {
        MadeOptions a, b;
        std::unique_ptr<Reader> readerA, readerB;
        ComparedRuns runs;
    };

    // In one file, or in two.
    Case recordBoth(const MadeOptions& a, const MadeOptions& b, bool oneFile = true,
                    const QByteArray& otherText = {}) {
        const QString first = m_folder.filePath(QString("%1.trace").arg(++m_files));
        const QString second =
            oneFile ? first : m_folder.filePath(QString("%1.trace").arg(++m_files));
        if (auto done = record(first, a, false, text()); !done)
            qFatal("%s", qPrintable(done.error().sentence));
        if (auto done = record(second, b, oneFile, otherText.isEmpty() ? text() : otherText); !done)
            qFatal("%s", qPrintable(done.error().sentence));
        Case made{a, b, Reader::open(first).take(), Reader::open(second).take(), {}};
        return made;
    }
    static Result<ComparedRuns> compare(Case& made) {
        const bool oneFile = made.readerA->path() == made.readerB->path();
        return compareRuns(*made.readerA, 1, *made.readerB, oneFile ? 2 : 1);
    }

    // Shapes, policies and sizes by chance; every third pair with other chunks, every fourth with
    // queries that wait.
    static std::pair<MadeOptions, MadeOptions> chosen(unsigned seed) {
        std::mt19937 random(seed);
        const auto upTo = [&random](int n) { return int(random() % unsigned(n)); };
        const char* policies[] = {"fifo", "lra", "lfa", "h2o", "random"};
        MadeOptions a;
        a.layers = 1 + upTo(3);
        a.heads = 1 + upTo(3);
        a.tokens = 60 + upTo(90);
        a.memory = 14 + upTo(12);
        a.chunk = 3 + upTo(4);
        a.sinks = upTo(3);
        a.recent = upTo(3);
        a.seed = seed;
        a.queryMemory = seed % 4 == 3 ? 5 : 0;
        MadeOptions b = a;
        a.policy = policies[upTo(5)];
        b.policy = policies[upTo(5)];
        if (upTo(2))
            b.seed = seed + 1000;
        if (upTo(2))
            b.memory = 14 + upTo(12);
        if (upTo(3) == 0)
            b.sinks = upTo(3);
        if (seed % 3 == 0)
            b.chunk = 3 + upTo(4);
        if (a.queryMemory > 0 && upTo(2))
            b.queryMemory = 9;
        return {a, b};
    }

    static std::set<std::int32_t> held(const ComparedReading& reading, int step, int layer,
                                       int head) {
        std::set<std::int32_t> positions;
        const LayerState state = reading.reader->layerState(reading.run.run, step, layer).take();
        for (const std::int32_t position : state.heads[std::size_t(head)].position)
            if (position != noPosition)
                positions.insert(position);
        return positions;
    }
    static void seeds() {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed)
            QTest::addRow("%u", seed) << seed;
    }

  private:
    static Result<void> record(const QString& path, const MadeOptions& made, bool append,
                               const QByteArray& text) {
        RecorderOptions how;
        how.append = append;
        auto recorder = Recorder::open(path, madeRun(made), madeTokens(made, text), how);
        if (!recorder)
            return recorder.error();
        MadeSteps steps(made);
        while (auto step = steps.next())
            if (auto added = (*recorder)->add(std::move(*step)); !added)
                return added;
        return (*recorder)->finish();
    }

    QTemporaryDir m_folder;
    int m_files = 0;
};

} // namespace attendre
