#include "model/trace/reader.h"

#include "model/trace/layout.h"
#include "model/trace/store.h"
#include "model/trace/trace_connection.h"

#include <QFileInfo>

namespace attendre {

bool hasSeries(const RunInfo& run, Series series) {
    const QString& archive = run.configuration.asked.archive;
    switch (series) {
    case Series::SeenCoverage:
        return run.configuration.replay || !archive.isEmpty();
    case Series::CoverageBeyondSinks:
        return !archive.isEmpty();
    case Series::OutputError:
    case Series::OutputErrorBeyondSinks:
        return archive == "all";
    default:
        return true;
    }
}

class Reader::Private {
  public:
    explicit Private(QString path) : m_connection(std::move(path)) {}

    Result<void> checkCounts();

    // Runs one question in one read transaction.
    template <class Ask> auto with(Ask ask) -> decltype(ask(std::declval<Store&>())) {
        if (auto connected = m_connection.connect(); !connected)
            return connected.error();
        m_store.attach(m_connection.database());
        if (auto begun = m_store.database().execute("BEGIN"); !begun)
            return begun.error();
        auto answer = ask(m_store);
        if (auto ended = m_store.database().execute("COMMIT"); !ended)
            return ended.error();
        m_connection.release();
        return answer;
    }

    TraceConnection m_connection;
    Store m_store;
    int m_version = 0;
};

Result<void> Reader::Private::checkCounts() {
    // First what is counted, then what is there: a run that grows meanwhile is not short.
    std::map<int, qint64> counted;
    auto runs = with([&](Store& store) -> Result<std::vector<RunInfo>> {
        auto all = store.runs();
        if (!all)
            return all;
        for (const RunInfo& run : *all) {
            auto count = StepCount::read(store.database(), run.run);
            if (!count)
                return count.error();
            counted[run.run] = count->value_or(0);
        }
        auto version = store.database().integer("PRAGMA user_version");
        m_version = version ? int(*version) : 0;
        return all;
    });
    if (!runs)
        return runs.error();
    for (const auto& [run, count] : counted) {
        auto steps = with([&, number = run](Store& store) { return store.stepCount(number); });
        if (!steps)
            return steps.error();
        if (*steps < count)
            return m_connection.shortCopy(QString("of run %1 it holds %2 of %3 recorded steps")
                                              .arg(run)
                                              .arg(*steps)
                                              .arg(count));
    }
    return {};
}

Reader::Reader(std::unique_ptr<Private> p) : d(std::move(p)) {}

Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const QString& path) {
    auto p = std::make_unique<Private>(path);
    if (auto connected = p->m_connection.connect(); !connected)
        return connected.error();
    if (auto checked = p->checkCounts(); !checked)
        return checked.error();
    return std::unique_ptr<Reader>(new Reader(std::move(p)));
}

Result<void> Reader::freeze() {
    return d->with([](Store& s) { return s.freeze(); });
}

Result<void> Reader::verify(int run, const Cancel& cancel) {
    for (int table = 0; table < Store::blockTableCount(); ++table) {
        std::optional<qint64> from;
        do {
            if (cancel.requested())
                return Error{
                    QString("The reading of %1 was interrupted: start it again.").arg(path())};
            auto next = d->with([&](Store& s) { return s.verify(run, table, from); });
            if (!next)
                return next.error();
            from = *next;
        } while (from);
    }
    return {};
}

QString Reader::damage() const {
    return d->m_store.damage();
}

QString Reader::path() const {
    return d->m_connection.path();
}

qint64 Reader::fileSize() const {
    return QFileInfo(d->m_connection.path()).size() +
           QFileInfo(d->m_connection.path() + "-wal").size();
}

int Reader::formatVersion() const {
    return d->m_version;
}

Result<std::vector<RunInfo>> Reader::runs() {
    return d->with([](Store& s) { return s.runs(); });
}

Result<RunInfo> Reader::run(int run) {
    return d->with([=](Store& s) { return s.run(run); });
}

Result<int> Reader::stepCount(int run) {
    return d->with([=](Store& s) { return s.stepCount(run); });
}

Result<std::vector<StepInfo>> Reader::steps(int run, int first, int count) {
    return d->with([=](Store& s) { return s.steps(run, first, count); });
}

