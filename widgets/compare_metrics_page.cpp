#include "widgets/compare_metrics_page.h"

#include "widgets/plot_text.h"
#include "widgets/run_name.h"

#include <QMouseEvent>
#include <QResizeEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int mostBuckets = 240;
constexpr int chartWidth = 250, chartHeight = 120, gap = 10; // px
constexpr int roomForNames = 180; // px of height from which the legend has the runs' names

} // namespace

CompareMetricsPage::CompareMetricsPage(const ViewContext& context, ComparedRun* compared,
                                       QWidget* parent)
    : ComparePage(context, compared, parent),
      m_charts{new RunsChart(context.theme, tr("mean nll of a step"), tr("nats"), this),
               new RunsChart(context.theme, tr("occupancy of the layer"), tr("slots"), this),
               new RunsChart(context.theme, tr("coverage of the head"), tr("share"), this)} {
    setMouseTracking(true);
    for (RunsChart* chart : m_charts) {
        chart->setFocusProxy(nullptr);
        chart->dress();
        connect(chart, &MetricChart::clicked, this, &CompareMetricsPage::choose);
        connect(chart, &QCustomPlot::mouseMove, this, [this, chart](QMouseEvent* event) {
            emit hovered(chart->hoverText(event->position()));
        });
        connect(chart, &MetricChart::looked, this, [this](const MetricChart* at) {
            for (RunsChart* other : m_charts)
                if (other != at)
                    other->follow(at->visible());
        });
    }
}

Result<CompareMetricsPage::Course>
CompareMetricsPage::readCourse(Reader& reader, const RunInfo& run, const Point& point) {
    Course course{run, false, {}, {}, {}};
    const auto count = reader.stepCount(run.run);
    if (!count)
        return count.error();
    const int steps = *count, buckets = std::min(steps, mostBuckets);
    for (int i = 0; i < buckets; ++i) {
        const int last = int(qint64(i + 1) * steps / buckets) - 1;
        const auto step = reader.steps(run.run, last, 1);
        if (!step)
            return step.error();
        course.lastStep.push_back(last);
        course.tokens.push_back(
            step->empty() ? 0 : step->front().firstPosition + step->front().arrived);
    }
    const std::tuple<Series, int, int> wanted[] = {{Series::Nll, -1, -1},
                                                   {Series::Occupancy, point.layer, -1},
                                                   {Series::SeenCoverage, point.layer, point.head}};
    for (std::size_t i = 0; i < std::size(wanted) && steps > 0; ++i) {
        const auto [series, layer, head] = wanted[i];
        if (!hasSeries(run, series))
            continue;
        auto extents = reader.extents(run.run, series, layer, head, 0, steps - 1, buckets);
        if (!extents)
            return extents.error();
        course.series[i] = extents.take();
    }
    return course;
}

Result<std::vector<CompareMetricsPage::Course>>
CompareMetricsPage::readCourses(const ComparedRuns& runs, const Point& point, bool elsewhere) {
    const auto all = runs.a.reader->runs();
    if (!all)
        return all.error();
    std::vector<Course> courses;
    const auto add = [&](Reader& reader, const RunInfo& run, bool isB) -> Result<void> {
        auto course = readCourse(reader, run, point);
        if (!course)
            return course.error();
        courses.push_back(course.take());
        courses.back().isB = isB;
        return {};
    };
    if (auto added = add(*runs.a.reader, runs.a.run, false); !added)
        return added.error();
    if (auto added = add(*runs.b.reader, runs.b.run, true); !added)
        return added.error();
    for (const RunInfo& run : *all) {
        const bool isB = !elsewhere && run.run == runs.b.run.run;
        if (run.run == runs.a.run.run || isB || !mayCompare(runs.a.run, run))
            continue;
        if (auto added = add(*runs.a.reader, run, false); !added)
            return added.error();
    }
    return courses;
}

void CompareMetricsPage::refresh(bool everything) {
    if (everything)
        forget();
    const bool known = !m_courses.empty() && m_read.run == now().run &&
                       m_read.layer == now().layer && m_read.head == now().head &&
                       int(m_courses.front().lastStep.back()) + 1 == source().stepCount(now().run);
    showMarker();
    if (known)
        return;
    read<std::vector<Course>>(
        PairReadings::Lane::Point, "courses",
        [point = now(), elsewhere = compared().isElsewhere()](const ComparedRuns& runs,
                                                              const Cancel&) {
            return readCourses(runs, point, elsewhere);
        },
        [this, point = now()](std::vector<Course> courses) {
            m_courses = std::move(courses);
            m_read = point;
            showCharts();
        });
}

void CompareMetricsPage::forget() {
    m_courses.clear();
    m_read = {};
    showCharts();
}

void CompareMetricsPage::themeChanged() {
    for (RunsChart* chart : m_charts)
        chart->dress();
    update();
}

void CompareMetricsPage::drawOn(QCPPainter& painter) {
    for (RunsChart* chart : m_charts) {
        if (chart->isHidden())
            continue;
        painter.save();
        painter.translate(chart->pos());
        chart->drawOn(painter);
        painter.restore();
    }
}

