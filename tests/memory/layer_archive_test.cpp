#include "model/network/torch_headers.h"

#include "model/formats/model_files.h"
#include "model/memory/attendre_layer.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace attendre;

namespace {

// One layer's run and what is asked of it, drawn from a seed.
struct Drawn {
    int tokens = 0, capacity = 0, chunk = 1, waiting = 0, heads = 1, group = 1, dimension = 4;
    int sinks = 0, topK = 0;
    bool causal = true, relative = false, rotates = true;

    explicit Drawn(unsigned seed) {
        std::mt19937 random(seed);
        const auto between = [&](int low, int high) {
            return int(random() % unsigned(high - low + 1)) + low;
        };
        tokens = between(12, 60);
        chunk = between(1, 8);
        sinks = between(0, 3);
        capacity = sinks + chunk + between(2, 20);
        heads = between(1, 3);
        group = between(1, 3);
        dimension = 2 * between(2, 6);
        causal = between(0, 1) == 0;
        waiting = causal ? 0 : between(0, 20);
        relative = between(0, 1) == 0;
        rotates = relative || between(0, 4) > 0;
        topK = between(0, 2) == 0 ? between(1, 8) : 0;
    }
};

struct SlowNumbers {
    double sum[4] = {};
    int count[4] = {};
    void add(int i, double value) {
        if (std::isnan(value))
            return;
        sum[i] += value;
        ++count[i];
    }
    double mean(int i) const { return count[i] > 0 ? sum[i] / count[i] : std::nan(""); }
};

using Row = std::vector<double>;

// The numbers again, in plain loops over double.
class Slow {
  public:
    Slow(const Drawn& drawn, const at::Tensor& query, const at::Tensor& key,
         const at::Tensor& value)
        : m_drawn(drawn), m_query(query.to(at::kDouble).contiguous()),
          m_key(key.to(at::kDouble).contiguous()), m_value(value.to(at::kDouble).contiguous()) {}

    SlowNumbers measure(const LayerRecord& record, int head) const {
        std::vector<int> residents;
        for (int slot = 0; slot < record.occupancy; ++slot)
            residents.push_back(record.position[size_t(head * record.capacity + slot)]);
        std::sort(residents.begin(), residents.end());
        SlowNumbers numbers;
        const int m = record.answered, k = std::min(m, 8);
        for (int i = 1; i <= k; ++i)
            for (int member = 0; member < m_drawn.group; ++member)
                addQuery(record.firstAnswered + i * m / k - 1, head * m_drawn.group + member, head,
                         int(record.tick), residents, numbers);
        return numbers;
    }

  private:
    void addQuery(int query, int queryHead, int head, int tick, const std::vector<int>& residents,
                  SlowNumbers& numbers) const {
        std::vector<int> seen(static_cast<size_t>(tick));
        for (int i = 0; i < tick; ++i)
            seen[size_t(i)] = i;
        const Row everything = scores(query, queryHead, head, seen, {});
        Row memory = scores(query, queryHead, head, residents, residents);
        keepTop(memory);
        for (const int place : {0, 2}) { // with the sinks, and beyond them
            const int from = place == 0 ? 0 : m_drawn.sinks;
            const Row all = weights(everything, seen, from),
                      kept = weights(memory, residents, from);
            double coverage = 0;
            for (const int position : residents)
                coverage += all[size_t(position)];
            const Row right = output(all, seen, head), got = output(kept, residents, head);
            double difference = 0, norm = 0;
            for (size_t d = 0; d < right.size(); ++d) {
                difference += (got[d] - right[d]) * (got[d] - right[d]);
                norm += right[d] * right[d];
            }
            numbers.add(place, coverage);
            numbers.add(place + 1, std::sqrt(difference / norm));
        }
    }

    // Where residents are given, positions are counted among them.
    double index(int position, const std::vector<int>& residents) const {
        if (!m_drawn.relative || residents.empty())
            return position;
        return double(std::lower_bound(residents.begin(), residents.end(), position) -
                      residents.begin());
    }

    Row scores(int query, int queryHead, int head, const std::vector<int>& positions,
               const std::vector<int>& residents) const {
        const int d = m_drawn.dimension;
        const double* q = m_query.const_data_ptr<double>() +
                          (query * m_drawn.heads * m_drawn.group + queryHead) * d;
        Row all;
        for (const int position : positions) {
            const double* k =
                m_key.const_data_ptr<double>() + (position * m_drawn.heads + head) * d;
            const double distance = index(query, residents) - index(position, residents);
            double sum = 0;
            for (int i = 0; i < d / 2; ++i) {
                const double angle = m_drawn.rotates ? distance * std::pow(100.0, -2.0 * i / d) : 0;
                sum += (q[i] * std::cos(angle) - q[i + d / 2] * std::sin(angle)) * k[i] +
                       (q[i + d / 2] * std::cos(angle) + q[i] * std::sin(angle)) * k[i + d / 2];
            }
            const bool visible = !m_drawn.causal || position <= query;
            all.push_back(visible ? sum / std::sqrt(double(d)) : -HUGE_VAL);
        }
        return all;
    }

