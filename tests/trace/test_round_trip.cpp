#include "model/trace/reader.h"
#include "model/trace/recorder.h"
#include "model/trace/series.h"
#include "model/trace/step_frame.h"
#include "tests/trace/made_steps.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <map>

using namespace attendre;

namespace {

// What was fed, and what a plain reading of it says.
struct Model {
    MadeOptions options;
    std::vector<TokenInfo> tokens;
    std::vector<StepRecord> steps;
    // [layer][head]: every life by position.
    std::vector<std::vector<std::map<std::int32_t, Life>>> lives;
    std::vector<std::vector<HeadStepInfo>> heads; // [step][layers x heads]
};

size_t at(const LayerRecord& r, int head, int slot) {
    return size_t(head) * size_t(r.capacity) + size_t(slot);
}

void addLives(Model& model, const StepRecord& step, const StepRecord* before) {
    for (const LayerRecord& r : step.layers)
        for (int head = 0; head < model.options.heads; ++head) {
            auto& lives = model.lives[size_t(r.layer)][size_t(head)];
            for (int j = 0; j < r.evicted; ++j) {
                const size_t v = size_t(head) * size_t(r.evicted) + size_t(j);
                const LayerRecord& b = before->layers[size_t(r.layer)];
                const size_t i = at(b, head, r.victimSlots[v]);
                Life& life = lives.at(r.victimPositions[v]);
                life.evictedStep = step.step;
                life.hasUsage = true;
                life.usage = {std::uint32_t(life.position) + 1,
                              b.lastTick[i],
                              b.mass[i],
                              b.massSquared[i],
                              b.hits[i],
                              b.lastMass[i]};
                life.rank = r.victimRanks[v];
            }
            for (int slot = 0; slot < r.capacity; ++slot) {
                const std::int32_t p = r.position[at(r, head, slot)];
                if (p >= r.firstPosition && p < r.firstPosition + r.arrived)
                    lives[p] = {p, slot, step.step, -1, false, Usage{}, 0};
            }
        }
}

Model makeModel(const MadeOptions& options) {
    Model model;
    model.options = options;
    model.tokens = madeTokens(options, "In the beginning God created the heaven and the earth.\n");
    model.lives.assign(size_t(options.layers),
                       std::vector<std::map<std::int32_t, Life>>(size_t(options.heads)));
    MadeSteps steps(options);
    while (auto step = steps.next()) {
        addLives(model, *step, model.steps.empty() ? nullptr : &model.steps.back());
        for (size_t i = 0; i < step->nll.size(); ++i)
            model.tokens[size_t(step->firstNll) + i].nll = step->nll[i];
        model.steps.push_back(std::move(*step));
    }
    return model;
}

QString record(const Model& model, const QString& path, int keyframeInterval = 32) {
    RecorderOptions how;
    how.keyframeInterval = keyframeInterval;
    auto tokens = model.tokens;
    for (TokenInfo& token : tokens)
        token.nll = std::nanf("");
    auto recorder = Recorder::open(path, madeRun(model.options), tokens, how);
    if (!recorder)
        return recorder.error().sentence;
    for (const StepRecord& step : model.steps)
        if (auto added = (*recorder)->add(step); !added)
            return added.error().sentence;
    auto finished = (*recorder)->finish();
    return finished ? QString() : finished.error().sentence;
}

template <class T>
std::vector<T> part(const std::vector<T>& column, const LayerRecord& r, int head) {
    const auto from = column.begin() + qsizetype(at(r, head, 0));
    return std::vector<T>(from, from + r.capacity);
}

void compareState(const LayerState& state, const LayerRecord& r, bool columns,
                  const QString& policy) {
    for (int head = 0; head < int(state.heads.size()); ++head) {
        const HeadState& h = state.heads[size_t(head)];
        QCOMPARE(h.position, part(r.position, r, head));
        QCOMPARE(h.rank, part(r.rank, r, head));
        if (columns || policy == "lra")
            QCOMPARE(h.lastTick, part(r.lastTick, r, head));
        if (columns || policy == "lfa")
            QCOMPARE(h.hits, part(r.hits, r, head));
        if (columns || policy == "h2o")
            QCOMPARE(h.mass, part(r.mass, r, head));
        if (!columns)
            continue;
        QVERIFY(h.columns());
        QCOMPARE(h.massSquared, part(r.massSquared, r, head));
        QCOMPARE(h.lastMass, part(r.lastMass, r, head));
    }
}

void compareLife(const Life& got, const Life& want) {
    QCOMPARE(got.position, want.position);
    QCOMPARE(got.slot, want.slot);
    QCOMPARE(got.insertedStep, want.insertedStep);
    QCOMPARE(got.evictedStep, want.evictedStep);
    QCOMPARE(got.hasUsage, want.hasUsage);
    if (!want.hasUsage)
        return;
    QCOMPARE(got.rank, want.rank);
    QCOMPARE(got.usage.tickInserted, want.usage.tickInserted);
    QCOMPARE(got.usage.lastTick, want.usage.lastTick);
    QCOMPARE(got.usage.hits, want.usage.hits);
    QCOMPARE(got.usage.mass, want.usage.mass);
    QCOMPARE(got.usage.massSquared, want.usage.massSquared);
    QCOMPARE(got.usage.lastMass, want.usage.lastMass);
}

} // namespace

