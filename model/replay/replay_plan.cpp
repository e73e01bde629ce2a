#include "model/replay/replay_plan.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>

namespace attendre {

namespace {

Error refused(const QString& sentence) {
    return {sentence, 2};
}

// An option that the frozen queries and keys were computed under.
std::optional<QString> frozenOption(const RunInfo& recorded, const Configuration& c) {
    const Configuration& was = recorded.configuration.asked;
    const bool prefix = recorded.configuration.mode != "causal";
    if (!c.mode.isEmpty() && c.mode != recorded.configuration.mode)
        return "mode";
    if (prefix && c.chunk != was.chunk)
        return "chunk";
    if (prefix && c.queryMemory != was.queryMemory)
        return "query-memory";
    if (c.tokens != was.tokens)
        return "tokens";
    if (c.bos != was.bos)
        return "bos";
    if (c.device != was.device)
        return "device";
    if (c.dtype != was.dtype)
        return "dtype";
    return std::nullopt;
}

// A prepared policy is called by one thread at a time, and layers are replayed beside each other.
Ranking shared(Ranking ranking) {
    const auto mutex = std::make_shared<std::mutex>();
    const RankFunction rank = ranking.rank;
    ranking.rank = [mutex, rank](const HeadColumns& columns, const RankContext& context,
                                 std::span<double> ranks) {
        const std::lock_guard lock(*mutex);
        rank(columns, context, ranks);
    };
    return ranking;
}

Result<Ranking> rankingOf(Reader& reader, const RunInfo& recorded, const Policy& policy,
                          const ResolvedConfiguration& configuration) {
    auto tokens = reader.tokens(recorded.run, 0, std::int32_t(recorded.tokens));
    if (!tokens)
        return tokens.error();
    std::vector<std::int32_t> ids;
    for (const TokenInfo& token : *tokens)
        ids.push_back(token.id);
    auto ranking =
        policy.prepare({configuration, ids, [&] { return Result<QString>(recorded.modelHash); }});
    return ranking ? Result<Ranking>(shared(ranking.take())) : ranking.error();
}

} // namespace

Result<void> checkReplayable(const RunInfo& recorded) {
    const ResolvedConfiguration& r = recorded.configuration;
    const QString run = QString("Run %1").arg(recorded.run);
    const QString again = ": record it again with --memory full --archive all.";
    if (r.replay)
        return refused(QString("%1 is a replay itself and has no queries and keys of its own: "
                               "replay the run that it came from.")
                           .arg(run));
    if (r.asked.archive != "all")
        return refused(run + " has no archive of keys, values and queries" + again);
    if (std::any_of(r.memory.begin(), r.memory.end(),
                    [&](int memory) { return memory < recorded.tokens; }))
        return refused(run + " evicted entries, so its queries are not those of full attention" +
                       again);
    if (r.asked.topK > 0)
        return refused(run + " attended to the top k entries only: record it again without "
                             "--top-k.");
    if (!recorded.finished || !recorded.ended.isEmpty())
        return refused(run + " did not reach the input's end" + again);
    return {};
}

Result<RunInfo> replayableRun(Reader& reader) {
    auto runs = reader.runs();
    if (!runs)
        return runs.error();
    for (auto run = runs->rbegin(); run != runs->rend(); ++run)
        if (checkReplayable(*run))
            return *run;
    // One recorded run has one reason, which is better than none; replays are beside the point.
    std::vector<RunInfo> recorded;
    std::copy_if(runs->begin(), runs->end(), std::back_inserter(recorded),
                 [](const RunInfo& run) { return !run.configuration.replay && run.parent == 0; });
    if (recorded.empty() && runs->size() == 1)
        recorded = *runs;
    if (recorded.size() == 1)
        return checkReplayable(recorded.front()).error();
    return refused(QString("The trace %1 has no run that can be replayed: record one with "
                           "--memory full --archive all.")
                       .arg(reader.path()));
}

const QStringList& notOfReplays() {
    static const QStringList options{
        "archive",       "archive-limit", "bos",      "device",  "dtype",  "hit",  "mode",
        "output-memory", "output-policy", "template", "threads", "tokens", "top-k"};
    return options;
}

QStringList replayWords(const Configuration& configuration) {
    const QStringList words = commandLine(configuration);
    QStringList kept;
    for (qsizetype i = 0; i < words.size(); ++i) {
        if (notOfReplays().contains(words[i].mid(2)) && words[i].startsWith("--"))
            ++i; // all of them have a value
        else
            kept << words[i];
    }
    return kept;
}

Result<ReplayPlan> planReplay(Reader& reader, const RunInfo& recorded,
                              const Configuration& configuration) {
    if (auto replayable = checkReplayable(recorded); !replayable)
        return replayable.error();
    if (const auto option = frozenOption(recorded, configuration))
        return refused(QString("The option --%1 differs from the recorded run's, on which its "
                               "queries and keys depend: leave it out, or record a run.")
                           .arg(*option));
    if (configuration.topK > 0 || configuration.hit == "top-k")
        return refused("A replay attends to all visible entries: leave --top-k and --hit top-k "
                       "out, or record a run.");
    Configuration asked = configuration;
    asked.archive.clear();
    asked.archiveLimit = Configuration().archiveLimit;
    asked.promptTemplate.clear(); // read with the recorded run's input
    asked.outputMemory.reset();
    asked.outputPolicy.clear();
    auto policy = findPolicy(asked);
    if (!policy)
        return policy.error();
    auto resolved = resolve(asked, recorded.shape, policy->description, recorded.tokens);
    if (!resolved)
        return resolved.error();
    // A replay has no outputs, hence nothing to keep of an encoder's.
    resolved->outputMemory = resolved->outputSinks = resolved->outputRecent = 0;
    resolved->outputPolicy.clear();
    auto attention = reader.archivedAttention(recorded.run);
    if (!attention)
        return attention.error();
    auto ranking = rankingOf(reader, recorded, *policy, *resolved);
    if (!ranking)
        return ranking.error();
    ReplayPlan plan{recorded, resolved.take(), policy->description, ranking.take(),
                    attention.take()};
    plan.configuration.replay = true;
    return plan;
}

ReplayRules rulesOf(const ReplayPlan& plan, int layer, int head) {
    const ResolvedConfiguration& r = plan.configuration;
    const NetworkShape& shape = plan.recorded.shape;
    ReplayRules rules;
    rules.layer = layer;
    rules.firstHead = std::max(0, head);
    rules.heads = head < 0 ? shape.heads : 1;
    rules.group = shape.queryHeads / shape.heads;
    rules.dimension = shape.headDimension;
    rules.capacity = r.memory[std::size_t(layer)];
    rules.causal = r.mode == "causal";
    rules.relative = r.asked.positions == "relative";
    rules.attention = plan.attention;
    rules.ranking = plan.ranking;
    rules.protection = {r.sinks, r.recent, r.asked.pins, {}};
    if (auto interventions = interventionsFrom(r.asked.change))
        rules.interventions = interventions.take();
    rules.perLayer = r.granularity == "layer";
    rules.groupSum = groupSumOf(r.asked.group);
    rules.halfLife = r.asked.halfLife;
    rules.seed = r.asked.seed;
    return rules;
}

} // namespace attendre
