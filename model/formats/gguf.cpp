#include "model/formats/gguf.h"

#include "model/formats/utf8.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_set>

static_assert(std::endian::native == std::endian::little, "model files are read in place");

namespace attendre {

namespace {

constexpr std::uint64_t largestAlignment = 1 << 20;
constexpr std::size_t largestTensorName = 63;
constexpr std::uint32_t largestRank = 4;

constexpr GgufBlock blocks[] = {
    {0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},
    {3, "Q4_1", 32, 20},      {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 40},      {10, "Q2_K", 256, 84},
    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66},
    {17, "IQ2_XS", 256, 74},  {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},  {22, "IQ2_S", 256, 82},
    {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},
    {29, "IQ1_M", 256, 56},   {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},
};

std::size_t widthOf(GgufType type) {
    switch (type) {
    case GgufType::U8:
    case GgufType::I8:
    case GgufType::Bool:
        return 1;
    case GgufType::U16:
    case GgufType::I16:
        return 2;
    case GgufType::U32:
    case GgufType::I32:
    case GgufType::F32:
        return 4;
    case GgufType::U64:
    case GgufType::I64:
    case GgufType::F64:
        return 8;
    case GgufType::String:
    case GgufType::Array:
        break;
    }
    return 0;
}

template <class T> T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// A u64 beyond the range comes out negative; parse() refuses those where they stand alone.
std::int64_t integerFrom(GgufType type, const std::byte* at) {
    switch (type) {
    case GgufType::U8:
    case GgufType::Bool:
        return load<std::uint8_t>(at);
    case GgufType::I8:
        return load<std::int8_t>(at);
    case GgufType::U16:
        return load<std::uint16_t>(at);
    case GgufType::I16:
        return load<std::int16_t>(at);
    case GgufType::U32:
        return load<std::uint32_t>(at);
    case GgufType::I32:
        return load<std::int32_t>(at);
    case GgufType::U64:
    case GgufType::I64:
        return load<std::int64_t>(at);
    default:
        return 0;
    }
}

double realFrom(GgufType type, const std::byte* at) {
    if (type == GgufType::F32)
        return static_cast<double>(load<float>(at));
    if (type == GgufType::F64)
        return load<double>(at);
    return static_cast<double>(integerFrom(type, at));
}

QString shown(std::string_view text) {
    return QString::fromUtf8(text.data(),
                             static_cast<qsizetype>(std::min<std::size_t>(80, text.size())));
}

// Reads fields one after the other; the first failure is kept and everything after it yields zeros.
class Parser {
  public:
    Parser(std::span<const std::byte> file, const QString& path) : m_file(file), m_path(path) {}

    Result<GgufContents> parse();

  private:
    std::uint64_t remaining() const { return m_file.size() - m_at; }
    bool failed() const { return m_error.has_value(); }
    bool fail(const QString& what);
    bool need(std::uint64_t bytes, const QString& what);
    template <class T> T number(const QString& what);
    std::string_view text(const QString& what);

    bool header();
    bool metadata();
    bool value(const QString& key, GgufValue& out);
    bool array(const QString& key, GgufValue& out);
    bool tensors();
    bool tensor(std::uint64_t& runningOffset, std::vector<std::uint64_t>& offsets);
    bool shape(const QString& name, std::vector<std::int64_t>& shape, std::int64_t& elements);
    bool tensorType(const QString& name, GgufTensor& out, std::int64_t elements,
                    std::int64_t& bytes);
    bool placeData(const std::vector<std::uint64_t>& offsets);
    bool readAlignment();