class TestRoundTrip : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_file = 0;

    QString newFile() { return m_folder.filePath(QString("%1.trace").arg(++m_file)); }

  private slots:
    void everythingComesBack_data() {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<bool>("full");
        QTest::addColumn<int>("memory");
        QTest::addColumn<int>("chunk");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("interval");
        QTest::newRow("lra full") << "lra" << true << 24 << 7 << 400 << 8;
        QTest::newRow("lra summary") << "lra" << false << 24 << 7 << 400 << 8;
        QTest::newRow("fifo summary") << "fifo" << false << 16 << 4 << 130 << 5;
        QTest::newRow("lfa summary") << "lfa" << false << 24 << 8 << 300 << 32;
        QTest::newRow("h2o summary") << "h2o" << false << 24 << 8 << 300 << 1;
        QTest::newRow("h2o full") << "h2o" << true << 24 << 8 << 300 << 16;
        QTest::newRow("random summary") << "random" << false << 24 << 8 << 300 << 9;
        QTest::newRow("never full") << "lra" << true << 500 << 16 << 100 << 4;
        QTest::newRow("one step") << "lra" << true << 64 << 64 << 20 << 32;
        QTest::newRow("chunk is memory") << "random" << true << 8 << 8 << 100 << 7;
        QTest::newRow("two blocks") << "lra" << false << 40 << 32 << 9000 << 32;
    }
    void everythingComesBack() {
        QFETCH(QString, policy);
        QFETCH(bool, full);
        QFETCH(int, memory);
        QFETCH(int, chunk);
        QFETCH(int, tokens);
        QFETCH(int, interval);
        MadeOptions options;
        options.policy = policy;
        options.full = full;
        options.memory = memory;
        options.chunk = chunk;
        options.tokens = tokens;
        options.sinks = memory == chunk ? 0 : 2;
        options.seed = unsigned(memory * 31 + chunk);
        const Model model = makeModel(options);
        const QString path = newFile();
        QCOMPARE(record(model, path, interval), QString());
        QVERIFY(!QFile::exists(path + "-wal") && !QFile::exists(path + ".lock"));
        auto reader = Reader::open(path);
        QVERIFY2(reader.ok(), reader ? "" : qPrintable(reader.error().sentence));
        Reader& r = **reader;
        QCOMPARE(r.stepCount(1).take(), int(model.steps.size()));
        QVERIFY(r.run(1)->finished && r.run(1)->ended.isEmpty());
        compareSteps(r, model, interval);
        compareTokens(r, model);
        compareLives(r, model);
    }

    void compareSteps(Reader& r, const Model& model, int interval) {
        // In an order that jumps, so that seeks start anywhere.
        const int count = int(model.steps.size());
        for (int i = 0; i < count; ++i) {
            const int step = int((qint64(i) * 7919) % count);
            const StepRecord& want = model.steps[size_t(step)];
            for (const LayerRecord& layer : want.layers) {
                auto state = r.layerState(1, step, layer.layer);
                QVERIFY2(state.ok(), state ? "" : qPrintable(state.error().sentence));
                compareState(*state, layer, model.options.full || step % interval == 0,
                             model.options.policy);
                for (int head = 0; head < model.options.heads; ++head) {
                    compareEvictions(r, layer, step, head);
                    compareAttention(r, layer, step, head);
                }
            }
            const auto info = r.steps(1, step, 1);
            QCOMPARE(info->size(), size_t(1));
            QCOMPARE(info->front().milliseconds, want.milliseconds);
            QCOMPARE(info->front().arrived, want.arrived);
            const auto next = r.nextTokens(1, step);
            QCOMPARE(next->size(), want.next.size());
            QCOMPARE(next->back().first, want.next.back().id);
            const auto layers = r.layerSteps(1, step);
            QCOMPARE(layers->back().tick, want.layers.back().tick);
            QCOMPARE(layers->back().occupancy, want.layers.back().occupancy);
            QCOMPARE(layers->back().evicted, want.layers.back().evicted);
        }
    }

    void compareEvictions(Reader& r, const LayerRecord& layer, int step, int head) {
        const auto evictions = r.evictions(1, step, layer.layer, head);
        QVERIFY(evictions.ok());
        QCOMPARE(evictions->size(), size_t(layer.evicted));
        for (size_t j = 0; j < evictions->size(); ++j) {
            const size_t v = size_t(head) * size_t(layer.evicted) + j;
            const Eviction& e = (*evictions)[j];
            QCOMPARE(e.slot, layer.victimSlots[v]);
            QCOMPARE(e.position, layer.victimPositions[v]);
            QCOMPARE(e.rank, layer.victimRanks[v]);
            QCOMPARE(e.replacedBy, layer.position[at(layer, head, e.slot)]);
        }
    }

    void compareAttention(Reader& r, const LayerRecord& layer, int step, int head) {
        const auto attention = r.attention(1, step, layer.layer, head);
        QCOMPARE(attention->size(),
                 layer.attention.rest.size() / size_t(layer.attention.rest.empty() ? 1 : 2));
        for (size_t j = 0; j < attention->size(); ++j) {
            const size_t q = size_t(head) * size_t(layer.answered) + j;
            const QueryAttention& a = (*attention)[j];
            QCOMPARE(a.queryPosition, layer.firstAnswered + int(j));
            QCOMPARE(a.rest, layer.attention.rest[q]);
            for (size_t k = 0; k < a.top.size(); ++k) {
                QCOMPARE(a.top[k].position, layer.attention.positions[q * 8 + k]);
                QCOMPARE(a.top[k].weight, layer.attention.weights[q * 8 + k]);
            }
        }
    }

    void compareTokens(Reader& r, const Model& model) {
        const int count = int(model.tokens.size());
        for (int from : {0, 1, count / 2, count - 3}) {
            const auto got = r.tokens(1, from, 5000);
            QCOMPARE(int(got->size()), std::min(5000, count - std::max(0, from)));
            for (size_t i = 0; i < got->size(); ++i) {
                const TokenInfo& want = model.tokens[size_t(std::max(0, from)) + i];
                QCOMPARE((*got)[i].position, want.position);
                QCOMPARE((*got)[i].text, want.text);
                QCOMPARE((*got)[i].byteEnd, want.byteEnd);
                QCOMPARE(std::isnan((*got)[i].nll), std::isnan(want.nll));
                if (!std::isnan(want.nll))
                    QCOMPARE((*got)[i].nll, want.nll);
            }
        }
        QCOMPARE(r.tokenText(1, model.tokens[0].id).take(), model.tokens[0].text);
        QVERIFY(!r.tokenText(1, 987654).ok());
    }

    void compareLives(Reader& r, const Model& model) {
        const int count = model.options.tokens;
        for (int layer = 0; layer < model.options.layers; ++layer)
            for (int head = 0; head < model.options.heads; ++head) {
                const auto lives = r.lives(1, layer, head, 0, count + 3);
                QVERIFY(lives.ok());
                const auto& want = model.lives[size_t(layer)][size_t(head)];
                for (const auto& [position, life] : want)
                    compareLife((*lives)[size_t(position)], life);
                QCOMPARE((*lives)[size_t(count)].insertedStep, -1);
                compareLife(r.life(1, layer, head, count / 2).take(), want.at(count / 2));
            }
    }

    void extentsAreThoseOfTheValues() {
        MadeOptions options;
        options.tokens = 4 * 4300; // two rows of the second level
        options.layers = 2;
        options.heads = 2;
        options.full = false;
        const Model model = makeModel(options);
        const QString path = newFile();
        QCOMPARE(record(model, path), QString());
        auto reader = Reader::open(path);
        QVERIFY(reader.ok());
        Reader& r = **reader;
        const SeriesChannels channels(2, 2);
        std::vector<std::vector<float>> values;
        for (int step = 0; step < int(model.steps.size()); ++step)
            values.push_back(channels.values(r.steps(1, step, 1)->front(), *r.layerSteps(1, step),
                                             *r.headSteps(1, step)));
        struct Wanted {
            Series series;
            int layer, head;
        };
        for (const Wanted w :
             {Wanted{Series::Nll, -1, -1}, Wanted{Series::Milliseconds, -1, -1},
              Wanted{Series::Occupancy, 1, -1}, Wanted{Series::HitRate, 1, 1},
              Wanted{Series::FifoAgreement, 0, -1}, Wanted{Series::AgeAtEviction, 1, 0}}) {
            const int c = channels.channel(w.series, w.layer, w.head);
            for (const auto& [first, last, count] : {std::tuple{0, 4299, 1},
                                                     {0, 4299, 7},
                                                     {1, 4298, 300},
                                                     {63, 64, 2},
                                                     {4090, 4110, 40},
                                                     {5, 5, 1}}) {
                const auto got = r.extents(1, w.series, w.layer, w.head, first, last, count);
                QVERIFY2(got.ok(), got ? "" : qPrintable(got.error().sentence));
                QCOMPARE(int(got->size()), count);
                for (int i = 0; i < count; ++i) {
                    ExtentSum sum;
                    const qint64 n = last + 1 - first;
                    for (qint64 s = first + i * n / count; s < first + (i + 1) * n / count; ++s)
                        sum.add(values[size_t(s)][size_t(c)]);
                    const Extent want = sum.extent();
                    QCOMPARE((*got)[size_t(i)].count, want.count);
                    QCOMPARE((*got)[size_t(i)].minimum, want.minimum);
                    QCOMPARE((*got)[size_t(i)].maximum, want.maximum);
                    QVERIFY(std::abs((*got)[size_t(i)].mean - want.mean) <=
                            1e-4F * std::max(1.0F, std::abs(want.mean)));
                }
            }
        }
        QVERIFY(!r.extents(1, Series::Nll, 0, 0, 0, 5, 5).ok());
    }

    void framesSurviveTheWire() {
        MadeOptions options;
        MadeSteps steps(options);
        FrameEncoder encoder({true, 4, "last_tick", {}});
        while (auto step = steps.next()) {
            const auto frame = encoder.encode(std::move(*step));
            QVERIFY(frame.ok());
            const QByteArray bytes = toBytes(*frame);
            const auto again = frameFromBytes(bytes);
            QVERIFY(again.ok());
            QCOMPARE(toBytes(*again), bytes);
            for (qsizetype cut = 0; cut < bytes.size(); cut += 97)
                QVERIFY(!frameFromBytes(bytes.left(cut)).ok());
        }
        QByteArray newer = QByteArray::fromHex("415454460300") + QByteArray(100, 0);
        QVERIFY(frameFromBytes(newer).error().sentence.contains("version 3"));
    }

    // Damage never reads out of bounds or allocates without measure: run under the sanitizers.
    void damagedStatesAreRefused() {
        MadeOptions options;
        MadeSteps steps(options);
        FrameEncoder encoder({true, 4, "last_tick", {}});
        std::optional<LayerSnapshot> before;
        while (auto step = steps.next()) {
            const auto frame = encoder.encode(std::move(*step));
            const QByteArray bytes = frame->layers[1].state;
            const int number = frame->info.step;
            for (qsizetype i = 0; i < bytes.size(); i += 3) {
                QByteArray damaged = bytes;
                damaged[i] = char(damaged[i] ^ 0x55);
                (void)decodeLayer(number, damaged, before ? &*before : nullptr);
            }
            QVERIFY(!decodeLayer(number, bytes.left(bytes.size() - 1), before ? &*before : nullptr)
                         .ok());
            auto good = decodeLayer(number, bytes, before ? &*before : nullptr);
            QVERIFY(good.ok());
            before = good.take();
        }
    }

    void wrongRecordsAreRefused() {
        MadeOptions options;
        auto fails = [&](auto change) {
            MadeSteps steps(options);
            FrameEncoder encoder({true, 4, "last_tick", {}});
            for (int i = 0; i < 10; ++i) {
                auto step = steps.next();
                if (i == 8)
                    change(*step);
                auto frame = encoder.encode(std::move(*step));
                if (!frame)
                    return i == 8 && frame.error().sentence.startsWith("Step");
            }
            return false;
        };
        QVERIFY(fails([](StepRecord& s) { s.step = 9; }));
        QVERIFY(fails([](StepRecord& s) { s.layers.pop_back(); }));
        QVERIFY(fails([](StepRecord& s) { s.layers[1].mass.pop_back(); }));
        QVERIFY(fails([](StepRecord& s) { s.layers[1].victimPositions[0] += 1; }));
        QVERIFY(fails([](StepRecord& s) { s.layers[0].victimSlots.pop_back(); }));
        QVERIFY(fails([](StepRecord& s) { s.layers[0].firstPosition += 1; }));
        QVERIFY(fails(
            [](StepRecord& s) { std::swap(s.layers[2].position[0], s.layers[2].position[1]); }));
    }
};

QTEST_GUILESS_MAIN(TestRoundTrip)
#include "test_round_trip.moc"
