#include "widgets/metrics_content.h"

#include "model/trace/reader.h"
#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int mostBuckets = 400; // of a series

QString tr(const char* text) {
    return QCoreApplication::translate("MetricsContent", text);
}

} // namespace

std::vector<float> StepMetrics::ownNll() const {
    std::vector<float> values;
    for (const TokenInfo& token : tokens)
        if (token.position >= firstPosition)
            values.push_back(token.nll);
    return values;
}

const TokenInfo* StepMetrics::token(std::int32_t position) const {
    if (position < firstPosition)
        return nullptr;
    for (const TokenInfo& token : tokens)
        if (token.position == position)
            return &token;
    return nullptr;
}

Result<StepMetrics> readStepMetrics(Reader& reader, const Point& point) {
    StepMetrics content;
    const auto steps = reader.steps(point.run, point.step, 1);
    if (!steps)
        return steps.error();
    if (steps->empty())
        return Error{tr("Step %1 is not recorded.").arg(point.step)};
    content.step = point.step;
    content.firstPosition = steps->front().firstPosition;
    content.arrived = steps->front().arrived;
    const std::int32_t from = std::max(0, content.firstPosition - lossMeanWindow);
    const std::int32_t end = content.firstPosition + content.arrived;
    auto tokens = reader.tokens(point.run, from, end - from + 1);
    if (!tokens)
        return tokens.error();
    content.tokens = tokens.take();
    if (!content.tokens.empty() && content.tokens.back().position == end) {
        content.cameId = content.tokens.back().id;
        content.tokens.pop_back();
    }
    const auto next = reader.nextTokens(point.run, point.step);
    if (!next)
        return next.error();
    for (const auto& [id, logProbability] : *next) {
        // A token that the document never uses may have no text in the trace: its id stands for it.
        const auto text = reader.tokenText(point.run, id);
        content.next.push_back(
            {id, text ? *text : "#" + QByteArray::number(id), std::exp(double(logProbability))});
    }
    return content;
}

std::vector<std::int64_t> RunMetrics::agesUntil(int step) const {
    std::vector<std::int64_t> known;
    for (const auto& [evicted, age] : ages)
        if (evicted <= step)
            known.push_back(age);
    return known;
}

Result<RunMetrics> readRunMetrics(Reader& reader, const RunInfo& run, const Point& point) {
    RunMetrics content;
    content.capacity = memoryOf(run, point.layer);
    const auto lives = reader.lives(run.run, point.layer, point.head, 0, std::int32_t(run.tokens));
    if (!lives)
        return lives.error();
    for (const Life& life : *lives)
        if (life.insertedStep >= 0 && life.evictedStep >= 0)
            content.ages.emplace_back(life.evictedStep, life.evictedStep - life.insertedStep);
    return content;
}

std::pair<int, int> Course::stepsOf(std::size_t bucket, std::size_t count) const {
    const qint64 n = last - first + 1, buckets = std::max<qint64>(1, qint64(count));
    return {first + int(qint64(bucket) * n / buckets),
            first + int((qint64(bucket) + 1) * n / buckets) - 1};
}

Result<Course> readCourse(Reader& reader, const Point& point, int first, int last) {
    Course course;
    course.first = first;
    course.last = last;
    const int count = std::min(mostBuckets, last - first + 1);
    auto occupancy =
        reader.extents(point.run, Series::Occupancy, point.layer, -1, first, last, count);
    if (!occupancy)
        return occupancy.error();
    course.occupancy = occupancy.take();
    auto milliseconds = reader.extents(point.run, Series::Milliseconds, -1, -1, first, last, count);
    if (!milliseconds)
        return milliseconds.error();
    course.milliseconds = milliseconds.take();
    return course;
}

} // namespace attendre
