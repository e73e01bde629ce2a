#include "widgets/run_name.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <functional>

namespace attendre {

namespace {

struct Part {
    std::function<QString(const RunInfo&)> words;
    bool always = false; // also where all runs have it alike, unless a label stands for it
};

QString tr(const char* text) {
    return QCoreApplication::translate("RunName", text);
}

// A question is a run's label, however long.
QString shortened(const QString& label) {
    constexpr qsizetype most = 32;
    return label.size() <= most ? label : label.left(most - 1).trimmed() + u'…';
}

QString sizes(const RunInfo& run) {
    const auto& memory = run.configuration.memory;
    if (memory.empty() || memory.front() >= run.tokens)
        return tr("M full");
    const auto [least, most] = std::minmax_element(memory.begin(), memory.end());
    return *least == *most ? tr("M %1").arg(wholeNumber(*least))
                           : tr("M %1–%2").arg(wholeNumber(*least), wholeNumber(*most));
}

const std::vector<Part>& parts() {
    static const std::vector<Part> all = {
        {[](const RunInfo& run) { return policyName(run.policy); }, true},
        {sizes, true},
        {[](const RunInfo& run) { return tr("C %1").arg(chunkOf(run)); }},
        {[](const RunInfo& run) { return tr("s %1").arg(run.configuration.sinks); }},
        {[](const RunInfo& run) { return tr("r %1").arg(run.configuration.recent); }},
        {[](const RunInfo& run) { return run.configuration.asked.positions; }},
        {[](const RunInfo& run) {
            return tr("half-life %1").arg(run.configuration.asked.halfLife);
        }},
        {[](const RunInfo& run) { return run.configuration.asked.group; }},
        {[](const RunInfo& run) { return tr("by %1").arg(run.configuration.granularity); }},
        {[](const RunInfo& run) { return tr("seed %1").arg(run.configuration.asked.seed); }},
        {[](const RunInfo& run) { return run.dtype; }},
        {[](const RunInfo& run) { return tr("T %1").arg(wholeNumber(run.tokens)); }},
        {[](const RunInfo& run) { return QFileInfo(run.document).fileName(); }},
        {[](const RunInfo& run) { return QFileInfo(run.model).completeBaseName(); }},
    };
    return all;
}

} // namespace

QString runName(const RunInfo& run, const std::vector<RunInfo>& runs) {
    QStringList words{QString::number(run.run)};
    if (!run.label.isEmpty())
        words << shortened(run.label);
    for (const Part& part : parts()) {
        const QString own = part.words(run);
        const bool differs = std::any_of(runs.begin(), runs.end(), [&](const RunInfo& other) {
            return part.words(other) != own;
        });
        if (differs || (part.always && run.label.isEmpty()))
            words << own;
    }
    return words.join(QStringLiteral(" · "));
}

} // namespace attendre
