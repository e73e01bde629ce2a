#include "model/engine/recording.h"

#include "model/memory/policy.h"
#include "model/trace/recording_process.h"

#include <QFileInfo>
#include <QUuid>

namespace attendre {

namespace {

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

Result<std::unique_ptr<Recording>> Recording::start(const RecordingRequest& asked, OpenModel& model,
                                                    const TokenizedDocument& document,
                                                    const Stage& stage, const Cancel& cancel) {
    RecordingRequest request = asked;
    auto before = readTemplate(request.configuration, model.description(), model.tokenizer());
    if (!before)
        return before.error();
    if (request.before.empty())
        request.before = before.take();
    auto input = assembleInput(document, model.tokenizer(), request.configuration, request.before);
    if (!input)
        return input.error();
    endInput(*input, model.description());
    // What would be refused is refused before the weights are loaded.
    if (auto place = checkTracePlace(request.trace, request.append, request.overwrite); !place)
        return place.error();
    if (auto fits = checkLearnedPositions(*input, model.description()); !fits)
        return fits.error();
    auto policy = findPolicy(request.configuration);
    if (!policy)
        return policy.error();
    auto resolved =
        resolveFor(model.description(), request.configuration, qint64(input->ids.size()));
    if (!resolved)
        return resolved.error();

    if (auto room = checkArchiveRoom(request.trace, *resolved, model.description().shape,
                                     qint64(input->ids.size()));
        !room)
        return room.error();

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
    recording->m_tokenizer = model.sharedTokenizer();
    if (auto begun = recording->begin(network.take(), input.take(), request); !begun)
        return begun.error();
    return recording;
}

Result<void> Recording::begin(std::shared_ptr<Network> network, RunInput input,
                              const RecordingRequest& request) {
    m_network = std::move(network);
    m_wants.attention = request.configuration.detail == "full";
    m_wants.next = 10;
    m_wants.archive = !request.configuration.archive.isEmpty();
    m_wants.scratch = QFileInfo(m_trace).absolutePath();
    m_asked = request.configuration;
    m_ids = std::move(input.ids);
    m_tokens = std::move(input.tokens);
    for (TokenInfo& token : m_tokens) // one that only ends the input
        if (token.text.isEmpty())
            token.text = m_tokenizer->tokenBytes(token.id);
    m_documentEnd = input.documentEnd;
    m_info.device = m_network->device();
    m_info.dtype = m_network->dtype();
    m_info.threads = m_network->threads();
    m_info.tokens = qint64(m_ids.size());
    auto started = guarded("reserving the memories", [&]() -> Result<void> {
        auto pipeline = m_network->start(m_asked, m_ids, m_wants);
        if (!pipeline)
            return pipeline.error();
        m_pipeline = pipeline.take();
        return {};
    });
    if (!started)
        return started;
    m_checkpoints = Checkpoints(request.checkpointBudget);
    // A run whose input ends with more than the document may be asked before its first step.
    if (m_documentEnd < int(m_ids.size()))
        m_checkpoints.offer(*m_pipeline);
    RecorderOptions options;
    options.append = request.append;
    options.overwrite = request.overwrite;
    if (m_wants.archive)
        options.archive = m_pipeline->archivedAttention();
    return open(options, m_tokens);
}

Result<void> Recording::open(RecorderOptions options, std::vector<TokenInfo> tokens) {
    m_info.configuration = m_pipeline->configuration();
    options.tokenBytes = [tokenizer = m_tokenizer](std::int32_t id) {
        return tokenizer->tokenBytes(id);
    };
    auto recorder = Recorder::open(m_trace, m_info, std::move(tokens), options);
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
        if (!m_pipeline->answer())
            m_checkpoints.offer(*m_pipeline);
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