    void keepTop(Row& scores) const { // residents ascend, so equal ones fall to the older
        std::vector<size_t> order(scores.size());
        for (size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::stable_sort(order.begin(), order.end(),
                         [&](size_t a, size_t b) { return scores[a] > scores[b]; });
        for (size_t i = size_t(m_drawn.topK); m_drawn.topK > 0 && i < order.size(); ++i)
            scores[order[i]] = -HUGE_VAL;
    }

    static Row weights(Row scores, const std::vector<int>& positions, int from) {
        double largest = -HUGE_VAL, sum = 0;
        for (size_t i = 0; i < scores.size(); ++i)
            if (positions[i] < from)
                scores[i] = -HUGE_VAL;
            else
                largest = std::max(largest, scores[i]);
        for (double& s : scores)
            sum += s = std::exp(s - largest);
        for (double& s : scores)
            s /= sum;
        return scores;
    }

    Row output(const Row& weights, const std::vector<int>& positions, int head) const {
        Row sum(size_t(m_drawn.dimension), 0.0);
        for (size_t i = 0; i < positions.size(); ++i)
            for (int d = 0; d < m_drawn.dimension; ++d)
                sum[size_t(d)] +=
                    weights[i] *
                    m_value.const_data_ptr<
                        double>()[(positions[i] * m_drawn.heads + head) * m_drawn.dimension + d];
        return sum;
    }

    Drawn m_drawn;
    at::Tensor m_query, m_key, m_value;
};

// The layer and its inputs.
struct Bench {
    explicit Bench(const Drawn& drawn, const QString& folder, bool values) : drawn(drawn) {
        const int queryHeads = drawn.heads * drawn.group;
        auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
        query = at::randn({drawn.tokens, queryHeads, drawn.dimension}, generator, at::kFloat) * 3;
        key = at::randn({drawn.tokens, drawn.heads, drawn.dimension}, generator, at::kFloat);
        value = at::randn({drawn.tokens, drawn.heads, drawn.dimension}, generator, at::kFloat);
        hidden = at::zeros({drawn.tokens, 1});
        std::vector<double> frequencies;
        for (int i = 0; i < drawn.dimension / 2; ++i)
            frequencies.push_back(std::pow(100.0, -2.0 * i / drawn.dimension));
        if (drawn.rotates)
            rotary = RotaryTable(frequencies, drawn.tokens + drawn.capacity, at::kFloat);
        backend = drawn.topK > 0 ? makeAtenRetrieval() : makeCpuRetrieval();
        LayerSettings s;
        s.queryHeads = queryHeads;
        s.heads = drawn.heads;
        s.headDimension = drawn.dimension;
        s.capacity = drawn.capacity;
        s.queryCapacity = drawn.waiting;
        s.causal = drawn.causal;
        s.relative = drawn.relative;
        s.scale = 1 / std::sqrt(double(drawn.dimension));
        s.protection.sinks = drawn.sinks;
        s.topK = drawn.topK;
        Configuration lra;
        lra.policy = QStringLiteral("lra");
        s.ranking = *findPolicy(lra)->prepare({});
        ArchiveSettings a;
        a.positions = drawn.tokens;
        a.heads = drawn.heads;
        a.headDimension = drawn.dimension;
        a.values = values;
        a.atHand = drawn.capacity < drawn.tokens || drawn.topK > 0;
        a.sinks = drawn.sinks;
        a.causal = drawn.causal;
        a.scale = s.scale;
        a.folder = folder;
        s.archive = std::make_shared<LayerArchive>(a);
        layer = std::make_unique<AttendreLayer>(s, drawn.rotates ? &rotary : nullptr, backend.get(),
                                                at::kFloat);
    }

    // All chunks, then the flush.
    std::vector<LayerRecord> run() {
        std::vector<LayerRecord> records;
        for (int first = 0; first < drawn.tokens; first += drawn.chunk) {
            const int n = std::min(drawn.chunk, drawn.tokens - first);
            layer->step({query.narrow(0, first, n), key.narrow(0, first, n),
                         value.narrow(0, first, n), hidden.narrow(0, first, n), first},
                        records.emplace_back());
        }
        while (layer->waiting() > 0)
            layer->flush(drawn.chunk, records.emplace_back());
        return records;
    }

