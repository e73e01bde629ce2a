#pragma once

#include "model/trace/result.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <optional>
#include <utility>
#include <vector>

namespace attendre {

// One run of the pipeline as a person asks for it. The member comments give the option's name,
// which is the same on the command line, in JSON, in the dialog and in the trace (CLI.md).
struct Configuration {
    QString mode; // mode: causal|prefix|encoder-decoder; empty = from the architecture
    std::vector<int> memory = {512};       // memory: M, one or one per layer; empty = full (M = T);
                                           // 0 in a list: that layer is full
    std::vector<int> queryMemory = {0};    // query-memory: N, one or one per layer
    int chunk = 64;                        // chunk: C
    QString policy = "lra";                // policy
    QString expression;                    // expression (custom)
    QString future;                        // future: a trace
    QString lfaCount = "hits";             // lfa-count: hits|mass
    bool lfaPerAge = false;                // lfa-per-age
    std::optional<int> sinks;              // sinks: s; unset = the policy's default
    std::optional<int> recent;             // recent: r; unset = the policy's default
    std::vector<std::pair<int, int>> pins; // pin: first and last position, inclusive
    QString change;                        // change: model/trace/intervention.h
    bool pure = false;                     // pure: s = r = 0
    double halfLife = 0;                   // half-life in ticks; 0 = none
    QString group = "mean";                // group: mean|max|sum
    QString hit = "threshold";             // hit: threshold|top-k
    QString granularity;                   // granularity: head|layer; empty = as the policy says
    int topK = 0;                          // top-k; 0 = all visible entries
    QString positions = "absolute";        // positions: absolute|relative
    std::optional<int> outputMemory;       // output-memory (encoder-decoder)
    QString outputPolicy;                  // output-policy
    QString bos = "auto";                  // bos: auto|yes|no
    int tokens = 0;                        // tokens: only the document's first T; 0 = all
    QString promptTemplate;                // template: with {document}, or auto; empty = none
    QString archive;                       // archive: keys|all; empty = none
    double archiveLimit = 20;              // archive-limit: 10^9 bytes; 0 = none
    QString device = "cpu";                // device: cpu|cuda[:i]
    QString dtype = "f32";                 // dtype: f32|bf16|f16
    quint64 seed = 0;                      // seed
    int threads = 0;                       // threads; 0 = one per core
    QString detail = "summary";            // detail: summary|full
};

// One option of the pipeline: how it is called and what exactly it means. The command line's help,
// the dialog and the documentation all read this one list.
struct OptionDefinition {
    QString name;        // "memory"
    QString argument;    // "M|full"; empty for a flag
    QString definition;  // one or two sentences
    QStringList choices; // empty: free text or number
};
const std::vector<OptionDefinition>& optionDefinitions();

// JSON with the options' names; only what differs from the default is written unless all is asked
// for. Reading refuses unknown names and wrong types by name; null is an unset number (sinks,
// recent, output-memory), the empty text an unset word. "preset" is read before all others.
QJsonObject toJson(const Configuration& configuration, bool all = true);
Result<Configuration> configurationFromJson(const QJsonObject& json,
                                            Configuration base = Configuration());

// Sets one option from its text as typed ("memory", "512,512,full"); "preset" sets several, so it
// goes first. "pin" replaces all spans: join repeated ones with commas. A flag takes an empty text
// or true|false. Refusals name option and value.
Result<void> setOption(Configuration& configuration, const QString& name, const QString& text);

// What was given last wins: a pure that was given over the sinks and recent that were there before,
// and those, where they protect anything, over a pure that was.
void letWin(Configuration& configuration, bool pure, bool sinks, bool recent);

// The options that differ from the defaults, as they would be typed.
QStringList commandLine(const Configuration& configuration);

// A word as it would be typed, quoted where a shell would not take it as it is.
QString shellWord(const QString& word);

// What a policy says of itself: shown, stored in the trace and used for defaults, so that no view
// and no parser knows a policy by name.
struct PolicyDescription {
    QString name;          // "lra"
    QString title;         // "LRA, least recently attended"
    QString definition;    // in words, one or two sentences: what is evicted
    QString rankColumn;    // the usage column that is the rank, or empty when it is computed
    QString rankLabel;     // "last attended tick"
    QStringList columns;   // the usage columns that explain its choice, most important first
    QString evictSentence; // "its last hit was tick %1, the first survivor's %2": for Why evicted?
    int defaultSinks = 4;
    QString defaultRecent; // "0", "C" or "(M-C)/2"
    QString granularity = "head";
};
QJsonObject toJson(const PolicyDescription& policy);
PolicyDescription policyFromJson(const QJsonObject& json);

// The shape of the network, as far as a configuration is checked against it.
struct NetworkShape {
    int layers = 0, queryHeads = 0, heads = 0, headDimension = 0;
    int hidden = 0, feedForward = 0, vocabulary = 0;
    int trainedLength = 0;        // P; 0 = unknown
    QString positions = "rotary"; // rotary|learned|relative-bias
    QString defaultMode = "causal";
    bool bidirectional = false; // trained to attend to what comes after a query
};

// The configuration whose policy is that of the encoder-output memory: lra where the run's own
// knows keys and values, or attention, that outputs do not have.
Configuration forOutputs(Configuration configuration);

// A configuration whose defaults are filled in for T tokens, with what follows from it.
struct ResolvedConfiguration {
    Configuration asked;
    QString mode;
    std::vector<int> memory;      // M per layer
    std::vector<int> queryMemory; // N per layer
    int sinks = 0, recent = 0;
    QString granularity; // head or layer
    // The encoder-output memory; a capacity of 0: there is none.
    int outputMemory = 0; // E
    QString outputPolicy;
    int outputSinks = 0, outputRecent = 0;
    QStringList notices; // sentences: allowed, but a person should know
    bool replay = false; // over a recorded run's frozen queries and keys, without the model
};

// The options as asked with mode, s and r filled in: what a reader who knows no defaults needs.
Configuration filledIn(const ResolvedConfiguration& resolved);

// The steps of a run of T tokens: its chunks, and the rounds in which the queries that still wait
// are flushed, from the lowest layer up.
int stepCount(const ResolvedConfiguration& configuration, qint64 tokens);
// The same from a state in which queries wait, one number a layer, and tokens are still to be read.
int stepsLeft(const ResolvedConfiguration& configuration, std::vector<qint64> waiting,
              qint64 tokens);

// Checks everything that SPEC.md refuses, and what this version does not offer yet; warns of what
// it warns of. tokens is T (the input's length, BOS included). policy is the description of
// configuration.policy, outputPolicy that of configuration.outputPolicy; without a name it is
// policy. With one M per layer a default r follows from the smallest.
Result<ResolvedConfiguration> resolve(const Configuration& configuration, const NetworkShape& shape,
                                      const PolicyDescription& policy, qint64 tokens,
                                      const PolicyDescription& outputPolicy = {});

} // namespace attendre
