#include "model/trace/configuration.h"

#include "model/trace/archive.h"
#include "model/trace/expression.h"
#include "model/trace/intervention.h"

#include <QJsonArray>
#include <QLocale>

#include <algorithm>
#include <set>

namespace attendre {

namespace {

// As people read numbers: 50,035. What is to be typed again has no separators.
QString written(qint64 number) {
    return QLocale(QLocale::English).toString(number);
}

Error refused(const QString& sentence) {
    return {sentence, 2};
}

// What the architecture decides.
std::optional<Error> wrongMode(const Configuration& c, const NetworkShape& shape,
                               const QString& mode) {
    const QString both = "encoder-decoder";
    if ((mode == both) != (shape.defaultMode == both))
        return refused(
            QString("The option --mode has the value \"%1\", but this model %2: choose --mode %3.")
                .arg(mode,
                     mode == both ? "has no decoder beside what reads the input"
                                  : "is an encoder-decoder",
                     mode == both ? "causal or prefix" : both));
    if (mode == both)
        return std::nullopt;
    if (c.outputMemory)
        return refused(QString("The option --output-memory has the value %1, but only an "
                               "encoder-decoder has an encoder-output memory: leave it out.")
                           .arg(*c.outputMemory));
    if (!c.outputPolicy.isEmpty())
        return refused(QString("The option --output-policy has the value \"%1\", but only an "
                               "encoder-decoder has an encoder-output memory: leave it out.")
                           .arg(c.outputPolicy));
    return std::nullopt;
}

// One number or one per layer, to one per layer.
Result<std::vector<int>> perLayer(const QString& option, std::vector<int> values, int layers) {
    if (values.size() == 1)
        values.assign(layers, values.front());
    if (int(values.size()) != layers)
        return refused(
            QString("The option --%1 has %2 numbers, but the model has %3 layers; give one "
                    "number or %3.")
                .arg(option)
                .arg(values.size())
                .arg(layers));
    return values;
}

std::optional<Error> outOfRange(const Configuration& c, const NetworkShape& shape, qint64 tokens) {
    if (tokens < 1)
        return refused("The input has no tokens; choose a document with text in it.");
    if (tokens > std::numeric_limits<int>::max() / 2)
        return refused(QString("The input has %1 tokens; at most %2 can be read, choose fewer with "
                               "--tokens.")
                           .arg(tokens)
                           .arg(std::numeric_limits<int>::max() / 2));
    if (shape.layers < 1 || shape.heads < 1)
        return refused("The model has no layers or no K/V heads; its description is damaged.");
    if (c.chunk < 1)
        return refused(
            QString("The option --chunk has the value %1; it must be at least 1.").arg(c.chunk));
    for (int m : c.memory)
        if (m < 0)
            return refused(
                QString("The option --memory has the value %1; it must be at least 1.").arg(m));
    if (c.topK < 0)
        return refused(QString("The option --top-k has the value %1; it takes 0, all visible "
                               "entries, or the number of entries that a query attends to.")
                           .arg(c.topK));
    if (c.hit == "top-k" && c.topK == 0)
        return refused("--hit top-k counts the k highest entries of a query as hits: say how many "
                       "with --top-k, or choose --hit threshold.");
    if (c.halfLife < 0 || c.threads < 0 || c.sinks.value_or(0) < 0 || c.recent.value_or(0) < 0)
        return refused("The options --half-life, --threads, --sinks and --recent must not be "
                       "negative: choose 0 or more.");
    if (c.pure && c.sinks.value_or(0) > 0)
        return refused(QString("The option --pure means s = r = 0, but --sinks is %1: leave one of "
                               "the two out.")
                           .arg(*c.sinks));
    if (c.pure && c.recent.value_or(0) > 0)
        return refused(
            QString("The option --pure means s = r = 0, but --recent is %1: leave one of "
                    "the two out.")
                .arg(*c.recent));
    for (const auto& [first, last] : c.pins)
        if (first < 0 || last < first || first >= tokens)
            return refused(QString("The option --pin has the span %1-%2, which does not lie in the "
                                   "input: its last position is %3.")
                               .arg(first)
                               .arg(last)
                               .arg(tokens - 1));
    return std::nullopt;
}

// What belongs to one policy alone.
std::optional<Error> wrongPolicyOptions(const Configuration& c) {
    if (c.policy != "custom" && !c.expression.trimmed().isEmpty())
        return refused(QString("The option --expression is the rank of the policy custom, but "
                               "--policy is %1: leave one of the two out.")
                           .arg(c.policy));
    if (c.policy != "future" && !c.future.isEmpty())
        return refused(QString("The option --future is the trace of the policy future, but "
                               "--policy is %1: leave one of the two out.")
                           .arg(c.policy));
    if (c.policy != "lfa" && (c.lfaCount != "hits" || c.lfaPerAge))
        return refused(QString("The options --lfa-count and --lfa-per-age change the rank of the "
                               "policy lfa, but --policy is %1: leave them out.")
                           .arg(c.policy));
    if (c.policy == "future" && c.future.isEmpty())
        return refused("The policy future needs the trace of a run that evicted nothing: record "
                       "one with --memory full and --detail full, and name it with --future.");
    if (c.policy == "custom")
        if (auto checked = checkExpression(c.expression); !checked)
            return checked.error();
    return std::nullopt;
}

// Pinned positions that exist and are not protected as sinks already.
int pinnedCount(const std::vector<std::pair<int, int>>& pins, int sinks, qint64 tokens) {
    std::vector<std::pair<int, int>> sorted = pins;
    std::sort(sorted.begin(), sorted.end());
    qint64 next = sinks, count = 0;
    for (const auto& [first, last] : sorted) {
        const qint64 from = std::max<qint64>(first, next);
        const qint64 to = std::min<qint64>(last, tokens - 1);
        if (to < from)
            continue;
        count += to - from + 1;
        next = to + 1;
    }
    return int(count);
}

int defaultRecent(const PolicyDescription& policy, int memory, int chunk) {
    if (policy.defaultRecent == "C")
        return chunk;
    if (policy.defaultRecent == "(M-C)/2")
        return std::max(0, (memory - chunk) / 2);
    return policy.defaultRecent.toInt();
}

std::optional<Error> tooSmall(const ResolvedConfiguration& r, qint64 tokens) {
    const int pins = pinnedCount(r.asked.pins, r.sinks, tokens);
    for (size_t layer = 0; layer < r.memory.size(); ++layer) {
        const qint64 need = qint64(r.sinks) + pins + r.recent + r.asked.chunk;
        // A memory that holds the whole input never evicts: nothing has to be protected.
        if (r.memory[layer] >= tokens || need <= r.memory[layer])
            continue;
        const QString where =
            r.asked.memory.size() > 1 ? QString(" of layer %1").arg(layer) : QString();
        return refused(QString("The memory%1 is too small: s + pins + r + C = %2 + %3 + %4 + %5 = "
                               "%6, more than M = %7; raise --memory or lower --sinks, --pin, "
                               "--recent or --chunk.")
                           .arg(where, written(r.sinks), written(pins), written(r.recent),
                                written(r.asked.chunk), written(need), written(r.memory[layer])));
    }
    return std::nullopt;
}

std::optional<Error> wrongPositions(const ResolvedConfiguration& r, const NetworkShape& shape,
                                    qint64 tokens) {
    const int trained = shape.trainedLength;
    const int largest = *std::max_element(r.memory.begin(), r.memory.end());
    if (r.asked.positions == "relative") {
        if (shape.positions != "rotary")
            return refused(
                QString("The option --positions relative needs rotary positions; this model's are "
                        "%1: choose --positions absolute.")
                    .arg(shape.positions));
        if (trained > 0 && qint64(largest) + r.asked.chunk > trained)
            return refused(
                QString(
                    "The option --positions relative needs M + C <= P, but M + C = %1 + %2 = %3 "
                    "and the model was trained on P = %4; lower --memory or --chunk, "
                    "or choose --positions absolute.")
                    .arg(written(largest), written(r.asked.chunk),
                         written(qint64(largest) + r.asked.chunk), written(trained)));
    }
    if (shape.positions == "learned" && trained > 0 && tokens > trained)
        return refused(QString("The input has T = %1 tokens, but the model has learned positions "
                               "for P = %2 only; choose --tokens %3 or fewer.")
                           .arg(written(tokens), written(trained))
                           .arg(trained));
    return std::nullopt;
}

std::optional<Error> wrongWaiting(const ResolvedConfiguration& r) {
    for (int n : r.queryMemory) {
        if (n < 0)
            return refused(QString("The option --query-memory has the value %1; a Q memory holds 0 "
                                   "queries or more.")
                               .arg(n));
        if (n != 0 && r.mode == "causal")
            return refused(
                QString("The option --query-memory has the value %1, but in causal mode a "
                        "waiting query would see nothing more: choose 0, or --mode prefix.")
                    .arg(n));
    }
    return std::nullopt;
}

// The layer in which the queries that wait outdo the memory most, and in how many they outdo it at
// all: such lists are long, and the worst layer is the one to mend first.
struct Concerned {
    int worst = -1, layers = 0;
};
Concerned concernedLayers(const ResolvedConfiguration& r, qint64 tokens, int beside) {
    Concerned found;
    const auto over = [&](int layer) {
        return qint64(r.queryMemory[layer]) + beside - r.memory[layer];
    };
    for (int layer = 0; layer < int(r.memory.size()); ++layer) {
        if (r.queryMemory[layer] <= 0 || r.memory[layer] >= tokens || over(layer) < 0)
            continue;
        ++found.layers;
        if (found.worst < 0 || over(layer) > over(found.worst))
            found.worst = layer;
    }
    return found;
}

// What waiting costs, said once.
void addWaitingNotices(ResolvedConfiguration& r, const NetworkShape& shape, qint64 tokens) {
    if (r.mode == "prefix" && !shape.bidirectional)
        r.notices << QString("This model was not trained to attend to what comes after a query: in "
                             "the mode prefix the mechanics are real, the text it writes means "
                             "nothing.");
    const bool lists = r.asked.memory.size() > 1 || r.asked.queryMemory.size() > 1;
    const auto where = [&](const Concerned& found) {
        if (!lists)
            return QString();
        return QString(" in layer %1").arg(found.worst) +
               (found.layers > 1 ? QString(", the worst of %1 such layers").arg(found.layers)
                                 : QString());
    };
    if (const auto found = concernedLayers(r, tokens, r.asked.chunk - 1); found.worst >= 0)
        r.notices << QString("N + C = %1 is more than M = %2%3: a query outlives its own key "
                             "before it is answered.")
                         .arg(written(r.queryMemory[found.worst] + r.asked.chunk),
                              written(r.memory[found.worst]), where(found));
    if (const auto found = concernedLayers(r, tokens, 0); found.worst >= 0)
        r.notices << QString("N = %1 is not less than M = %2%3: eviction starts before any query "
                             "was answered, so a policy that ranks by use begins as FIFO.")
                         .arg(written(r.queryMemory[found.worst]), written(r.memory[found.worst]),
                              where(found));
}

// Options that find nothing in this run to act on.
void addIdleNotices(ResolvedConfiguration& r) {
    const Configuration& c = r.asked;
    if (c.archive.isEmpty() && c.archiveLimit != Configuration().archiveLimit)
        r.notices << "The option --archive-limit has no effect, since no archive is kept: ask for "
                     "one with --archive.";
    if (!c.outputPolicy.isEmpty() && !c.outputMemory)
        r.notices << QString("The option --output-policy %1 has no effect, since an unlimited "
                             "encoder-output memory evicts nothing: bound it with --output-memory.")
                         .arg(c.outputPolicy);
}

// The encoder-output memory, under its own capacity and policy.
std::optional<Error> resolveOutputs(ResolvedConfiguration& r, const PolicyDescription& policy,
                                    qint64 tokens) {
    const Configuration& c = r.asked;
    r.outputPolicy = policy.name;
    r.outputMemory = c.outputMemory.value_or(int(tokens));
    if (r.outputMemory < 1)
        return refused(QString("The option --output-memory has the value %1; it must be at least "
                               "1.")
                           .arg(r.outputMemory));
    r.outputSinks = c.pure ? 0 : c.sinks.value_or(policy.defaultSinks);
    r.outputRecent = c.pure ? 0 : c.recent.value_or(defaultRecent(policy, r.outputMemory, c.chunk));
    if (!c.outputMemory) {
        r.notices << "The encoder-output memory is unlimited: it keeps every output of the "
                     "encoder; bound it with --output-memory.";
        return std::nullopt;
    }
    const int pins = pinnedCount(c.pins, r.outputSinks, tokens);
    const qint64 need = qint64(r.outputSinks) + pins + r.outputRecent + c.chunk;
    if (r.outputMemory < tokens && need > r.outputMemory)
        return refused(QString("The encoder-output memory is too small: s + pins + r + C = %1 + %2 "
                               "+ %3 + %4 = %5, more than E = %6; raise --output-memory or lower "
                               "--sinks, --pin, --recent or --chunk.")
                           .arg(written(r.outputSinks), written(pins), written(r.outputRecent),
                                written(c.chunk), written(need), written(r.outputMemory)));
    return std::nullopt;
}

// What the archive will take on disk, before a person begins.
void addArchiveNotice(ResolvedConfiguration& r, const NetworkShape& shape, qint64 tokens) {
    const qint64 bytes = archiveBytes(r, shape, tokens);
    if (bytes > 0)
        r.notices << QString("The archive of %1 adds up to %2 to the trace.")
                         .arg(r.asked.archive == "all" ? "keys, values and queries" : "keys",
                              QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat));
}

void addNotices(ResolvedConfiguration& r, const NetworkShape& shape,
                const PolicyDescription& policy, qint64 tokens) {
    const int trained = shape.trainedLength;
    if (shape.positions == "rotary" && r.asked.positions == "absolute" && trained > 0 &&
        tokens > trained)
        r.notices << QString(
                         "The input has T = %1 tokens, the model was trained on P = %2: entries "
                         "kept for longer than P are attended at distances it never saw.")
                         .arg(written(tokens), written(trained));
    const bool evicts =
        std::any_of(r.memory.begin(), r.memory.end(), [&](int m) { return m < tokens; });
    const bool equal = std::any_of(r.memory.begin(), r.memory.end(),
                                   [&](int m) { return m == r.asked.chunk && m < tokens; });
    if (equal)
        r.notices << QString(
                         "C = M = %1: nothing survives a step, so every policy evicts the same.")
                         .arg(written(r.asked.chunk));
    if (evicts && !equal && r.sinks == 0 && policy.rankColumn == "tick_inserted")
        r.notices << QString(
                         "Without sinks %1 collapses as soon as the memory overflows: the first "
                         "positions take much of the attention.")
                         .arg(policy.title);
    if (evicts && !equal && r.recent == 0 && policy.defaultRecent != "0" &&
        !policy.defaultRecent.isEmpty())
        r.notices << QString("With r = 0 %1 throws the previous chunk away before its entries can "
                             "earn anything; its default is r = %2.")
                         .arg(policy.title, policy.defaultRecent);
}

} // namespace