    std::span<const std::byte> m_file;
    const QString& m_path;
    std::size_t m_at = 0;
    std::uint64_t m_tensorCount = 0, m_keyCount = 0, m_alignment = 32;
    std::unordered_set<std::string_view> m_tensorNames;
    GgufContents m_contents;
    std::optional<Error> m_error;
};

bool Parser::fail(const QString& what) {
    if (!m_error)
        m_error = Error{QStringLiteral("%1 is not a valid GGUF file: %2; fetch it again or convert "
                                       "the model anew.")
                            .arg(m_path, what)};
    return false;
}

bool Parser::need(std::uint64_t bytes, const QString& what) {
    if (failed())
        return false;
    if (bytes <= remaining())
        return true;
    return fail(QStringLiteral("%1 at byte %2 needs %3 bytes, but the file ends after %4")
                    .arg(what)
                    .arg(m_at)
                    .arg(bytes)
                    .arg(remaining()));
}

template <class T> T Parser::number(const QString& what) {
    if (!need(sizeof(T), what))
        return T{};
    const T value = load<T>(m_file.data() + m_at);
    m_at += sizeof(T);
    return value;
}

std::string_view Parser::text(const QString& what) {
    const auto length = number<std::uint64_t>(what);
    if (!need(length, what))
        return {};
    const std::string_view view(reinterpret_cast<const char*>(m_file.data() + m_at), length);
    m_at += length;
    return view;
}

bool Parser::header() {
    if (!need(4, QStringLiteral("the magic number")))
        return false;
    if (std::memcmp(m_file.data(), "GGUF", 4) != 0)
        return fail(QStringLiteral("it does not begin with the letters GGUF"));
    m_at = 4;
    m_contents.version = number<std::uint32_t>(QStringLiteral("the version"));
    if (failed())
        return false;
    if ((m_contents.version & 0xFFFF) == 0)
        return fail(QStringLiteral("its version field 0x%1 is big-endian, and only little-endian "
                                   "files are read")
                        .arg(m_contents.version, 8, 16, QLatin1Char('0')));
    if (m_contents.version != 2 && m_contents.version != 3)
        return fail(QStringLiteral("its version is %1, and versions 2 and 3 are read")
                        .arg(m_contents.version));
    m_tensorCount = number<std::uint64_t>(QStringLiteral("the tensor count"));
    m_keyCount = number<std::uint64_t>(QStringLiteral("the metadata count"));
    if (failed())
        return false;
    // A key is at least 8 + 1 + 4 + 1 bytes, a tensor 8 + 1 + 4 + 4 + 8.
    if (m_keyCount > remaining() / 14)
        return fail(
            QStringLiteral("its metadata count %1 is more than the file can hold").arg(m_keyCount));
    if (m_tensorCount > remaining() / 25)
        return fail(QStringLiteral("its tensor count %1 is more than the file can hold")
                        .arg(m_tensorCount));
    return true;
}

bool Parser::metadata() {
    for (std::uint64_t i = 0; i < m_keyCount; ++i) {
        const auto key = text(QStringLiteral("metadata key %1").arg(i));
        if (failed())
            return false;
        if (key.empty())
            return fail(QStringLiteral("metadata key %1 is empty").arg(i));
        if (firstInvalidUtf8(key))
            return fail(QStringLiteral("metadata key %1 is not UTF-8").arg(i));
        GgufValue content;
        if (!value(shown(key), content))
            return false;
        if (!m_contents.metadata.emplace(key, std::move(content)).second)
            return fail(QStringLiteral("the metadata key %1 occurs twice").arg(shown(key)));
    }
    return true;
}

bool Parser::value(const QString& key, GgufValue& out) {
    const auto type = number<std::uint32_t>(QStringLiteral("the type of %1").arg(key));
    if (failed())
        return false;
    if (type > static_cast<std::uint32_t>(GgufType::F64))
        return fail(QStringLiteral("%1 has the unknown metadata type %2").arg(key).arg(type));
    out.type = static_cast<GgufType>(type);
    if (out.type == GgufType::Array)
        return array(key, out);
    if (out.type == GgufType::String) {
        out.string = text(QStringLiteral("the string %1").arg(key));
        return !failed();
    }
    const std::size_t width = widthOf(out.type);
    if (!need(width, QStringLiteral("the value of %1").arg(key)))
        return false;
    const std::byte* at = m_file.data() + m_at;
    m_at += width;
    out.integer = integerFrom(out.type, at);
    out.real = realFrom(out.type, at);
    if (out.type == GgufType::Bool && out.integer > 1)
        return fail(
            QStringLiteral("%1 is the boolean %2, neither 0 nor 1").arg(key).arg(out.integer));
    if (out.type == GgufType::U64 && out.integer < 0)
        return fail(QStringLiteral("%1 is %2, beyond any sensible size")
                        .arg(key)
                        .arg(static_cast<std::uint64_t>(out.integer)));
    return true;
}

bool Parser::array(const QString& key, GgufValue& out) {
    const auto type = number<std::uint32_t>(QStringLiteral("the element type of %1").arg(key));
    out.count = number<std::uint64_t>(QStringLiteral("the length of %1").arg(key));
    if (failed())
        return false;
    if (type > static_cast<std::uint32_t>(GgufType::F64))
        return fail(QStringLiteral("%1 has the unknown element type %2").arg(key).arg(type));
    out.elementType = static_cast<GgufType>(type);
    if (out.elementType == GgufType::Array)
        return fail(QStringLiteral("%1 is an array of arrays").arg(key));
    const std::uint64_t width = out.elementType == GgufType::String ? 8 : widthOf(out.elementType);
    if (out.count > remaining() / width)
        return fail(QStringLiteral("%1 claims %2 elements, more than the file holds")
                        .arg(key)
                        .arg(out.count));
    if (out.elementType != GgufType::String) {
        out.elements = m_file.subspan(m_at, out.count * width);
        m_at += out.elements.size();
        return true;
    }
    out.strings.reserve(out.count);
    const QString what = QStringLiteral("a string of %1").arg(key);
    for (std::uint64_t i = 0; i < out.count && !failed(); ++i)
        out.strings.push_back(text(what));
    return !failed();
}

bool Parser::readAlignment() {
    const GgufValue* alignment = m_contents.find("general.alignment");
    if (!alignment)
        return true;
    if (!alignment->isInteger())
        return fail(QStringLiteral("general.alignment is not an integer"));
    if (alignment->integer < 1 ||
        alignment->integer > static_cast<std::int64_t>(largestAlignment) ||
        !std::has_single_bit(static_cast<std::uint64_t>(alignment->integer)))
        return fail(QStringLiteral("general.alignment is %1, not a power of two up to %2")
                        .arg(alignment->integer)
                        .arg(largestAlignment));
    m_alignment = static_cast<std::uint64_t>(alignment->integer);
    return true;
}

bool Parser::tensors() {
    std::uint64_t runningOffset = 0;
    std::vector<std::uint64_t> offsets;
    offsets.reserve(m_tensorCount);
    m_contents.tensors.reserve(m_tensorCount);
    for (std::uint64_t i = 0; i < m_tensorCount; ++i)
        if (!tensor(runningOffset, offsets))
            return false;
    return placeData(offsets);
}

bool Parser::tensor(std::uint64_t& runningOffset, std::vector<std::uint64_t>& offsets) {
    GgufTensor out;
    const QString index = QStringLiteral("tensor %1").arg(offsets.size());
    out.name = text(QStringLiteral("the name of %1").arg(index));
    if (failed())
        return false;
    if (out.name.empty() || out.name.size() > largestTensorName || firstInvalidUtf8(out.name))
        return fail(QStringLiteral("the name of %1 is not 1 to %2 bytes of UTF-8")
                        .arg(index)
                        .arg(largestTensorName));
    const QString name = shown(out.name);
    if (!m_tensorNames.insert(out.name).second)
        return fail(QStringLiteral("the tensor name %1 occurs twice").arg(name));
    std::int64_t elements = 1, bytes = 0;
    if (!shape(name, out.shape, elements) || !tensorType(name, out, elements, bytes))
        return false;
    const auto offset = number<std::uint64_t>(QStringLiteral("the offset of %1").arg(name));
    if (failed())
        return false;
    if (offset != runningOffset)
        return fail(
            QStringLiteral("%1 claims to lie at offset %2, but the tensors before it end at %3")
                .arg(name)
                .arg(offset)
                .arg(runningOffset));
    // bytes < 2^63 and the running offset below twice the file's size: no overflow in 64 bits.
    const std::uint64_t end = runningOffset + static_cast<std::uint64_t>(bytes);
    if (end > m_file.size())
        return fail(QStringLiteral("the data of %1 ends at offset %2, behind the end of the file "
                                   "(%3 bytes)")
                        .arg(name)
                        .arg(end)
                        .arg(m_file.size()));
    runningOffset = (end + m_alignment - 1) / m_alignment * m_alignment;
    offsets.push_back(offset);
    out.data =
        m_file.first(static_cast<std::size_t>(bytes)); // placed when the data's start is known
    m_contents.tensors.push_back(std::move(out));
    return true;
}

// The file has the fastest dimension first.
bool Parser::shape(const QString& name, std::vector<std::int64_t>& shape, std::int64_t& elements) {
    const auto rank = number<std::uint32_t>(QStringLiteral("the rank of %1").arg(name));
    if (failed())
        return false;
    if (rank > largestRank)
        return fail(QStringLiteral("%1 has %2 dimensions, more than %3")
                        .arg(name)
                        .arg(rank)
                        .arg(largestRank));
    shape.resize(rank);
    for (std::uint32_t i = 0; i < rank; ++i) {
        const auto size = number<std::uint64_t>(QStringLiteral("the shape of %1").arg(name));
        if (failed())
            return false;
        const auto signedSize = static_cast<std::int64_t>(size);
        if (signedSize <= 0 || __builtin_mul_overflow(elements, signedSize, &elements))
            return fail(QStringLiteral("dimension %1 of %2 is %3").arg(i).arg(name).arg(size));
        shape[rank - 1 - i] = signedSize;
    }
    return true;
}

bool Parser::tensorType(const QString& name, GgufTensor& out, std::int64_t elements,
                        std::int64_t& bytes) {
    const auto type = number<std::uint32_t>(QStringLiteral("the type of %1").arg(name));
    if (failed())
        return false;
    out.block = ggufBlock(type);
    if (!out.block)
        return fail(QStringLiteral("%1 has the unknown tensor type %2").arg(name).arg(type));
    const std::int64_t row = out.shape.empty() ? 1 : out.shape.back();
    if (row % out.block->elements != 0)
        return fail(
            QStringLiteral("the rows of %1 hold %2 values, not a multiple of %3's blocks of %4")
                .arg(name)
                .arg(row)
                .arg(QLatin1String(out.block->name))
                .arg(out.block->elements));
    if (__builtin_mul_overflow(elements / out.block->elements, out.block->bytes, &bytes))
        return fail(QStringLiteral("the size of %1 exceeds every file").arg(name));
    return true;
}

bool Parser::placeData(const std::vector<std::uint64_t>& offsets) {
    const std::uint64_t start = (m_at + m_alignment - 1) / m_alignment * m_alignment;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        GgufTensor& tensor = m_contents.tensors[i];
        const std::uint64_t begin = start + offsets[i], size = tensor.data.size();
        if (begin > m_file.size() || size > m_file.size() - begin)
            return fail(QStringLiteral("the data of %1 ends at byte %2, but the file at %3 (it is "
                                       "truncated)")
                            .arg(shown(tensor.name))
                            .arg(begin + size)
                            .arg(m_file.size()));
        tensor.data = m_file.subspan(begin, size);
    }
    return true;
}

Result<GgufContents> Parser::parse() {
    if (header() && metadata() && readAlignment() && tensors())
        return std::move(m_contents);
    return *m_error;
}

} // namespace

bool GgufValue::isInteger() const {
    return type != GgufType::F32 && type != GgufType::F64 && type != GgufType::Bool &&
           type != GgufType::String && type != GgufType::Array;
}

std::int64_t GgufValue::integerAt(std::uint64_t i) const {
    return integerFrom(elementType, elements.data() + i * widthOf(elementType));
}

double GgufValue::numberAt(std::uint64_t i) const {
    return realFrom(elementType, elements.data() + i * widthOf(elementType));
}

const GgufBlock* ggufBlock(std::uint32_t number) {
    for (const GgufBlock& block : blocks)
        if (block.number == number)
            return &block;
    return nullptr;
}

const GgufValue* GgufContents::find(std::string_view key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
}

Result<GgufContents> parseGguf(std::span<const std::byte> file, const QString& path) {
    return Parser(file, path).parse();
}

} // namespace attendre
