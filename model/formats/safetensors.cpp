#include "model/formats/safetensors.h"

#include "model/formats/json_file.h"
#include "model/formats/utf8.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>
#include <cstring>

namespace attendre {

namespace {

constexpr std::uint64_t largestHeader = 100'000'000;

// The types of the format with their bits; readable ones have a TensorType.
struct StoredType {
    const char* name;
    qint64 bits;
    std::optional<TensorType> type;
};
constexpr StoredType storedTypes[] = {
    {"F64", 64, TensorType::F64},   {"F32", 32, TensorType::F32}, {"F16", 16, TensorType::F16},
    {"BF16", 16, TensorType::BF16}, {"BOOL", 8, std::nullopt},    {"U8", 8, std::nullopt},
    {"I8", 8, std::nullopt},        {"U16", 16, std::nullopt},    {"I16", 16, std::nullopt},
    {"U32", 32, std::nullopt},      {"I32", 32, std::nullopt},    {"U64", 64, std::nullopt},
    {"I64", 64, std::nullopt},      {"F8_E4M3", 8, std::nullopt}, {"F8_E5M2", 8, std::nullopt},
    {"F8_E8M0", 8, std::nullopt},   {"F4", 4, std::nullopt},      {"F6_E2M3", 6, std::nullopt},
    {"F6_E3M2", 6, std::nullopt},   {"C64", 64, std::nullopt},
};

const StoredType* storedType(const QString& name) {
    for (const StoredType& type : storedTypes)
        if (name == QLatin1String(type.name))
            return &type;
    return nullptr;
}

class SafetensorsReader {
  public:
    SafetensorsReader(std::span<const std::byte> file, const QString& path)
        : m_file(file), m_path(path) {}
    Result<std::vector<Tensor>> read();

  private:
    struct Entry {
        QString name;
        const StoredType* type = nullptr;
        std::vector<qint64> shape;
        qint64 begin = 0, end = 0;
    };
    Error refusal(const QString& what) const {
        return Error{QStringLiteral("%1 is not a valid safetensors file: %2; fetch it again.")
                         .arg(m_path, what)};
    }
    Result<QJsonObject> header();
    Result<void> metadata(const QJsonValue& value) const;
    Result<Entry> entry(const QString& name, const QJsonValue& value) const;
    Result<void> layout(const std::vector<Entry>& entries) const;
    Result<void> size(const Entry& entry) const;