QString CompareMetricsPage::nameOf(std::size_t course, bool inShort) const {
    const Course& shown = m_courses[course];
    const QString name = inShort
                             ? QString::number(shown.run.run)
                             : runName(shown.run, shown.isB ? compared().runs() : source().runs());
    return course == 0 ? QStringLiteral("A ") + name
           : shown.isB ? QStringLiteral("B ") + name
                       : name;
}

int CompareMetricsPage::colourOf(std::size_t course) const {
    return m_courses[course].isB && compared().isElsewhere() ? int(source().runs().size()) + 1
                                                             : m_courses[course].run.run;
}

std::vector<RunLine> CompareMetricsPage::linesOf(Chart chart) const {
    std::vector<RunLine> lines;
    for (std::size_t i = 0; i < m_courses.size(); ++i) {
        const Course& course = m_courses[i];
        const std::vector<Extent>& extents = course.series[std::size_t(chart)];
        RunLine line{nameOf(i, height() < roomForNames), colourOf(i), {}, {}};
        for (std::size_t k = 0; k < extents.size(); ++k)
            if (extents[k].count > 0 && std::isfinite(extents[k].mean)) {
                line.at.push_back(course.tokens[k]);
                line.value.push_back(double(extents[k].mean));
            }
        lines.push_back(std::move(line));
    }
    return lines;
}

void CompareMetricsPage::showCharts() {
    for (const Chart which : {Chart::Nll, Chart::Occupancy, Chart::Coverage})
        chart(which)->show(linesOf(which), which == Chart::Nll, which == Chart::Coverage ? 1 : 0);
    showMarker();
    arrange();
}

void CompareMetricsPage::showMarker() {
    if (m_courses.empty())
        return;
    const Course& own = m_courses.front();
    const auto at = std::lower_bound(own.lastStep.begin(), own.lastStep.end(), now().step);
    const auto bucket = std::min(at, std::prev(own.lastStep.end())) - own.lastStep.begin();
    for (RunsChart* chart : m_charts)
        chart->setMarker(own.tokens[std::size_t(bucket)]);
}

// The charts that have data, as many side by side as read well.
void CompareMetricsPage::arrange() {
    std::vector<RunsChart*> shown;
    for (RunsChart* chart : m_charts) {
        const bool has = std::any_of(chart->lines().begin(), chart->lines().end(),
                                     [](const RunLine& line) { return !line.at.empty(); });
        if (has)
            shown.push_back(chart);
    }
    const int columns = std::clamp(width() / chartWidth, 1, std::max(1, int(shown.size())));
    const int fitting = std::max(1, height() / chartHeight) * columns;
    shown.resize(std::min(shown.size(), std::size_t(fitting)));
    const int rows = std::max(1, (int(shown.size()) + columns - 1) / columns);
    const int w = (width() - gap * (columns - 1)) / columns;
    const int h = (height() - gap * (rows - 1)) / rows;
    for (int i = 0; i < int(shown.size()); ++i)
        shown[std::size_t(i)]->setGeometry(i % columns * (w + gap), i / columns * (h + gap), w, h);
    for (RunsChart* chart : m_charts)
        chart->setVisible(std::find(shown.begin(), shown.end(), chart) != shown.end());
}

void CompareMetricsPage::resizeEvent(QResizeEvent* event) {
    ComparePage::resizeEvent(event);
    if ((event->size().height() < roomForNames) != (event->oldSize().height() < roomForNames))
        showCharts();
    arrange();
}

void CompareMetricsPage::mouseMoveEvent(QMouseEvent*) {
    emit hovered(summary());
}

// The step of A by whose end so many tokens were read.
void CompareMetricsPage::choose(double tokens) {
    if (m_courses.empty())
        return;
    const Course& own = m_courses.front();
    const auto at = std::lower_bound(own.tokens.begin(), own.tokens.end(), tokens);
    const auto bucket = std::min(at, std::prev(own.tokens.end())) - own.tokens.begin();
    go([step = own.lastStep[std::size_t(bucket)]](Point& point) { point.step = step; });
}

QString CompareMetricsPage::summary() const {
    if (m_courses.empty())
        return tr("Reading the runs' series …");
    QStringList names;
    for (std::size_t i = 0; i < m_courses.size(); ++i)
        names << nameOf(i);
    return tr("%1 runs over each other: %2")
        .arg(QString::number(m_courses.size()), names.join(QStringLiteral(", ")));
}

QString CompareMetricsPage::csv() const {
    QString text = QStringLiteral("run,last_step,tokens,nll,occupancy,coverage\n");
    for (std::size_t i = 0; i < m_courses.size(); ++i) {
        const Course& course = m_courses[i];
        for (std::size_t k = 0; k < course.tokens.size(); ++k) {
            text +=
                QStringLiteral("%1,%2,%3")
                    .arg(course.isB && compared().isElsewhere() ? QStringLiteral("b")
                                                                : QString::number(course.run.run))
                    .arg(course.lastStep[k])
                    .arg(course.tokens[k]);
            for (const std::vector<Extent>& series : course.series)
                text += QLatin1Char(',') + (k < series.size() && series[k].count > 0
                                                ? QString::number(double(series[k].mean))
                                                : QString());
            text += QLatin1Char('\n');
        }
    }
    return text;
}

} // namespace attendre