Result<std::vector<LayerStepInfo>> Reader::layerSteps(int run, int step) {
    auto numbers = d->with([=](Store& s) { return s.numbers(run, step); });
    return numbers ? Result<std::vector<LayerStepInfo>>(std::move(numbers->layers))
                   : numbers.error();
}

Result<std::vector<HeadStepInfo>> Reader::headSteps(int run, int step) {
    auto numbers = d->with([=](Store& s) { return s.numbers(run, step); });
    return numbers ? Result<std::vector<HeadStepInfo>>(std::move(numbers->heads)) : numbers.error();
}

Result<std::vector<TokenInfo>> Reader::tokens(int run, std::int32_t first, std::int32_t count) {
    return d->with([=](Store& s) { return s.tokens(run, first, count); });
}

Result<std::vector<QByteArray>> Reader::texts(int run, const std::vector<std::int32_t>& positions) {
    return d->with([&](Store& s) { return s.texts(run, positions); });
}

Result<std::vector<std::pair<std::int32_t, float>>> Reader::nextTokens(int run, int step) {
    auto next = d->with([=](Store& s) { return s.nextTokens(run, step); });
    if (!next)
        return next.error();
    std::vector<std::pair<std::int32_t, float>> pairs;
    for (const NextToken& token : *next)
        pairs.emplace_back(token.id, token.logProbability);
    return pairs;
}

Result<QByteArray> Reader::tokenText(int run, std::int32_t id) {
    return d->with([=](Store& s) { return s.word(run, id); });
}

Result<LayerStepInfo> Reader::outputStep(int number, int step) {
    auto info = run(number);
    if (!info)
        return info.error();
    const int layer = outputLayer(*info);
    auto snapshot = d->with([=](Store& s) { return s.snapshot(number, step, layer); });
    if (!snapshot)
        return snapshot.error();
    const LayerRecord& r = (*snapshot)->record;
    return LayerStepInfo{step,       r.layer,   r.firstPosition, r.arrived, r.firstAnswered,
                         r.answered, r.waiting, r.occupancy,     r.evicted, r.tick};
}

Result<LayerState> Reader::layerState(int run, int step, int layer) {
    auto snapshot = d->with([=](Store& s) { return s.snapshot(run, step, layer); });
    if (!snapshot)
        return snapshot.error();
    const LayerRecord& r = (*snapshot)->record;
    LayerState state{run, step, layer, {}};
    for (size_t from = 0; from < r.position.size(); from += size_t(r.capacity)) {
        const auto part = [&](const auto& column) {
            using Column = std::decay_t<decltype(column)>;
            const auto begin = column.begin() + qsizetype(from);
            return column.empty() ? Column() : Column(begin, begin + r.capacity);
        };
        state.heads.push_back({part(r.position), part((*snapshot)->insertedStep), part(r.rank),
                               part(r.lastTick), part(r.hits), part(r.mass), part(r.massSquared),
                               part(r.lastMass)});
    }
    return state;
}

Result<std::vector<Eviction>> Reader::evictions(int run, int step, int layer, int head) {
    return d->with([=](Store& s) { return s.evictions(run, step, layer, head); });
}

Result<Life> Reader::life(int run, int layer, int head, std::int32_t position) {
    auto one = lives(run, layer, head, position, 1);
    return one ? Result<Life>(one->front()) : one.error();
}

Result<std::vector<Life>> Reader::lives(int run, int layer, int head, std::int32_t first,
                                        std::int32_t count) {
    return d->with([=](Store& s) { return s.lives(run, layer, head, first, count); });
}

Result<std::vector<QueryAttention>> Reader::attention(int run, int step, int layer, int head) {
    return d->with([=](Store& s) { return s.attention(run, step, layer, head); });
}

Result<ArchivedAttention> Reader::archivedAttention(int run) {
    return d->with([=](Store& s) { return s.archivedAttention(run); });
}

Result<ArchivedStep> Reader::archived(int run, int step, int layer) {
    return d->with([=](Store& s) { return s.archived(run, step, layer); });
}

Result<std::vector<Extent>> Reader::extents(int run, Series series, int layer, int head, int first,
                                            int last, int count) {
    return d->with(
        [=](Store& s) { return s.extents(run, series, layer, head, first, last, count); });
}

} // namespace attendre
