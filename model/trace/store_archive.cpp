// What a trace holds of runs with an archive.
#include "model/trace/layout.h"
#include "model/trace/store.h"

namespace attendre {

Result<bool> Store::hasArchive(int run) {
    const auto known = m_archived.find(run);
    if (known != m_archived.end())
        return known->second;
    auto archive = archiveOf(*m_database, run);
    if (!archive)
        return damaged(QString("the archive of run %1").arg(run));
    return m_archived[run] = archive->has_value();
}

Result<ArchivedAttention> Store::archivedAttention(int run) {
    auto archive = archiveOf(*m_database, run);
    if (!archive)
        return damaged(QString("the archive of run %1").arg(run));
    if (!archive->has_value())
        return Error{QString("Run %1 of %2 has no archive: record it with --archive all.")
                         .arg(run)
                         .arg(m_database->path()),
                     2};
    return std::move(**archive);
}

Result<ArchivedStep> Store::archived(int run, int step, int layer) {
    auto has = hasArchive(run);
    if (!has || !*has)
        return has ? ArchivedStep() : Result<ArchivedStep>(has.error());
    auto select = m_database->prepare("SELECT data FROM t_archive WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::layerKey(run, step, layer)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? ArchivedStep() : Result<ArchivedStep>(m_database->error(code));
    auto archived = archivedStepFromBytes(select->blob(0));
    return archived ? archived
                    : damaged(QString("the archive of layer %1 in step %2 of run %3")
                                  .arg(layer)
                                  .arg(step)
                                  .arg(run));
}

Result<void> Store::addMeasured(int run, int step, StepNumbers& numbers) {
    auto has = hasArchive(run);
    if (!has || !*has)
        return has ? Result<void>() : Result<void>(has.error());
    auto select = m_database->prepare("SELECT data FROM t_measured WHERE key = ?");
    if (!select)
        return select.error();
    const int code = select->bind(1, layout::stepKey(run, step)).step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? Result<void>() : Result<void>(m_database->error(code));
    auto measured = measuredFromBytes(select->blob(0), numbers.heads.size());
    if (!measured)
        return damaged(QString("what was measured in step %1 of run %2").arg(step).arg(run));
    for (size_t i = 0; i < measured->size(); ++i)
        numbers.heads[i].seen = (*measured)[i];
    return {};
}

} // namespace attendre
