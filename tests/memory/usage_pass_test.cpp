#include <ATen/CPUGeneratorImpl.h>

#include "tests/memory/layer_fixture.h"

#include <QTest>

using namespace attendre;

namespace {

// Runs the CPU's kernels and the plain ATen operations on the same retrieval, which is what one and
// the same state of a layer asks for, and keeps what differs.
class Lockstep : public RetrievalBackend {
  public:
    double output = 0, mass = 0, squared = 0, top = 0; // largest relative differences
    int hits = 0;                                      // differences of hits beyond the narrow ones
    int retrievals = 0;

    Retrieved attend(const Retrieval& r) override {
        const Retrieved fast = m_fast->attend(r), plain = m_plain->attend(r);
        output = std::max(output, (fast.output - plain.output).abs().max().item<double>());
        output = std::max(output, (fast.logSumExp - plain.logSumExp).abs().max().item<double>());
        return fast;
    }

    UsageDelta usage(const Retrieval& r, const Retrieved& retrieved, GroupSum sum, bool wantsTop,
                     TopAttention& topList) override {
        TopAttention plainTop;
        const UsageDelta fast = m_fast->usage(r, retrieved, sum, wantsTop, topList);
        const UsageDelta plain = m_plain->usage(r, retrieved, sum, wantsTop, plainTop);
        const std::vector<int> narrow = narrowHits(r);
        for (std::size_t i = 0; i < fast.mass.size(); ++i) {
            mass = std::max(mass, relative(fast.mass[i], plain.mass[i]));
            squared = std::max(squared, relative(fast.massSquared[i], plain.massSquared[i]));
            const int difference = std::abs(int(fast.hits[i]) - int(plain.hits[i]));
            hits += std::max(0, difference - narrow[i]);
            if (narrow[i] == 0 && fast.lastQuery[i] != plain.lastQuery[i])
                ++hits;
        }
        for (std::size_t i = 0; i < topList.weights.size(); ++i)
            top = std::max(top, relative(topList.weights[i], plainTop.weights[i]));
        ++retrievals;
        return fast;
    }

  private:
    static double relative(double a, double b) {
        return std::abs(a - b) / std::max({std::abs(a), std::abs(b), 1e-20});
    }

    // How many queries come within rounding of the hit threshold, per head and entry.
    static std::vector<int> narrowHits(const Retrieval& r) {
        Retrieval exact = r;
        exact.query = r.query.to(at::kDouble);
        exact.key = r.key.to(at::kDouble);
        const std::int64_t group = r.group(), m = r.queries(), n = r.entries();
        at::Tensor s =
            at::bmm(exact.query.view({r.heads(), group * m, -1}), exact.key.transpose(1, 2)) *
            r.scale;
        s = s.view({r.heads(), group, m, n});
        at::Tensor position = at::empty({r.heads(), 1, 1, n}, at::kInt);
        for (std::int64_t head = 0; head < r.heads(); ++head)
            std::copy_n(r.position + head * r.positionStride, n,
                        position.data_ptr<std::int32_t>() + head * n);
        const at::Tensor at =
            at::arange(r.firstQuery, r.firstQuery + m, at::kInt).view({1, 1, m, 1});
        const at::Tensor visible =
            r.causal ? position.le(at) : position.ge(0).expand({-1, 1, m, n});
        s = s.masked_fill(visible.logical_not(), -INFINITY).softmax(-1).mean(1);
        const at::Tensor share = s * visible.squeeze(1).sum(-1, true);
        const at::Tensor count = (share - double(hitShare)).abs().lt(2e-5).sum(1).to(at::kInt);
        const at::Tensor plain = count.contiguous();
        return {plain.const_data_ptr<std::int32_t>(),
                plain.const_data_ptr<std::int32_t>() + plain.numel()};
    }

    std::unique_ptr<RetrievalBackend> m_fast = makeCpuRetrieval(), m_plain = makeAtenRetrieval();
};

} // namespace