Result<ResolvedConfiguration> resolve(const Configuration& configuration, const NetworkShape& shape,
                                      const PolicyDescription& policy, qint64 tokens,
                                      const PolicyDescription& outputPolicy) {
    ResolvedConfiguration r;
    r.asked = configuration;
    r.mode = configuration.mode.isEmpty() ? shape.defaultMode : configuration.mode;
    if (auto error = wrongMode(configuration, shape, r.mode))
        return *error;
    if (policy.name != configuration.policy)
        return refused(QString("There is no policy %1; choose another with --policy.")
                           .arg(configuration.policy));
    if (auto error = outOfRange(configuration, shape, tokens))
        return *error;
    if (auto error = wrongPolicyOptions(configuration))
        return *error;
    auto memory = perLayer(
        "memory", configuration.memory.empty() ? std::vector<int>{0} : configuration.memory,
        shape.layers);
    auto waiting = perLayer("query-memory", configuration.queryMemory, shape.layers);
    if (!memory || !waiting)
        return memory ? waiting.error() : memory.error();
    r.memory = memory.take();
    for (int& m : r.memory)
        m = m == 0 ? int(tokens) : m;
    r.queryMemory = waiting.take();
    if (auto error = wrongWaiting(r))
        return *error;

    r.granularity =
        configuration.granularity.isEmpty() ? policy.granularity : configuration.granularity;
    const int smallest = *std::min_element(r.memory.begin(), r.memory.end());
    r.sinks = configuration.pure ? 0 : configuration.sinks.value_or(policy.defaultSinks);
    r.recent =
        configuration.pure
            ? 0
            : configuration.recent.value_or(defaultRecent(policy, smallest, configuration.chunk));
    if (auto error = tooSmall(r, tokens))
        return *error;
    if (auto checked = checkInterventions(r, shape, tokens); !checked)
        return checked.error();
    if (auto error = wrongPositions(r, shape, tokens))
        return *error;
    if (r.mode == "encoder-decoder") {
        if (!configuration.outputPolicy.isEmpty() &&
            outputPolicy.name != configuration.outputPolicy)
            return refused(QString("There is no policy %1; choose another with --output-policy.")
                               .arg(configuration.outputPolicy));
        if (auto error =
                resolveOutputs(r, outputPolicy.name.isEmpty() ? policy : outputPolicy, tokens))
            return *error;
    }
    addNotices(r, shape, policy, tokens);
    addIdleNotices(r);
    addWaitingNotices(r, shape, tokens);
    addArchiveNotice(r, shape, tokens);
    return r;
}

QJsonObject toJson(const PolicyDescription& policy) {
    return {{"name", policy.name},
            {"title", policy.title},
            {"definition", policy.definition},
            {"rankColumn", policy.rankColumn},
            {"rankLabel", policy.rankLabel},
            {"columns", QJsonArray::fromStringList(policy.columns)},
            {"evictSentence", policy.evictSentence},
            {"defaultSinks", policy.defaultSinks},
            {"defaultRecent", policy.defaultRecent},
            {"granularity", policy.granularity}};
}

PolicyDescription policyFromJson(const QJsonObject& json) {
    PolicyDescription policy;
    policy.name = json["name"].toString();
    policy.title = json["title"].toString();
    policy.definition = json["definition"].toString();
    policy.rankColumn = json["rankColumn"].toString();
    policy.rankLabel = json["rankLabel"].toString();
    for (const QJsonValue& column : json["columns"].toArray())
        policy.columns << column.toString();
    policy.evictSentence = json["evictSentence"].toString();
    policy.defaultSinks = json["defaultSinks"].toInt();
    policy.defaultRecent = json["defaultRecent"].toString();
    policy.granularity = json["granularity"].toString("head");
    return policy;
}

} // namespace attendre
