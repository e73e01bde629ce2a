#pragma once

#include "model/trace/database.h"
#include "model/trace/frame_numbers.h"
#include "model/trace/layer_codec.h"
#include "model/trace/reader.h"
#include "model/trace/series.h"
#include "model/trace/token_block.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace attendre {

// Answers questions about a trace over a connection. What the Reader and the virtual tables share.
// Recorded steps never change, so what was decoded stays valid as long as the file is the same.
class Store {
  public:
    using Snapshot = std::shared_ptr<const LayerSnapshot>;

    // The connection that the following calls use; nothing is kept of an earlier one but decoded
    // layers.
    void attach(Database* database) { m_database = database; }
    Database& database() { return *m_database; }

    // From now on every answer is as of this moment: steps and runs that are recorded later are
    // left out, however long the questions take and whatever connection they come over.
    Result<void> freeze();
    // Decodes up to some hundred rows of one of the tables of blocks that are read as they are,
    // from a key on (nothing: from the first); gives the key to go on from, nothing at the end.
    // Errors: the first damaged one.
    Result<std::optional<qint64>> verify(int run, int table, std::optional<qint64> from);
    static int blockTableCount();

    Result<std::vector<RunInfo>> runs();
    Result<RunInfo> run(int run);
    Result<int> stepCount(int run);
    Result<std::vector<StepInfo>> steps(int run, int first, int count);
    Result<StepNumbers> numbers(int run, int step);
    Result<std::vector<NextToken>> nextTokens(int run, int step);
    // Tokens [first, first + count), as far as there are.
    Result<std::vector<TokenInfo>> tokens(int run, std::int32_t first, std::int32_t count);
    // The tokens' bytes alone, in the order of the positions; empty where there is no such token.
    Result<std::vector<QByteArray>> texts(int run, const std::vector<std::int32_t>& positions);
    Result<QByteArray> word(int run, std::int32_t id);

    // The layer at the end of a step.
    Result<Snapshot> snapshot(int run, int step, int layer);
    // The same with the step before (null for the first) and with its victims' positions and ranks,
    // which a keyframe alone does not know.
    struct Transition {
        Snapshot before, now;
    };
    Result<Transition> transition(int run, int step, int layer);
    Result<std::vector<Eviction>> evictions(int run, int step, int layer, int head);
    Result<std::vector<QueryAttention>> attention(int run, int step, int layer, int head);
    // Lives of [first, first + count).
    Result<std::vector<Life>> lives(int run, int layer, int head, std::int32_t first,
                                    std::int32_t count);
    Result<ArchivedAttention> archivedAttention(int run);
    Result<ArchivedStep> archived(int run, int step, int layer);
    Result<std::vector<Extent>> extents(int run, Series series, int layer, int head, int first,
                                        int last, int count);

    // What was said last of bytes that are not what was written; empty where none were met.
    QString damage() const { return m_damage; }

    // How many compressed states were decoded so far: what a test of push-down counts.
    qint64 decoded() const { return m_decoded; }

  private:
    class Pyramid;
    struct Shape {
        int layers = 0, heads = 0, keyframeInterval = 1, steps = 0;
        bool outputs = false; // an encoder-output memory behind the layers

        bool has(int layer) const { return layer >= 0 && layer < layers + (outputs ? 1 : 0); }
        int headsOf(int layer) const { return layer == layers ? 1 : heads; }
    };

    Result<Shape> shape(int run);
    struct Frozen {
        std::vector<RunInfo> runs;
        std::map<int, int> steps;           // by run
        std::map<int, std::int32_t> readTo; // by run: the first position that was not fed yet
    };

    Error noSuch(const QString& what, int number);
    Error damaged(const QString& what); // what: "the numbers of step 7 of run 1"
    Error damagedRun(int run);
    // The content of a block that runs without checksums hold as it is. Errors: a damaged frame.
    Result<QByteArray> content(int run, const QByteArray& block);
    Result<bool> hasArchive(int run);
    Result<void> addMeasured(int run, int step, StepNumbers& numbers);
    Result<QByteArray> stateBytes(int run, int step, int layer);
    void keep(int run, int layer, Transition steps);
    Result<Transition> advance(int run, int step, int layer, Snapshot before);
    // Null where the run has no tokens there.
    using Tokens = std::shared_ptr<const TokenBlock>;
    Result<Tokens> tokenBlock(int run, qint64 number);
    Result<void> addNll(int run, std::vector<TokenInfo>& tokens);
    Result<void> addLeft(int run, int layer, int head, int steps, std::vector<Life>& lives);
    Result<void> addTail(int run, int layer, int head, int steps, std::vector<Life>& lives);
    Result<void> addResidents(int run, int layer, int head, int steps, std::vector<Life>& lives);

    Database* m_database = nullptr;
    std::optional<Frozen> m_frozen;
    std::map<std::pair<int, int>, Transition> m_last;  // by run and layer; before may be null
    std::map<std::pair<int, qint64>, Tokens> m_tokens; // by run and block: whole blocks
    qint64 m_keptSlots = 0;
    qint64 m_decoded = 0;
    QString m_damage;
    std::map<int, bool> m_checked;  // by run: its blocks are frames with checksums
    std::map<int, bool> m_archived; // by run: it has an archive
};

} // namespace attendre
