#pragma once

#include "model/trace/result.h"

#include <QByteArray>

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace attendre {

// Numbers to bytes, little-endian whatever the machine.
class ByteWriter {
  public:
    template <class T> void put(T value) {
        static_assert(std::is_trivially_copyable_v<T>);
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void putBytes(const QByteArray& bytes) { // with its length before it
        put(std::uint32_t(bytes.size()));
        m_bytes.append(bytes);
    }
    void putRaw(const char* bytes, qsizetype count) { m_bytes.append(bytes, count); }
    // Values as planes of bytes: all lowest bytes, then all second ones. What changes slowly then
    // lies together and compresses.
    template <class T> void putPlanes(const T* values, size_t count) {
        const qsizetype from = m_bytes.size();
        m_bytes.resize(from + qsizetype(count * sizeof(T)));
        char* out = m_bytes.data() + from;
        const char* in = reinterpret_cast<const char*>(values);
        for (size_t plane = 0; plane < sizeof(T); ++plane)
            for (size_t i = 0; i < count; ++i)
                out[plane * count + i] = in[i * sizeof(T) + plane];
    }
    template <class T> void putPlanes(const std::vector<T>& values) {
        putPlanes(values.data(), values.size());
    }
    void reserve(qsizetype bytes) { m_bytes.reserve(bytes); }
    QByteArray& bytes() { return m_bytes; }

  private:
    QByteArray m_bytes;
};

// The way back. Reading past the end gives zeros and makes failed() true: check it once at the end,
// and counts before anything is allocated for them.
class ByteReader {
  public:
    explicit ByteReader(const QByteArray& bytes) : m_bytes(bytes) {}
    template <class T> T get() {
        T value{};
        if (take(sizeof value))
            std::memcpy(&value, m_bytes.constData() + m_at - sizeof value, sizeof value);
        return value;
    }
    QByteArray getBytes() {
        const auto count = get<std::uint32_t>();
        return take(count) ? m_bytes.mid(m_at - count, count) : QByteArray();
    }
    const char* getRaw(qsizetype count) {
        return take(count) ? m_bytes.constData() + m_at - count : nullptr;
    }
    template <class T> bool getPlanes(std::vector<T>& values, size_t count) {
        if (count > size_t(left()) / sizeof(T) || !take(qsizetype(count * sizeof(T)))) {
            m_failed = true;
            return false;
        }
        values.resize(count);
        const char* in = m_bytes.constData() + m_at - qsizetype(count * sizeof(T));
        char* out = reinterpret_cast<char*>(values.data());
        for (size_t plane = 0; plane < sizeof(T); ++plane)
            for (size_t i = 0; i < count; ++i)
                out[i * sizeof(T) + plane] = in[plane * count + i];
        return true;
    }
    qsizetype left() const { return m_bytes.size() - m_at; }
    bool failed() const { return m_failed; }
    bool complete() const { return !m_failed && left() == 0; }

  private:
    bool take(qsizetype count) {
        if (m_failed || count < 0 || count > left()) {
            m_failed = true;
            return false;
        }
        m_at += count;
        return true;
    }

    const QByteArray m_bytes;
    qsizetype m_at = 0;
    bool m_failed = false;
};

// One zstd frame (level 1), with the length of the content in its header and its checksum behind
// it: whatever byte is changed later, decompressed() notices.
QByteArray compressed(const QByteArray& bytes);
// Errors: damaged bytes, or a content larger than limit.
Result<QByteArray> decompressed(const QByteArray& bytes, qsizetype limit = qsizetype(1) << 30);

} // namespace attendre
