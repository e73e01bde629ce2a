#pragma once

#include "model/engine/engine.h"
#include "model/engine/protocol.h"
#include "model/formats/model_files.h"
#include "model/formats/tokenizer.h"
#include "model/trace/cancel.h"

#include <QDateTime>

#include <functional>
#include <memory>

namespace attendre {

// What goes on, in words, with how far it is; called from the thread that works.
using Stage = std::function<void(const QString& what, qint64 done, qint64 total)>;
Progress progressOf(const Stage& stage, const QString& what);

// A model that was opened: files and tokenizer at once, its hash and its network when they are
// first asked for, then kept. Belongs to one thread.
class OpenModel {
  public:
    // Errors: what ModelFiles and Tokenizer refuse.
    static Result<std::unique_ptr<OpenModel>> open(const QString& path);

    QString path() const { return m_path; }
    const ModelDescription& description() const { return m_files->description(); }
    const Tokenizer& tokenizer() const { return *m_tokenizer; }
    // For whoever may outlive this model.
    std::shared_ptr<const Tokenizer> sharedTokenizer() const { return m_tokenizer; }
    ModelSummary summary() const;
    // Whether this is what path holds now (the files may have been replaced since).
    bool isStill(const QString& path) const;

    Result<QString> hash(const Stage& stage, const Cancel& cancel);
    // The network on the device, in the number type and with the threads that the configuration
    // names. Errors: the engine library is missing, or what its load() refuses.
    Result<std::shared_ptr<Network>> network(const Configuration& configuration, const Stage& stage,
                                             const Cancel& cancel);

  private:
    OpenModel() = default;

    QString m_path;
    QDateTime m_changed;
    std::shared_ptr<const ModelFiles> m_files;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    QString m_hash;
    std::shared_ptr<Network> m_network;
    QString m_networkKey; // device, number type and threads that m_network was loaded for
};

// resolve() with the model's shape and the engine's policy.
Result<ResolvedConfiguration> resolveFor(const ModelDescription& model,
                                         const Configuration& configuration, qint64 tokens);

// Calls work and turns what libraries throw (std::bad_alloc, c10::Error) into one sentence that
// begins with what was being done.
Result<void> guarded(const QString& doing, const std::function<Result<void>()>& work);

} // namespace attendre
