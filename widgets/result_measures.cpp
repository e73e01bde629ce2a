#include "widgets/result_measures.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <utility>

namespace attendre {

namespace {

using Better = ResultMeasure::Better;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

QString tr(const char* text) {
    return QCoreApplication::translate("ResultMeasures", text);
}

Estimate plain(double value) {
    return {value, nan, nan};
}

// How a measure's numbers are written.
struct Form {
    double factor = 1;
    int decimals = 3;
    bool isSigned = false;
};

bool isShareOfAll(const char* id) {
    const QLatin1String name(id);
    return name == QLatin1String("exact") || name == QLatin1String("score") ||
           name == QLatin1String("hard_score") || name == QLatin1String("survival");
}

Form formOf(const char* id, SweepCell::Kind kind) {
    const QLatin1String name(id);
    const bool asks = kind == SweepCell::Kind::Questions;
    if (isShareOfAll(id) || name == QLatin1String("coverage"))
        return {100, 1, false};
    if (name.startsWith(QLatin1String("against")))
        return asks ? Form{100, 1, true} : Form{1, 3, true};
    if (name == QLatin1String("survival_auc"))
        return {1, 2, false};
    if (name == QLatin1String("seconds"))
        return {1, 2, false};
    if (name == QLatin1String("bytes"))
        return {1e-6, 2, false};
    return {1, 3, false};
}

QString number(double value, const Form& form) {
    QString text = QLocale(QLocale::English).toString(std::abs(value), 'f', form.decimals);
    const bool zero = QLocale(QLocale::English).toDouble(text) == 0;
    if (value < 0 && !zero)
        return QStringLiteral("−") + text;
    return form.isSigned && !zero ? QStringLiteral("+") + text : text;
}

std::vector<ResultMeasure> makeMeasures() {
    const QString ci = tr("In brackets the 95% interval of 10,000 resamples of whole documents.");
    const auto with = [&ci](const QString& text) { return text + QLatin1Char('\n') + ci; };
    return {
        {"exact", tr("EM, %"),
         with(tr("Exact match: the share of questions whose prediction is one of the answers, both "
                 "normalised as the set's own script does it. Higher is better.")),
         Better::Higher, [](const SweepRow& r) { return r.exact; }},
        {"score", tr("F1/score, %"),
         with(tr("TriviaQA and SQuAD: F1 over the words of prediction and answer, the best over "
                 "all answers. LongBench: the data set's own measure. RULER: the share of the "
                 "outputs that occur in the answer. Higher is better.")),
         Better::Higher, [](const SweepRow& r) { return r.score; }},
        {"hard_score", tr("hard ones, %"),
         with(tr("The score over the questions alone that score 0 without the document: only there "
                 "does memory matter. Higher is better.")),
         Better::Higher, [](const SweepRow& r) { return r.hardScore; }},
        {"nll", tr("nll"),
         with(tr("Nats a token: minus the logarithm of the probability that the model gave to each "
                 "token, from the plan's first position on, up to the trained length P. Lower is "
                 "better.")),
         Better::Lower, [](const SweepRow& r) { return r.nll; }},
        {"nll_past_p", tr("nll past P"),
         with(tr("The nll at positions from the trained length P on. Lower is better.")),
         Better::Lower, [](const SweepRow& r) { return r.nllPastP; }},
        {"kl", tr("KL to full"),
         with(tr("Nats, KL(full attention ‖ memory) of the next token's distribution, at every "
                 "eighth position. 0: as full attention predicts. Lower is better.")),
         Better::Lower, [](const SweepRow& r) { return r.kl; }},
        {"against_fifo", tr("against fifo"),
         with(tr("In pairs by document or question: this less what the policy fifo has at the same "
                 "sizes. Of documents nll in nats, below 0 is better; of questions the score in "
                 "percent points, above 0 is better.")),
         Better::Neither, [](const SweepRow& r) { return r.againstFifo; }},
        {"against_full", tr("against full"),
         with(tr("In pairs by document or question: this less what full attention has. Of "
                 "documents nll in nats, below 0 is better; of questions the score in percent "
                 "points, above 0 is better.")),
         Better::Neither, [](const SweepRow& r) { return r.againstFull; }},
        {"coverage", tr("coverage, %"),
         tr("The share of the attention over all keys that falls on those resident, the mean over "
            "steps, layers and heads. Higher is better."),
         Better::Higher, [](const SweepRow& r) { return plain(r.coverage); }},
        {"output_error", tr("output error"),
         tr("How far what the queries retrieved lies from what they would have retrieved of all "
            "keys, relative to the latter; the mean over steps, layers and heads. Lower is "
            "better."),
         Better::Lower, [](const SweepRow& r) { return plain(r.outputError); }},
        {"survival", tr("survival, %"),
         tr("In what share of layers and K/V heads none of the answer's span had been evicted when "
            "the question came; the mean over the questions. Upper layers have already mixed what "
            "was read: see its AUC for whether this tells right answers from wrong ones."),
         Better::Neither, [](const SweepRow& r) { return plain(r.survival); }},
        {"survival_auc", tr("its AUC"),
         tr("How well the survival tells right answers (score at least 50%) from wrong ones: the "
            "share of pairs in which the right one's is higher, ties half. 0.5 is chance. In "
            "brackets the 95% interval of 10,000 resamples."),
         Better::Neither, [](const SweepRow& r) { return r.survivalAuc; }},
        {"seconds", tr("seconds"),
         tr("Of wall time a document or question, the mean. Lower is better."), Better::Lower,
         [](const SweepRow& r) { return plain(r.seconds); }},
        {"bytes", tr("memory, MB"),
         tr("Of the state at the document's end, memories and what waits, in millions of bytes; "
            "the mean. Lower is better."),
         Better::Lower, [](const SweepRow& r) { return plain(r.bytes); }},
    };
}

} // namespace

Estimate ResultMeasure::shown(const SweepRow& row) const {
    const Estimate e = row.count > 0 ? of(row) : plain(nan);
    const double factor = formOf(id, row.kind).factor;
    return {e.value * factor, e.low * factor, e.high * factor};
}

QString ResultMeasure::text(const SweepRow& row) const {
    const Estimate e = shown(row);
    return std::isnan(e.value) ? QString() : number(e.value, formOf(id, row.kind));
}

QString ResultMeasure::interval(const SweepRow& row) const {
    const Estimate e = shown(row);
    if (std::isnan(e.value) || std::isnan(e.low) || std::isnan(e.high))
        return {};
    const Form form = formOf(id, row.kind);
    return QStringLiteral("(%1%2%3)")
        .arg(number(e.low, form), form.isSigned ? tr(" to ") : QStringLiteral("–"),
             number(e.high, form));
}

QString ResultMeasure::unit(SweepCell::Kind kind) const {
    const QLatin1String name(id);
    if (name == QLatin1String("seconds"))
        return tr("s");
    if (name == QLatin1String("bytes"))
        return tr("MB");
    if (formOf(id, kind).factor == 100)
        return formOf(id, kind).isSigned ? tr("% points") : tr("%");
    return name == QLatin1String("survival_auc") || name == QLatin1String("output_error")
               ? QString()
               : tr("nats");
}

bool ResultMeasure::isShare() const {
    return isShareOfAll(id);
}

QString ResultMeasure::betterSentence() const {
    return better == Better::Lower    ? tr("lower is better")
           : better == Better::Higher ? tr("higher is better")
                                      : QString();
}

const std::vector<ResultMeasure>& resultMeasures() {
    static const std::vector<ResultMeasure> measures = makeMeasures();
    return measures;
}

std::vector<const ResultMeasure*> measuresOf(const EvaluationResults& results) {
    std::vector<const ResultMeasure*> present;
    for (const ResultMeasure& measure : resultMeasures())
        if (std::any_of(results.rows.begin(), results.rows.end(), [&](const ResultRow& one) {
                return !std::isnan(measure.shown(one.row).value);
            }))
            present.push_back(&measure);
    return present;
}

const ResultMeasure* firstMeasure(const EvaluationResults& results) {
    const auto present = measuresOf(results);
    for (const char* id : {"score", "nll", "nll_past_p"})
        for (const ResultMeasure* measure : present)
            if (QLatin1String(measure->id) == QLatin1String(id))
                return measure;
    return nullptr;
}

QString settingTitle(const QString& name) {
    static const std::pair<const char*, const char*> titles[] = {
        {"survives", "R"}, {"memory", "M"}, {"query-memory", "N"}, {"chunk", "C"}};
    for (const auto& [option, title] : titles)
        if (name == QLatin1String(option))
            return QLatin1String(title);
    return name;
}

QString settingDefinition(const QString& name) {
    static const std::pair<const char*, const char*> definitions[] = {
        {"policy", QT_TRANSLATE_NOOP("ResultMeasures", "What decides who is evicted.")},
        {"survives",
         QT_TRANSLATE_NOOP("ResultMeasures", "R: the entries of each head that survive an "
                                             "eviction, M less C.")},
        {"memory", QT_TRANSLATE_NOOP("ResultMeasures", "M: the slots of each K/V head.")},
        {"query-memory",
         QT_TRANSLATE_NOOP("ResultMeasures", "N: the queries of each layer that wait.")},
        {"chunk", QT_TRANSLATE_NOOP("ResultMeasures", "C: the tokens that arrive in a step.")},
    };
    for (const auto& [option, text] : definitions)
        if (name == QLatin1String(option))
            return tr(text);
    return tr("The pipeline's option --%1.").arg(name);
}

QString settingText(const QJsonValue& value) {
    if (value.isDouble())
        return QString::number(value.toDouble(), 'g', 10);
    return value.isBool() ? (value.toBool() ? tr("yes") : tr("no")) : value.toVariant().toString();
}

bool survivalTells(const SweepRow& row) {
    return !std::isnan(row.survivalAuc.low) && row.survivalAuc.low > 0.5;
}

QString survivalSentence(const SweepRow& row) {
    if (row.kind != SweepCell::Kind::Questions || std::isnan(row.survival))
        return {};
    const Estimate& auc = row.survivalAuc;
    if (std::isnan(auc.value))
        return tr("Evidence survival cannot be judged here: all answers are right, or all wrong.");
    const QString words = QStringLiteral("%1 (%2–%3)")
                              .arg(auc.value, 0, 'f', 2)
                              .arg(auc.low, 0, 'f', 2)
                              .arg(auc.high, 0, 'f', 2);
    return survivalTells(row)
               ? tr("Evidence survival tells right from wrong with AUC %1.").arg(words)
               : tr("Evidence survival says nothing here: AUC %1, no better than chance.")
                     .arg(words);
}

} // namespace attendre
