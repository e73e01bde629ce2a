#pragma once

#include "model/formats/model_files.h"
#include "model/trace/archive.h"
#include "model/trace/cancel.h"
#include "model/trace/configuration.h"
#include "model/trace/result.h"
#include "model/trace/step_record.h"

#include <QtPlugin>

#include <cstdint>

#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

// What a caller wants of each step beside the state of the memories; what is not wanted is not
// computed.
struct StepWants {
    bool usage = true;      // columns over slots, ranks, victims
    bool attention = false; // the top attended entries (detail full)
    bool nll = true;        // per token; causal mode only
    int next = 0;           // that many likely next tokens
    bool archive = false;   // what --archive asks for, and the numbers that need it
    QString scratch = {};   // the folder for files of the archive's own during the run
};

// What follows the document, and how the answer to it is written.
struct Question {
    // One token of it, and whether it is the question's own or the template's.
    struct Token {
        std::int32_t id = 0;
        Segment segment = Segment::Question;
    };
    std::vector<Token> tokens;           // may be empty: the last token read then says what comes
    int mostAnswerTokens = 64;           // at least 1
    std::vector<std::int32_t> endTokens; // each ends the answer
    double temperature = 0;              // 0: the likeliest token; else drawn, by seed
    quint64 seed = 0;
};

// What was answered; grows while the asking run goes on.
struct AnswerSoFar {
    std::vector<std::int32_t> ids;                 // without the token that ended it
    std::vector<std::vector<NextToken>> likeliest; // for each of them, what could have stood there
    bool ended = false;                            // by an end token; else by the limit
};

// One run in progress. Not thread-safe; a step may be called from any one thread at a time.
class Pipeline {
  public:
    virtual ~Pipeline() = default;
    virtual const ResolvedConfiguration& configuration() const = 0;
    virtual bool finished() const = 0; // every token read and every query answered
    virtual int stepsDone() const = 0;
    virtual int stepsTotal() const = 0;
    // How scores are made of the queries and keys that are archived.
    virtual ArchivedAttention archivedAttention() const = 0;
    // Computes one step. Errors: out of memory (with the numbers), a device fault.
    virtual Result<StepRecord> step() = 0;

    // The same run at the same step, which goes on by itself. Errors: too little memory.
    virtual Result<std::unique_ptr<Pipeline>> fork() const = 0;
    // A run of its own that takes the question as what follows the tokens read so far, is flushed,
    // and answers; this one is left as it is. Its step 0 is the state that it began with. Errors: a
    // memory that cannot hold the question's terms, an empty question where nothing was read, too
    // little memory.
    virtual Result<std::unique_ptr<Pipeline>> ask(Question question) const = 0;
    // Of a run that asks: what it has answered so far. Null of every other.
    virtual const AnswerSoFar* answer() const { return nullptr; }
    virtual int tokensRead() const = 0;
    // Bytes that a fork takes.
    virtual qint64 stateBytes() const = 0;
    // The share of layers and K/V heads in which none of these positions has been evicted, in
    // [0, 1]; what has not reached a layer yet, since queries wait below it, is not lost there.
    virtual double residentShare(int first, int last) const = 0;
    // What came out of the last layer in the step before, of the positions that are divisible by
    // every: [n][hidden] in float32; empty where none was among them.
    virtual std::vector<float> lastOutputs(int every) const = 0;
};

// A network with its weights on a device.
class Network {
  public:
    virtual ~Network() = default;
    virtual const ModelDescription& description() const = 0;
    virtual QString device() const = 0; // "cpu", "cuda:0"
    virtual QString dtype() const = 0;
    virtual int threads() const = 0;
    // ids: the whole input, BOS included. Errors: what resolve() refuses; too little memory.
    virtual Result<std::unique_ptr<Pipeline>>
    start(const Configuration& configuration, std::vector<std::int32_t> ids, StepWants wants) = 0;
    // How far the distribution of the next token is from another one, KL(p || q) in nats for each
    // row. p, q: the last layer's outputs, [n][hidden] as Pipeline::lastOutputs() gives them.
    // Errors: they differ in size, too little memory.
    virtual Result<std::vector<float>> divergence(const std::vector<float>& p,
                                                  const std::vector<float>& q) = 0;
};

// What libattendre-engine.so offers; found and loaded by loadEngine(). Everything that needs Torch
// is behind this interface, which itself names none of it.
class Engine {
  public:
    virtual ~Engine() = default;
    virtual QString build() const = 0; // "0.1.0, LibTorch 2.11.0, AVX512"
    virtual std::vector<PolicyDescription> policies() const = 0;
    // dtype: "f32", "bf16", "f16", and "f64" for tests. Errors: an unsupported family, a missing or
    // misshapen tensor, too little memory, no such device, the CUDA module missing.
    virtual Result<std::shared_ptr<Network>> load(std::shared_ptr<const ModelFiles> files,
                                                  const QString& device, const QString& dtype,
                                                  int threads, const Progress& progress,
                                                  const Cancel& cancel) = 0;
};

// Bytes of weights and memories for a configuration of T tokens, without loading anything.
struct MemoryNeed {
    qint64 weights = 0, keyValue = 0, working = 0;
    qint64 total() const { return weights + keyValue + working; }
};
MemoryNeed memoryNeed(const ModelDescription& description, const ResolvedConfiguration& resolved,
                      const QString& dtype, qint64 tokens);

// Bytes of memory that the machine still has; -1 where that is not known.
qint64 availableMemory();
QString bytesInWords(qint64 bytes); // "1.3 GB"
// Where an exception says that memory is short: how much more was wanted, without the allocator's
// own words; nothing for every other exception.
std::optional<QString> memoryShortage(const std::exception& failure);

// Loads libattendre-engine.so from beside the program, its library folder or ATTENDRE_ENGINE. One
// sentence when it is not there (the viewer build) or does not load.
Result<Engine*> loadEngine();

} // namespace attendre

// The one symbol that the engine library exports.
extern "C" Q_DECL_EXPORT attendre::Engine* attendre_engine();
