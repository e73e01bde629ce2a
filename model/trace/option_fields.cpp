#include "model/trace/option_fields.h"

#include "model/trace/expression.h"

#include <QJsonObject>

namespace attendre {

namespace {

using C = Configuration;

void addSizes(std::vector<OptionRow>& rows) {
    rows.push_back(
        {{"mode",
          "MODE",
          "causal: a query attends to positions up to its own. prefix: all text before "
          "the answer attends both ways. encoder-decoder: the encoder reads so, its outputs "
          "enter an encoder-output memory, a decoder answers from that. By default as "
          "the model's architecture says.",
          {"causal", "prefix", "encoder-decoder"}},
         &C::mode});
    rows.push_back({{"memory",
                     "M|full",
                     "M, the K/V memory's capacity: entries per layer and K/V head; one number, or "
                     "one per layer separated by commas. full: M = T, nothing is ever evicted.",
                     {}},
                    &C::memory,
                    1,
                    true});
    rows.push_back({{"query-memory",
                     "N",
                     "N, the Q memory's capacity: how many queries wait in each layer; one number, "
                     "or one per layer separated by commas. 0: no waiting.",
                     {}},
                    &C::queryMemory});
    rows.push_back({{"chunk",
                     "C",
                     "C, the tokens fed in one step. What survives from one step to the next is "
                     "R = M - C entries.",
                     {}},
                    &C::chunk,
                    1});
}

QString expressionDefinition() {
    QStringList meanings;
    for (const ExpressionName& name : expressionNames())
        meanings << name.name + ", " + name.meaning;
    return QString("The rank of the policy custom, as an expression: numbers, + - * / ^, < <= > >= "
                   "== != && ||, a ? b : c and the functions %1, over %2. Infinite ranks order as "
                   "numbers do; one that is not a number (0/0) counts as the lowest.")
        .arg(expressionFunctions().join(", "), meanings.join("; "));
}

void addPolicy(std::vector<OptionRow>& rows) {
    rows.push_back({{"policy",
                     "NAME",
                     "What ranks the resident, unprotected entries when slots run out; the "
                     "lowest-ranked are evicted, ties go to the older insertion.",
                     {"fifo", "lra", "lfa", "random", "h2o", "tova", "custom", "future"}},
                    &C::policy});
    rows.push_back({{"expression", "EXPR", expressionDefinition(), {}}, &C::expression});
    rows.push_back(
        {{"future",
          "TRACE",
          "The trace from which the policy future knows the attention still to come: of a run of "
          "the same input and model with --memory full and --detail full; the newest that fits.",
          {}},
         &C::future});
    rows.push_back({{"lfa-count",
                     "WHAT",
                     "What the policy lfa ranks by: hits, how many queries hit the entry, or mass, "
                     "the sum of its weights.",
                     {"hits", "mass"}},
                    &C::lfaCount});
    rows.push_back({{"lfa-per-age",
                     "",
                     "The policy lfa divides its rank by the entry's age: the layer's tick less "
                     "the tick at which it was inserted, at least 1.",
                     {}},
                    &C::lfaPerAge});
    rows.push_back(
        {{"sinks",
          "S",
          "s, the first positions of the input that are never evicted. By default as the "
          "policy says.",
          {}},
         &C::sinks});
    rows.push_back({{"recent",
                     "R",
                     "r, the latest arrivals before the step that it may not evict. By default as "
                     "the policy says; where that depends on M, by the smallest layer's M.",
                     {}},
                    &C::recent});
    rows.push_back({{"pin",
                     "A-B",
                     "Positions A to B, both included, are never evicted; several spans are "
                     "separated by commas.",
                     {}},
                    &C::pins});
    rows.push_back(
        {{"change",
          "WHAT",
          "Changes what the policy decides in some steps: \"keep 130 at 8\" keeps position 130 in "
          "step 8, \"drop 65-70 at 8-12 in layer 2 head 0\" evicts positions 65 to 70 before all "
          "others, protected or not, where the step evicts; \"at 8-\" means to the end. Several "
          "are separated by commas.",
          {}},
         &C::change});
    rows.push_back({{"pure",
                     "",
                     "The policy alone, without protection: s = r = 0. Excludes sinks and recent.",
                     {}},
                    &C::pure});
}

void addUsage(std::vector<OptionRow>& rows) {
    rows.push_back({{"half-life",
                     "H",
                     "Before a step's usage is added, the sums and hits are multiplied by "
                     "2^(-n/H), n the step's arrivals in the layer. 0: nothing is forgotten.",
                     {}},
                    &C::halfLife});
    rows.push_back({{"group",
                     "HOW",
                     "How the weights of the query heads that share a K/V head are added up in the "
                     "sums and the last step's mass; never in hits.",
                     {"mean", "max", "sum"}},
                    &C::group});
    rows.push_back({{"hit",
                     "WHEN",
                     "threshold: a query hits an entry when the group's mean weight times the "
                     "number n of entries that it sees is at least 1 - 1e-4. top-k: when the entry "
                     "is in the group mean's top k.",
                     {"threshold", "top-k"}},
                    &C::hit});
    rows.push_back(
        {{"granularity",
          "WHAT",
          "head: each K/V head chooses its own victims. layer: one decision per layer by "
          "the mean over heads of the heads' scores. By default as the policy says.",
          {"head", "layer"}},
         &C::granularity});
    rows.push_back({{"top-k",
                     "K",
                     "A query head attends only to the K visible entries with the highest scores, "
                     "ties to the older entry. 0: to all visible entries.",
                     {}},
                    &C::topK});
    rows.push_back(
        {{"positions",
          "HOW",
          "absolute: keys and queries are rotated at their original positions. relative: "
          "at their index among the residents of their layer and head; needs M + C <= P.",
          {"absolute", "relative"}},
         &C::positions});
}

void addInput(std::vector<OptionRow>& rows) {
    rows.push_back({{"output-memory",
                     "E|unlimited",
                     "The capacity of the encoder-output memory (encoder-decoder). By default "
                     "unlimited.",
                     {}},
                    &C::outputMemory,
                    1,
                    false,
                    "unlimited"});
    rows.push_back({{"output-policy",
                     "NAME",
                     "The policy of a bounded encoder-output memory (encoder-decoder). By default "
                     "that of the K/V memories, lra where that is custom or future.",
                     {"fifo", "lra", "lfa", "random", "h2o", "tova"}},
                    &C::outputPolicy});
    rows.push_back({{"bos",
                     "HOW",
                     "Whether the beginning-of-sequence token is put first; auto: as the tokenizer "
                     "declares.",
                     {"auto", "yes", "no"}},
                    &C::bos});
    rows.push_back(
        {{"tokens", "T", "Only the document's first T tokens are read. 0: all of them.", {}},
         &C::tokens});
    rows.push_back(
        {{"template",
          "TEXT",
          "A text with {document} and {question} once each, in either order, \\n for a line's end: "
          "how both become what is read. Of a recording, what stands before {document} is read "
          "first. auto: the form that fits the model. By default record reads the document alone, "
          "and ask takes the form that fits.",
          {}},
         &C::promptTemplate});
    rows.push_back(
        {{"archive",
          "WHAT",
          "Keeps the keys (or keys, values and queries) of every layer in the trace, and "
          "measures against them what the memories lose: coverage, and with all the "
          "error of the outputs. all is what a replay needs. By default nothing is kept.",
          {"keys", "all"}},
         &C::archive});
    rows.push_back({{"archive-limit",
                     "GB",
                     "A run whose archive may take more gigabytes (10^9 bytes) on the disk is "
                     "refused before it begins. 0: whatever fits.",
                     {}},
                    &C::archiveLimit});
}

void addMachine(std::vector<OptionRow>& rows) {
    rows.push_back({{"device", "cpu|cuda[:i]", "Where the network is computed.", {}}, &C::device});
    rows.push_back({{"dtype",
                     "TYPE",
                     "The floating-point type of weights, memories and activations.",
                     {"f32", "bf16", "f16"}},
                    &C::dtype});
    rows.push_back(
        {{"seed", "SEED", "Seeds the policy random and every other draw.", {}}, &C::seed});
    rows.push_back({{"threads", "COUNT", "Threads that compute. 0: one per processor core.", {}},
                    &C::threads});
    rows.push_back(
        {{"detail",
          "LEVEL",
          "What the trace keeps. summary: slots and the policy's rank at every step, the "
          "other usage columns at keyframes. full: all columns at every step, and the "
          "top attended entries.",
          {"summary", "full"}},
         &C::detail});
}

// What an option is without being asked for, as it would be typed; empty where its definition says
// so already, or where nothing is the default.
QString defaultOf(const QJsonObject& defaults, const OptionDefinition& definition) {
    const QJsonValue value = defaults[definition.name];
    if (value.isDouble())
        return QString::number(value.toDouble());
    return value.isString() ? value.toString() : QString();
}

} // namespace

const std::vector<OptionRow>& optionRows() {
    static const std::vector<OptionRow> rows = [] {
        std::vector<OptionRow> all;
        addSizes(all);
        addPolicy(all);
        addUsage(all);
        addInput(all);
        addMachine(all);
        return all;
    }();
    return rows;
}

const std::vector<OptionDefinition>& optionDefinitions() {
    static const std::vector<OptionDefinition> definitions = [] {
        std::vector<OptionDefinition> all;
        all.push_back({"preset",
                       "NAME",
                       "Sets several options at once; options beside it win. streaming-llm: fifo "
                       "with sinks 4 and relative positions. h2o: h2o with its own protection.",
                       {"streaming-llm", "h2o", "tova"}});
        const QJsonObject defaults = toJson(Configuration());
        for (const OptionRow& row : optionRows()) {
            all.push_back(row.definition);
            if (const QString value = defaultOf(defaults, row.definition); !value.isEmpty())
                all.back().definition += QString(" By default %1.").arg(value);
        }
        return all;
    }();
    return definitions;
}

} // namespace attendre
