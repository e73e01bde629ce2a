#include "model/engine/sweep_cell.h"

#include "model/engine/document_measuring.h"
#include "model/engine/evaluation_run.h"
#include "model/evaluation/file_lock.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QTemporaryDir>

#include <chrono>
#include <thread>

namespace attendre {

namespace {

// Waits while another process computes the same.
Result<std::unique_ptr<FileLock>> lockFor(const QString& path, const Cancel& cancel) {
    for (;;) {
        auto lock = FileLock::tryLock(path);
        if (!lock || *lock)
            return lock;
        if (cancel.requested())
            return Error{"The sweep was interrupted while another process computed the same cell."};
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

} // namespace

Result<std::unique_ptr<SweepCells>> SweepCells::open(SweepFolder folder, const Stage& stage,
                                                     const Cancel& cancel) {
    auto model = OpenModel::open(folder.plan().model);
    if (!model)
        return model.error();
    auto hash = (*model)->hash(stage, cancel);
    if (!hash)
        return hash.error();
    if (*hash != folder.modelHash())
        return Error{QString("%1 is not the model that the sweep in %2 began with: give the sweep "
                             "its plan again, or bring the model back.")
                         .arg(folder.plan().model, folder.path())};
    auto cells = std::unique_ptr<SweepCells>(new SweepCells(std::move(folder)));
    cells->m_model = model.take();
    return cells;
}

Result<void> SweepCells::run(int number, const Stage& stage, const Cancel& cancel) {
    if (m_folder.has(number))
        return {};
    auto lock = lockFor(m_folder.lockFile(number), cancel);
    if (!lock)
        return lock.error();
    if (m_folder.has(number))
        return {};
    const SweepCell& cell = m_folder.plan().cells[std::size_t(number)];
    auto result = compute(cell, stage, cancel);
    if (!result) {
        if (!cancel.requested())
            m_folder.fail(number, result.error().sentence);
        return result.error();
    }
    return m_folder.add(*result);
}

Result<CellResult> SweepCells::compute(const SweepCell& cell, const Stage& stage,
                                       const Cancel& cancel) {
    CellResult result;
    result.number = cell.number;
    result.key = m_folder.key(cell.number);
    result.kind = cell.kind;
    result.subject = cell.subject;
    result.way = cell.way;
    result.axes = cell.axes;
    result.config = toJson(cell.configuration, false);
    const auto done = cell.kind == SweepCell::Kind::Document ? measure(cell, stage, cancel, result)
                                                             : answer(cell, stage, cancel, result);
    if (!done)
        return done.error();
    return result;
}

Result<void> SweepCells::measure(const SweepCell& cell, const Stage& stage, const Cancel& cancel,
                                 CellResult& result) {
    if (!m_document || !m_document->isStill(m_model->path(), cell.path)) {
        auto document =
            tokenizeDocument(cell.path, m_model->tokenizer(), m_model->path(), stage, cancel);
        if (!document)
            return document.error();
        m_document = document.take();
    }
    Measuring measuring;
    if (m_folder.plan().divergence)
        measuring.fullOutputs = m_folder.fullOutputsFile(cell.number);
    const QTemporaryDir scratch(m_folder.path() + "/scratch");
    measuring.coverage = m_folder.plan().coverage && !cell.configuration.memory.empty();
    measuring.scratch = scratch.path();
    return measureDocument(*m_model, *m_document, cell.configuration, measuring, stage, cancel,
                           result);
}

Result<void> SweepCells::answer(const SweepCell& cell, const Stage& stage, const Cancel& cancel,
                                CellResult& result) {
    const SweepQuestions& how = m_folder.plan().questions;
    EvaluationRequest request;
    request.set = cell.path;
    request.evidence = how.evidence;
    request.first = how.first;
    request.mostAnswerTokens = how.mostAnswerTokens;
    request.configuration = cell.configuration;
    auto set = openSet(request, m_model->tokenizer());
    auto ways = waysOfReading({cell.way}, request.configuration);
    auto head = evaluationHead(request, *m_model, stage, cancel);
    if (!set || !ways || !head)
        return !set ? set.error() : !ways ? ways.error() : head.error();
    result.questions = QFileInfo(m_folder.questionsFile(cell.number)).fileName();
    auto results = ResultFile::open(m_folder.questionsFile(cell.number), *head);
    if (!results)
        return results.error();
    auto questions = evaluate(request, **set, *ways, *m_model, **results, {}, stage, cancel);
    if (!questions)
        return questions.error();
    const std::vector<LeftOut>& leftOut = (*set)->leftOut();
    if (auto written = writeLeftOut(m_folder.questionsFile(cell.number), leftOut); !written)
        return written;
    result.setLeftOut = int(leftOut.size());
    result.setLeftOutFirst = leftOut.empty() ? QString() : leftOut.front().sentence;
    int answered = 0;
    for (const Answered& one : (*results)->all()) {
        result.tokens = std::max(result.tokens, int(one.tokens));
        result.seconds += one.seconds;
        result.bytes = std::max(result.bytes, one.bytes);
        answered += one.leftOut.isEmpty();
    }
    result.trainedLength = m_model->description().shape.trainedLength;
    if (answered == 0)
        result.leftOut = (*results)->all().empty() ? QString("The set has no question to ask.")
                                                   : (*results)->all().front().leftOut;
    return {};
}

} // namespace attendre
