#include "model/trace/archive.h"

#include "model/trace/bytes.h"

#include <QFileInfo>
#include <QLocale>
#include <QStorageInfo>

#include <algorithm>

namespace attendre {

namespace {

Error damaged() {
    return {"A block of the archive is damaged; record the run again."};
}

// Bytes of one position in one layer: keys, and with `all` values and queries too.
qint64 bytesPerPosition(const QString& archive, const NetworkShape& shape) {
    if (archive.isEmpty())
        return 0;
    const qint64 heads = archive == "all" ? 2 * shape.heads + shape.queryHeads : shape.heads;
    return heads * shape.headDimension * qint64(sizeof(float));
}

// What lies in files of its own while the run goes: keys, and values with `all`, of the layers that
// may evict.
qint64 scratchBytes(const ResolvedConfiguration& r, const NetworkShape& shape, qint64 tokens) {
    const qint64 perPosition = (r.asked.archive == "all" ? 2 : 1) * qint64(shape.heads) *
                               shape.headDimension * qint64(sizeof(float));
    const auto evicting = std::count_if(r.memory.begin(), r.memory.end(),
                                        [tokens](int memory) { return memory < tokens; });
    return evicting * perPosition * tokens;
}

QString inWords(qint64 bytes) {
    return QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
}

} // namespace

qint64 archiveBytes(const ResolvedConfiguration& configuration, const NetworkShape& shape,
                    qint64 tokens) {
    return bytesPerPosition(configuration.asked.archive, shape) * shape.layers * tokens;
}

Result<void> checkArchiveRoom(const QString& trace, const ResolvedConfiguration& configuration,
                              const NetworkShape& shape, qint64 tokens) {
    const qint64 kept = archiveBytes(configuration, shape, tokens);
    if (kept == 0)
        return {};
    const qint64 needed = kept + scratchBytes(configuration, shape, tokens);
    const double limit = configuration.asked.archiveLimit;
    if (limit > 0 && double(needed) > limit * 1e9)
        return Error{
            QString("The archive (--archive %1) may need %2 on the disk, more than the "
                    "%3 of --archive-limit: raise that, read fewer tokens with "
                    "--tokens, keep keys alone, or leave the archive out.")
                .arg(configuration.asked.archive, inWords(needed), inWords(qint64(limit * 1e9))),
            2};
    const QString folder = QFileInfo(trace).absolutePath();
    const QStorageInfo disk(folder);
    if (!disk.isValid() || disk.bytesAvailable() >= needed)
        return {};
    return Error{QString("The archive (--archive %1) needs %2 in %3 while the run is recorded, "
                         "but only %4 are free there: make room, choose another folder, read "
                         "fewer tokens with --tokens, or leave the archive out.")
                     .arg(configuration.asked.archive, inWords(needed), folder,
                          inWords(disk.bytesAvailable()))};
}

QByteArray toBytes(const ArchivedStep& step) {
    ByteWriter out;
    for (const auto* part : {&step.key, &step.value, &step.query, &step.logSumExp})
        out.put(std::uint32_t(part->size()));
    for (const auto* part : {&step.key, &step.value, &step.query, &step.logSumExp})
        out.putPlanes(*part);
    return compressed(out.bytes());
}

Result<ArchivedStep> archivedStepFromBytes(const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    ByteReader in(*content);
    std::uint32_t sizes[4];
    for (std::uint32_t& size : sizes)
        size = in.get<std::uint32_t>();
    ArchivedStep step;
    int next = 0;
    for (auto* part : {&step.key, &step.value, &step.query, &step.logSumExp})
        if (!in.getPlanes(*part, sizes[next++]))
            return damaged();
    return in.complete() ? Result<ArchivedStep>(std::move(step)) : damaged();
}

QByteArray toBytes(const ArchivedAttention& attention) {
    ByteWriter out;
    out.put(attention.scale);
    out.put(std::int32_t(attention.reach));
    out.put(std::uint32_t(attention.frequencies.size()));
    out.put(std::uint32_t(attention.bias.size()));
    out.putPlanes(attention.frequencies);
    out.putPlanes(attention.bias);
    return compressed(out.bytes());
}

Result<ArchivedAttention> archivedAttentionFromBytes(const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    ByteReader in(*content);
    ArchivedAttention attention;
    attention.scale = in.get<double>();
    attention.reach = in.get<std::int32_t>();
    const auto frequencies = in.get<std::uint32_t>(), bias = in.get<std::uint32_t>();
    if (!in.getPlanes(attention.frequencies, frequencies) || !in.getPlanes(attention.bias, bias) ||
        attention.reach < 0)
        return damaged();
    return in.complete() ? Result<ArchivedAttention>(std::move(attention)) : damaged();
}

} // namespace attendre