    Drawn drawn;
    RotaryTable rotary;
    std::unique_ptr<RetrievalBackend> backend;
    std::unique_ptr<AttendreLayer> layer;
    at::Tensor query, key, value, hidden;
};

bool agrees(float got, double expected) {
    if (std::isnan(expected))
        return std::isnan(got);
    return std::abs(double(got) - expected) <= 2e-5 * (1 + std::abs(expected));
}

} // namespace

class LayerArchiveTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // Coverage and output error against the same definitions in plain loops over double.
    void slowLoopsAgree() {
        int compared = 0, lost = 0;
        for (unsigned seed = 0; seed < 80; ++seed) {
            const Drawn drawn(seed);
            Bench bench(drawn, m_folder.path(), true);
            const Slow slow(drawn, bench.query, bench.key, bench.value);
            for (const LayerRecord& record : bench.run())
                for (int head = 0; head < drawn.heads && record.answered > 0; ++head) {
                    QCOMPARE(int(record.seen.size()), drawn.heads);
                    const SeenNumbers& got = record.seen[size_t(head)];
                    const SlowNumbers expected = slow.measure(record, head);
                    const float values[] = {got.coverage, got.outputError, got.coverageBeyondSinks,
                                            got.outputErrorBeyondSinks};
                    for (int i = 0; i < 4; ++i)
                        QVERIFY2(agrees(values[i], expected.mean(i)),
                                 qPrintable(QString("seed %1, tick %2, head %3, number %4: %5 "
                                                    "where the slow loops say %6")
                                                .arg(seed)
                                                .arg(record.tick)
                                                .arg(head)
                                                .arg(i)
                                                .arg(double(values[i]))
                                                .arg(expected.mean(i))));
                    ++compared;
                    lost += expected.mean(0) < 0.9;
                }
        }
        QVERIFY(compared > 800);
        QVERIFY2(lost * 5 > compared, "the memories lose too little to test anything");
    }

    void keysAloneGiveCoverageAlone() {
        const Drawn drawn(3);
        Bench bench(drawn, m_folder.path(), false), whole(drawn, m_folder.path(), true);
        const auto records = bench.run(), all = whole.run();
        for (size_t i = 0; i < records.size(); ++i) {
            QVERIFY(records[i].archived.value.empty() && records[i].archived.query.empty());
            QVERIFY(records[i].archived.logSumExp.empty());
            QCOMPARE(records[i].archived.key, all[i].archived.key);
            for (size_t head = 0; head < records[i].seen.size(); ++head) {
                QCOMPARE(records[i].seen[head].coverage, all[i].seen[head].coverage);
                QVERIFY(std::isnan(records[i].seen[head].outputError));
            }
        }
    }

    // What is handed to the record: keys, values and queries as they came, not rotated.
    void recordsWhatArrived() {
        const Drawn drawn(5);
        Bench bench(drawn, m_folder.path(), true);
        for (const LayerRecord& record : bench.run()) {
            const auto part = [&](const at::Tensor& t) {
                const at::Tensor rows =
                    t.narrow(0, record.firstPosition, record.arrived).transpose(0, 1).contiguous();
                const float* from = rows.const_data_ptr<float>();
                return std::vector<float>(from, from + rows.numel());
            };
            if (record.arrived == 0)
                continue;
            QCOMPARE(record.archived.key, part(bench.key));
            QCOMPARE(record.archived.value, part(bench.value));
            QCOMPARE(record.archived.query, part(bench.query));
        }
    }

    void sampleIsEvenAndEndsWithTheLast() {
        using Sample = std::vector<std::int64_t>;
        QCOMPARE(LayerArchive::sample(3), (Sample{0, 1, 2}));
        QCOMPARE(LayerArchive::sample(64), (Sample{7, 15, 23, 31, 39, 47, 55, 63}));
        QCOMPARE(LayerArchive::sample(9), (Sample{0, 1, 2, 3, 4, 5, 6, 8}));
    }

    // The files are gone by name while they are mapped.
    void leavesNoFiles() {
        const Bench bench(Drawn(3), m_folder.path(), true);
        QVERIFY(QDir(m_folder.path()).isEmpty());
    }

    void aFolderThatIsNoneIsRefused() {
        QVERIFY_EXCEPTION_THROWN(Bench(Drawn(3), m_folder.filePath("none"), true), c10::Error);
    }

  private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(LayerArchiveTest)
#include "layer_archive_test.moc"