    std::span<const std::byte> m_file;
    const QString& m_path;
    std::uint64_t m_dataStart = 0;
};

Result<QJsonObject> SafetensorsReader::header() {
    if (m_file.size() < 8)
        return refusal(
            QStringLiteral("it has %1 bytes, less than the length of a header").arg(m_file.size()));
    std::uint64_t length = 0;
    std::memcpy(&length, m_file.data(), 8);
    if (length > largestHeader)
        return refusal(QStringLiteral("its header claims %1 bytes, more than %2")
                           .arg(length)
                           .arg(largestHeader));
    if (length > m_file.size() - 8)
        return refusal(QStringLiteral("its header claims %1 bytes, but the file has %2")
                           .arg(length)
                           .arg(m_file.size()));
    m_dataStart = 8 + length;
    const std::string_view text(reinterpret_cast<const char*>(m_file.data() + 8), length);
    if (const auto bad = firstInvalidUtf8(text))
        return refusal(QStringLiteral("its header is not UTF-8 at byte %1").arg(*bad));
    return parseJsonObject(
        QByteArray::fromRawData(text.data(), static_cast<qsizetype>(text.size())),
        QStringLiteral("The header of %1").arg(m_path));
}

Result<void> SafetensorsReader::metadata(const QJsonValue& value) const {
    if (!value.isObject())
        return refusal(QStringLiteral("__metadata__ is no object"));
    const QJsonObject object = value.toObject();
    for (auto it = object.begin(); it != object.end(); ++it)
        if (!it.value().isString())
            return refusal(
                QStringLiteral("__metadata__ \"%1\" is no string").arg(it.key().left(80)));
    return {};
}

// A non-negative integer, or -1.
qint64 naturalNumber(const QJsonValue& value) {
    return value.isDouble() ? std::max<qint64>(-1, value.toInteger(-1)) : -1;
}

Result<SafetensorsReader::Entry> SafetensorsReader::entry(const QString& name,
                                                          const QJsonValue& value) const {
    const QString shown = name.left(80);
    if (!value.isObject())
        return refusal(QStringLiteral("\"%1\" is no object").arg(shown));
    const QJsonObject object = value.toObject();
    Entry entry;
    entry.name = name;
    const QString type = object[QLatin1String("dtype")].toString();
    entry.type = storedType(type);
    if (!entry.type)
        return refusal(
            QStringLiteral("\"%1\" has the unknown type \"%2\"").arg(shown, type.left(80)));
    if (!object[QLatin1String("shape")].isArray())
        return refusal(QStringLiteral("\"%1\" has no shape").arg(shown));
    for (const QJsonValue& size : object[QLatin1String("shape")].toArray()) {
        entry.shape.push_back(naturalNumber(size));
        if (entry.shape.back() < 0)
            return refusal(QStringLiteral("the shape of \"%1\" has the size %2, no integer from 0")
                               .arg(shown, size.toVariant().toString().left(80)));
    }
    const QJsonArray offsets = object[QLatin1String("data_offsets")].toArray();
    if (offsets.size() != 2)
        return refusal(
            QStringLiteral("\"%1\" has %2 offsets, not two").arg(shown).arg(offsets.size()));
    entry.begin = naturalNumber(offsets[0]);
    entry.end = naturalNumber(offsets[1]);
    if (entry.begin < 0 || entry.end < 0)
        return refusal(QStringLiteral("an offset of \"%1\" is no integer from 0").arg(shown));
    return entry;
}

Result<void> SafetensorsReader::size(const Entry& entry) const {
    qint64 bits = entry.type->bits;
    for (const qint64 size : entry.shape)
        if (__builtin_mul_overflow(bits, size, &bits))
            return refusal(QStringLiteral("the size of \"%1\" overflows").arg(entry.name.left(80)));
    if (bits % 8 != 0)
        return refusal(
            QStringLiteral("\"%1\" is no whole number of bytes").arg(entry.name.left(80)));
    if (entry.end - entry.begin != bits / 8)
        return refusal(QStringLiteral("\"%1\" needs %2 bytes, but its offsets are %3 and %4")
                           .arg(entry.name.left(80))
                           .arg(bits / 8)
                           .arg(entry.begin)
                           .arg(entry.end));
    return {};
}

// entries in ascending order of their offsets.
Result<void> SafetensorsReader::layout(const std::vector<Entry>& entries) const {
    qint64 until = 0;
    for (const Entry& entry : entries) {
        if (entry.begin != until || entry.end < entry.begin)
            return refusal(
                QStringLiteral("\"%1\" begins at %2 and ends at %3, but the data before it "
                               "ends at %4")
                    .arg(entry.name.left(80))
                    .arg(entry.begin)
                    .arg(entry.end)
                    .arg(until));
        until = entry.end;
    }
    for (const Entry& entry : entries)
        if (auto fits = size(entry); !fits)
            return fits;
    if (static_cast<std::uint64_t>(until) != m_file.size() - m_dataStart)
        return refusal(QStringLiteral("its tensors end at byte %1, but the file at %2")
                           .arg(m_dataStart + static_cast<std::uint64_t>(until))
                           .arg(m_file.size()));
    return {};
}

Result<std::vector<Tensor>> SafetensorsReader::read() {
    auto object = header();
    if (!object)
        return object.error();
    std::vector<Entry> entries;
    entries.reserve(static_cast<std::size_t>(object->size()));
    for (auto it = object->constBegin(); it != object->constEnd(); ++it) {
        if (it.key() == QLatin1String("__metadata__")) {
            if (auto valid = metadata(it.value()); !valid)
                return valid.error();
            continue;
        }
        auto read = entry(it.key(), it.value());
        if (!read)
            return read.error();
        entries.push_back(read.take());
    }
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    if (auto placed = layout(entries); !placed)
        return placed.error();
    std::vector<Tensor> tensors;
    tensors.reserve(entries.size());
    for (Entry& entry : entries) {
        if (!entry.type->type)
            return Error{QStringLiteral("%1 stores the tensor %2 as %3; F64, F32, F16 and BF16 are "
                                        "read, so convert the model to one of them.")
                             .arg(m_path, entry.name.left(80), QLatin1String(entry.type->name))};
        Tensor tensor;
        tensor.name = tensor.storedName = entry.name;
        tensor.type = *entry.type->type;
        tensor.shape = std::move(entry.shape);
        tensor.data = m_file.data() + m_dataStart + entry.begin;
        tensor.bytes = entry.end - entry.begin;
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

} // namespace

Result<std::vector<Tensor>> parseSafetensors(std::span<const std::byte> file, const QString& path) {
    return SafetensorsReader(file, path).read();
}

} // namespace attendre
