#include "model/trace/bytes.h"

#include <bit>
#include <memory>

#include <zstd.h>

namespace attendre {

static_assert(std::endian::native == std::endian::little,
              "the trace's numbers are little-endian; this machine needs swaps in bytes.h");

namespace {

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::unique_ptr<ZSTD_CCtx, FreeContext> makeContext() {
    std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    return context;
}

} // namespace

QByteArray compressed(const QByteArray& bytes) {
    // A context costs more to make than a small array to compress: one per thread.
    static thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context = makeContext();
    QByteArray out(qsizetype(ZSTD_compressBound(size_t(bytes.size()))), Qt::Uninitialized);
    const size_t size = ZSTD_compress2(context.get(), out.data(), size_t(out.size()),
                                       bytes.constData(), size_t(bytes.size()));
    if (ZSTD_isError(size))
        qFatal("zstd cannot compress %lld bytes: %s", static_cast<long long>(bytes.size()),
               ZSTD_getErrorName(size));
    out.resize(qsizetype(size));
    return out;
}

Result<QByteArray> decompressed(const QByteArray& bytes, qsizetype limit) {
    static thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
    const unsigned long long size =
        ZSTD_getFrameContentSize(bytes.constData(), size_t(bytes.size()));
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size > static_cast<unsigned long long>(limit))
        return Error{"A compressed block is damaged: it is no zstd frame; record the run again."};
    QByteArray out(qsizetype(size), Qt::Uninitialized);
    const size_t got = ZSTD_decompressDCtx(context.get(), out.data(), size_t(size),
                                           bytes.constData(), size_t(bytes.size()));
    if (ZSTD_isError(got) || got != size)
        return Error{
            "A compressed block is damaged: its content is not what was written; record the run "
            "again."};
    return out;
}

} // namespace attendre
