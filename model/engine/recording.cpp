#include "model/engine/recording.h"

#include "model/memory/policy.h"
#include "model/trace/recording_process.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <QUuid>

namespace attendre {

namespace {

QString quoted(const QString& word) {
    static const QRegularExpression plain("^[A-Za-z0-9_@%+=:,./-]+$");
    if (plain.match(word).hasMatch())
        return word;
    QString text = word;
    return '\'' + text.replace("'", "'\\''") + '\'';
}

RunInfo describe(const RecordingRequest& request, const OpenModel& model,
                 const TokenizedDocument& document) {
    RunInfo info;
    info.uuid = QUuid::createUuid().toString(QUuid::WithoutBraces);
    info.label = request.label;
    info.created = QDateTime::currentDateTimeUtc();
    info.model = request.model;
    info.document = request.document;
    info.documentHash = document.document.hash;
    info.dtype = request.configuration.dtype;
    info.shape = model.description().shape;
    info.command = recordCommand(request);
    return info;
}

// The evictions of one position among a step's victims.
std::vector<EvictionNotice> evictionsOf(const StepRecord& record, int position, int layer,
                                        int head) {
    std::vector<EvictionNotice> found;
    for (const LayerRecord& l : record.layers) {
        if (layer >= 0 && l.layer != layer)
            continue;
        for (size_t i = 0; i < l.victimPositions.size(); ++i) {
            const int h = int(i) / l.evicted;
            if (l.victimPositions[i] == position && (head < 0 || h == head))
                found.push_back({l.layer, h, l.victimSlots[i], position, record.step});
        }
    }
    return found;
}

} // namespace

QString recordCommand(const RecordingRequest& request) {
    QStringList words{"attendre",
                      "record",
                      quoted(request.model),
                      request.document.isEmpty() ? QString("DOCUMENT") : quoted(request.document),
                      "-o",
                      quoted(request.trace.isEmpty() ? "run.trace" : request.trace)};
    for (const QString& word : commandLine(request.configuration))
        words << quoted(word);
    if (!request.label.isEmpty())
        words << "--label" << quoted(request.label);
    if (request.append)
        words << "--append";
    return words.join(' ');
}

Result<std::unique_ptr<Recording>> Recording::start(const RecordingRequest& request,
                                                    OpenModel& model,
                                                    const TokenizedDocument& document,
                                                    const Stage& stage, const Cancel& cancel) {
    auto input = assembleInput(document, model.tokenizer(), request.configuration);
    if (!input)
        return input.error();
    // What would be refused is refused before the weights are loaded.
    if (auto place = checkTracePlace(request.trace, request.append, request.overwrite); !place)
        return place.error();
    auto policy = findPolicy(request.configuration);
    if (!policy)
        return policy.error();
    auto resolved = resolve(request.configuration, model.description().shape, policy->description,
                            qint64(input->ids.size()));
    if (!resolved)
        return resolved.error();

    auto recording = std::unique_ptr<Recording>(new Recording);
    recording->m_trace = QFileInfo(request.trace).absoluteFilePath();
    recording->m_info = describe(request, model, document);
    recording->m_info.policy = policy->description;
    auto hash = model.hash(stage, cancel);
    if (!hash)
        return hash.error();
    recording->m_info.modelHash = hash.take();
    auto network = model.network(request.configuration, stage, cancel);
    if (!network)
        return network.error();
    auto engine = loadEngine();
    if (!engine)
        return engine.error();
    recording->m_info.build = engine.value()->build();
    if (cancel.requested())
        return Error{"The recording was cancelled before its first step."};
    if (auto begun =
            recording->begin(network.take(), input.take(), model.sharedTokenizer(), request);
        !begun)
        return begun.error();
    return recording;
}

Result<void> Recording::begin(std::shared_ptr<Network> network, RunInput input,
                              std::shared_ptr<const Tokenizer> tokenizer,
                              const RecordingRequest& request) {
    m_network = std::move(network);
    StepWants wants;
    wants.attention = request.configuration.detail == "full";
    wants.next = 10;
    m_info.device = m_network->device();
    m_info.dtype = m_network->dtype();
    m_info.threads = m_network->threads();
    m_info.tokens = qint64(input.ids.size());
    auto started = guarded("reserving the memories", [&]() -> Result<void> {
        auto pipeline = m_network->start(request.configuration, std::move(input.ids), wants);
        if (!pipeline)
            return pipeline.error();
        m_pipeline = pipeline.take();
        return {};
    });
    if (!started)
        return started;
    m_info.configuration = m_pipeline->configuration();
    RecorderOptions options;
    options.append = request.append;
    options.overwrite = request.overwrite;
    options.tokenBytes = [tokenizer](std::int32_t id) { return tokenizer->tokenBytes(id); };
    auto recorder = Recorder::open(m_trace, m_info, std::move(input.tokens), options);
    if (!recorder)
        return recorder.error();
    m_recorder = recorder.take();
    m_info.run = m_recorder->run();
    m_recorder->onCommitted([this](int step) { committed(step); });
    m_recorder->onFailed([this](const Error& error) { failed(error); });
    return {};
}

Recording::~Recording() {
    if (m_recorder && !m_finished)
        (void)finish("The run was given up.");
}

void Recording::onCommitted(std::function<void(int, double)> callback) {
    std::lock_guard lock(m_mutex);
    m_onCommitted = std::move(callback);
}

void Recording::committed(int step) {
    std::function<void(int, double)> callback;
    double milliseconds = 0;
    {
        std::lock_guard lock(m_mutex);
        if (step < int(m_milliseconds.size()))
            milliseconds = m_milliseconds[step];
        callback = m_onCommitted;
    }
    // Told before drain() returns: what its caller says next comes after this.
    if (callback)
        callback(step, milliseconds);
    {
        std::lock_guard lock(m_mutex);
        m_recorded = step + 1;
    }
    m_changed.notify_all();
}

void Recording::failed(const Error& error) {
    {
        std::lock_guard lock(m_mutex);
        if (!m_failure)
            m_failure = error;
    }
    m_changed.notify_all();
}

Result<std::vector<EvictionNotice>> Recording::step(int position, int layer, int head) {
    std::vector<EvictionNotice> evictions;
    const QString doing = QString("computing step %1").arg(stepsDone());
    auto done = guarded(doing, [&]() -> Result<void> {
        auto record = m_pipeline->step();
        if (!record)
            return record.error();
        if (position != noPosition)
            evictions = evictionsOf(*record, position, layer, head);
        {
            std::lock_guard lock(m_mutex);
            m_milliseconds.push_back(float(record->milliseconds));
        }
        auto added = m_recorder->add(record.take());
        if (!added)
            return added;
        std::lock_guard lock(m_mutex);
        ++m_queued;
        return {};
    });
    if (!done)
        return done.error();
    return evictions;
}

Result<void> Recording::drain() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_failure || m_recorded >= m_queued; });
    if (m_failure)
        return *m_failure;
    return {};
}

int Recording::recorded() const {
    std::lock_guard lock(m_mutex);
    return m_recorded;
}

Result<void> Recording::finish(const QString& reason) {
    if (m_finished)
        return {};
    m_finished = true;
    return m_recorder->finish(reason);
}

} // namespace attendre
