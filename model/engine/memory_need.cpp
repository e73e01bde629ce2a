#include "model/engine/engine.h"

#include <QFile>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>
#include <new>
#include <numeric>

namespace attendre {

MemoryNeed memoryNeed(const ModelDescription& d, const ResolvedConfiguration& resolved,
                      const QString& dtype, qint64 tokens) {
    const NetworkShape& s = d.shape;
    const qint64 element = dtype == QStringLiteral("f64")   ? 8
                           : dtype == QStringLiteral("f32") ? 4
                                                            : 2;
    const qint64 chunk = std::min<qint64>(resolved.asked.chunk, std::max<qint64>(tokens, 1));
    MemoryNeed need;
    need.weights = d.parameters * element;
    // A tied head in float32 has a copy of the embedding in the layout of the multiplication.
    if (d.tiedHead && element == 4)
        need.weights += qint64(s.vocabulary) * s.hidden * element;
    for (const int waiting : resolved.queryMemory)
        need.keyValue += (qint64(waiting) + chunk) *
                         (qint64(s.queryHeads) * s.headDimension + s.hidden) * element;
    need.keyValue += qint64(resolved.outputMemory) * (s.hidden * element + 48);
    qint64 largest = 0;
    for (const int capacity : resolved.memory) {
        need.keyValue += 2 * qint64(s.heads) * capacity * s.headDimension * element;
        // Columns: position, ticks, hits, sums, last mass and the rank.
        need.keyValue += qint64(s.heads) * capacity * 48;
        largest = std::max<qint64>(largest, capacity);
    }
    const qint64 activations = s.hidden * 4 + 2 * qint64(s.feedForward) +
                               qint64(s.queryHeads + 2 * s.heads) * s.headDimension;
    need.working = chunk * (activations + s.vocabulary) * element;
    need.working += chunk * s.heads * largest * 4; // the causal mask
    // Rotation, for the positions between those read and those answered last.
    const qint64 behind =
        std::accumulate(resolved.queryMemory.begin(), resolved.queryMemory.end(), qint64(0));
    need.working += (std::max(behind, largest) + chunk + 2048) * s.headDimension * 4;
    return need;
}

qint64 availableMemory() {
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith("MemAvailable:"))
            return line.mid(13).trimmed().split(' ').value(0).toLongLong() * 1024;
    return -1;
}

QString bytesInWords(qint64 bytes) {
    return QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
}

std::optional<QString> memoryShortage(const std::exception& failure) {
    const QString what = QString::fromUtf8(failure.what());
    static const QRegularExpression asked(QStringLiteral("allocate ([0-9.]+) ?(bytes|[KMG]iB)"));
    const auto match = asked.match(what);
    const bool plain = dynamic_cast<const std::bad_alloc*>(&failure) ||
                       what.contains(QLatin1String("not enough memory")) ||
                       what.contains(QLatin1String("out of memory")) ||
                       what.contains(QLatin1String("overflow"));
    if (!plain && !match.hasMatch())
        return std::nullopt;
    const QString unit = match.captured(2);
    const double size = unit == QLatin1String("KiB")   ? 1024.0
                        : unit == QLatin1String("MiB") ? 1048576.0
                        : unit == QLatin1String("GiB") ? 1073741824.0
                                                       : 1.0;
    const QString needed = match.hasMatch()
                               ? QStringLiteral("%1 more cannot be had")
                                     .arg(bytesInWords(qint64(match.captured(1).toDouble() * size)))
                               : QStringLiteral("there is too little memory");
    const qint64 available = availableMemory();
    return available < 0 ? needed
                         : QStringLiteral("%1, %2 are free on this machine")
                               .arg(needed, bytesInWords(available));
}

} // namespace attendre