class UsagePassTest : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void kernelsAgreeWithPlainOperations_data() {
        QTest::addColumn<int>("capacity");
        QTest::addColumn<int>("chunk");
        QTest::addColumn<double>("sharpness");
        QTest::addColumn<bool>("causal");
        QTest::addColumn<bool>("relative");
        QTest::addColumn<int>("sum");
        QTest::newRow("one entry a step") << 5 << 1 << 1.0 << true << false << 0;
        QTest::newRow("one block") << 64 << 16 << 3.0 << true << false << 0;
        QTest::newRow("odd shapes") << 67 << 17 << 3.0 << true << false << 0;
        QTest::newRow("several segments") << 300 << 33 << 2.0 << true << false << 0;
        QTest::newRow("peaked") << 150 << 20 << 30.0 << true << false << 0;
        QTest::newRow("even") << 150 << 20 << 0.0 << true << false << 0;
        QTest::newRow("bidirectional") << 150 << 20 << 3.0 << false << false << 0;
        QTest::newRow("relative") << 150 << 20 << 3.0 << true << true << 0;
        QTest::newRow("group max") << 150 << 20 << 3.0 << true << false << 1;
        QTest::newRow("group sum") << 150 << 20 << 3.0 << true << false << 2;
    }

    void kernelsAgreeWithPlainOperations() {
        QFETCH(int, capacity);
        QFETCH(int, chunk);
        QFETCH(double, sharpness);
        QFETCH(int, sum);
        LoneLayer lone(capacity * 2, capacity, "lra", sharpness);
        lone.settings.causal = QTest::currentDataTag() != QByteArray("bidirectional");
        lone.settings.relative = QTest::currentDataTag() == QByteArray("relative");
        lone.settings.groupSum = GroupSum(sum);
        auto both = std::make_unique<Lockstep>();
        Lockstep& lockstep = *both;
        lone.backend = std::move(both);
        lone.start();
        for (int first = 0; first < capacity * 2; first += chunk) {
            LayerRecord record;
            lone.step(first, std::min(chunk, capacity * 2 - first), record);
        }
        QVERIFY(lockstep.retrievals > 5);
        QVERIFY2(lockstep.output < 1e-4, qPrintable(QString::number(lockstep.output)));
        // A weight's relative error is its score's absolute one; scores reach some hundreds when
        // peaked.
        const double tolerance = sharpness > 10 ? 2e-3 : 2e-5;
        QVERIFY2(lockstep.mass < tolerance, qPrintable(QString::number(lockstep.mass)));
        QVERIFY2(lockstep.squared < 2 * tolerance, qPrintable(QString::number(lockstep.squared)));
        QVERIFY2(lockstep.top < tolerance, qPrintable(QString::number(lockstep.top)));
        QCOMPARE(lockstep.hits, 0);
    }

    // No step of the pipeline asks for it; were one to, nothing of it may spread.
    void aQueryThatSeesNothingRetrievesNothing() {
        const std::vector<std::int32_t> position = {7, 3, 9, 5, 3, 8}; // [2 heads][3]
        Retrieval r;
        at::manual_seed(5);
        r.query = at::randn({4, 6, 8}); // positions 2 to 7: the first sees nothing
        r.key = at::randn({2, 3, 8});
        r.value = at::randn({2, 3, 8});
        r.position = position.data();
        r.positionStride = 3;
        r.firstQuery = 2;
        const auto cpu = makeCpuRetrieval(), plain = makeAtenRetrieval();
        for (RetrievalBackend* backend : {cpu.get(), plain.get()}) {
            const Retrieved retrieved = backend->attend(r);
            TopAttention top;
            const UsageDelta usage = backend->usage(r, retrieved, GroupSum::Mean, true, top);
            QVERIFY(retrieved.output[0].eq(0).all().item<bool>()); // 3 and 3 are the first
            QVERIFY(retrieved.logSumExp.select(1, 0).isneginf().all().item<bool>());
            QVERIFY(retrieved.output.isfinite().all().item<bool>());
            QVERIFY(retrieved.output[5].ne(0).all().item<bool>());
            double mass = 0;
            for (const float one : usage.mass) {
                QVERIFY(std::isfinite(one));
                mass += double(one);
            }
            QVERIFY(std::abs(mass - 10) < 1e-5); // five queries in each of two heads
            QVERIFY(top.positions.front() == noPosition && top.weights.front() == 0);
            QCOMPARE(top.rest.front(), 0.0f);
        }
    }

    void threadsDoNotChangeTheResult() {
        std::vector<LayerRecord> records;
        for (const int threads : {1, 2, 3}) {
            at::set_num_threads(threads);
            LoneLayer lone(90, 300, "lra");
            lone.start();
            LayerRecord record;
            lone.step(0, 45, record);
            lone.step(45, 45, record = {});
            records.push_back(record);
        }
        for (const LayerRecord& record : records) {
            QCOMPARE(record.hits, records[0].hits);
            QCOMPARE(record.lastTick, records[0].lastTick);
            QCOMPARE(record.attention.positions, records[0].attention.positions);
        }
    }

    void topEntriesAreTheLargestWeights() {
        LoneLayer lone(200, 200, "fifo", 2);
        lone.start();
        LayerRecord record;
        lone.step(0, 200, record);
        const int query = 199;
        for (int head = 0; head < 2; ++head) {
            std::vector<double> mean(200);
            for (int member = 0; member < 3; ++member) {
                std::vector<double> s(200);
                double sum = 0;
                for (int p = 0; p < 200; ++p)
                    sum += s[p] = std::exp(lone.score(query, p, head * 3 + member, head));
                for (int p = 0; p < 200; ++p)
                    mean[p] += s[p] / sum / 3;
            }
            std::vector<int> order(200);
            for (int p = 0; p < 200; ++p)
                order[p] = p;
            std::sort(order.begin(), order.end(), [&](int a, int b) { return mean[a] > mean[b]; });
            for (int i = 0; i < TopAttention::kept; ++i) {
                const std::size_t at = (std::size_t(head) * 200 + query) * TopAttention::kept + i;
                QCOMPARE(record.attention.positions[at], order[i]);
                QVERIFY(std::abs(record.attention.weights[at] / mean[order[i]] - 1) < 1e-4);
            }
        }
    }
};

QTEST_GUILESS_MAIN(UsagePassTest)
#include "usage_pass_test.moc"
