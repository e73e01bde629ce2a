#include "model/formats/sentencepiece_model.h"

#include "model/formats/utf8.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>

namespace attendre {

namespace {

// The fields of sentencepiece_model.proto that are read and written.
enum ModelField { Pieces = 1, Trainer = 2, Normalizer = 3, Denormalizer = 5 };
enum PieceField { Text = 1, Score = 2, Type = 3 };
enum TrainerField { ModelType = 3, SpaceAsSuffix = 24, ByteFallback = 35 };
enum NormalizerField { Charsmap = 2, AddPrefix = 3, RemoveExtraSpaces = 4, EscapeSpaces = 5 };

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

// One message in protocol buffers' encoding, field by field; it ends at the first damage.
class WireReader {
  public:
    explicit WireReader(std::string_view message) : m_rest(message) {}

    // Moves to the next field; false at the end and where the message is damaged.
    bool next();
    bool damaged() const { return m_damaged; }

    std::uint64_t field() const { return m_field; }
    std::uint64_t number() const { return m_number; }
    std::string_view bytes() const { return m_bytes; }
    float real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(m_number)); }
    bool is(std::uint64_t field, WireType type) const { return m_field == field && m_type == type; }

  private:
    bool fail() {
        m_damaged = true;
        return false;
    }
    bool varint(std::uint64_t& value);
    bool fixed(std::size_t width);

    std::string_view m_rest, m_bytes;
    std::uint64_t m_field = 0, m_number = 0, m_type = 0;
    bool m_damaged = false;
};

bool WireReader::varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64 && !m_rest.empty(); shift += 7) {
        const auto byte = static_cast<std::uint8_t>(m_rest.front());
        m_rest.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return fail();
}

bool WireReader::fixed(std::size_t width) {
    if (m_rest.size() < width)
        return fail();
    m_number = 0;
    std::memcpy(&m_number, m_rest.data(), width);
    m_rest.remove_prefix(width);
    return true;
}

bool WireReader::next() {
    std::uint64_t key = 0, length = 0;
    if (m_rest.empty() || m_damaged || !varint(key))
        return false;
    m_field = key >> 3;
    m_type = key & 7;
    switch (m_type) {
    case Varint:
        return varint(m_number);
    case Fixed64:
        return fixed(8);
    case Fixed32:
        return fixed(4);
    case Bytes:
        if (!varint(length) || length > m_rest.size())
            return fail();
        m_bytes = m_rest.substr(0, length);
        m_rest.remove_prefix(length);
        return true;
    default:
        return fail();
    }
}

class ModelReader {
  public:
    std::optional<QString> read(std::string_view file); // what is wrong with it
    SentencePieceModel model;

  private:
    void piece(std::string_view message);
    void trainer(std::string_view message);
    void normalizer(std::string_view message, bool undoing);
    void finish(const WireReader& reader) {
        if (reader.damaged() && !m_problem)
            m_problem = QStringLiteral("it is no file of sentencepiece, or is damaged");
    }
    std::optional<QString> m_problem;
};

void ModelReader::piece(std::string_view message) {
    SentencePiece piece;
    WireReader reader(message);
    while (reader.next()) {
        if (reader.is(Text, Bytes))
            piece.text = reader.bytes();
        else if (reader.is(Score, Fixed32))
            piece.score = reader.real();
        else if (reader.is(Type, Varint) && reader.number() >= 1 && reader.number() <= 6)
            piece.type = static_cast<PieceType>(reader.number());
        else if (reader.is(Type, Varint))
            m_problem = QStringLiteral("piece %1 is of the unknown type %2")
                            .arg(model.pieces.size())
                            .arg(reader.number());
    }
    finish(reader);
    model.pieces.push_back(std::move(piece));
}

void ModelReader::trainer(std::string_view message) {
    WireReader reader(message);
    while (reader.next()) {
        if (reader.is(ByteFallback, Varint))
            model.byteFallback = reader.number() != 0;
        else if (reader.is(SpaceAsSuffix, Varint))
            model.spaceAsSuffix = reader.number() != 0;
        else if (reader.is(ModelType, Varint) && reader.number() >= 1 && reader.number() <= 4)
            model.algorithm = static_cast<SentencePieceModel::Algorithm>(reader.number());
        else if (reader.is(ModelType, Varint))
            m_problem =
                QStringLiteral("its algorithm has the unknown number %1").arg(reader.number());
    }
    finish(reader);
}

void ModelReader::normalizer(std::string_view message, bool undoing) {
    WireReader reader(message);
    while (reader.next()) {
        if (reader.is(Charsmap, Bytes))
            (undoing ? model.undoingCharsmap : model.charsmap) = reader.bytes();
        else if (undoing)
            continue;
        else if (reader.is(AddPrefix, Varint))
            model.addsPrefix = reader.number() != 0;
        else if (reader.is(RemoveExtraSpaces, Varint))
            model.removesExtraSpaces = reader.number() != 0;
        else if (reader.is(EscapeSpaces, Varint))
            model.escapesSpaces = reader.number() != 0;
    }
    finish(reader);
}

std::optional<QString> ModelReader::read(std::string_view file) {
    WireReader reader(file);
    while (reader.next()) {
        if (reader.is(Pieces, Bytes))
            piece(reader.bytes());
        else if (reader.is(Trainer, Bytes))
            trainer(reader.bytes());
        else if (reader.is(Normalizer, Bytes))
            normalizer(reader.bytes(), false);
        else if (reader.is(Denormalizer, Bytes))
            normalizer(reader.bytes(), true);
    }
    finish(reader);
    if (!m_problem && model.pieces.empty())
        m_problem = QStringLiteral("it holds no pieces");
    return m_problem;
}

// Writes one message.
class WireWriter {
  public:
    void number(int field, std::uint64_t value) {
        varint(static_cast<std::uint64_t>(field) << 3 | Varint);
        varint(value);
    }
    void bytes(int field, std::string_view value) {
        varint(static_cast<std::uint64_t>(field) << 3 | Bytes);
        varint(value.size());
        m_out += value;
    }
    void real(int field, float value) {
        varint(static_cast<std::uint64_t>(field) << 3 | Fixed32);
        char little[sizeof value];
        std::memcpy(little, &value, sizeof value);
        m_out.append(little, sizeof little);
    }
    std::string take() { return std::move(m_out); }

  private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            m_out.push_back(static_cast<char>(value | 0x80));
        m_out.push_back(static_cast<char>(value));
    }
    std::string m_out;
};

} // namespace

Result<SentencePieceModel> readSentencePieceModel(std::string_view file, const QString& path) {
    ModelReader reader;
    if (const auto problem = reader.read(file))
        return Error{QStringLiteral("The tokenizer in %1 cannot be read: %2; fetch it again.")
                         .arg(path, *problem)};
    if (auto checked = checkPieces(reader.model, path); !checked)
        return checked.error();
    return std::move(reader.model);
}

Result<void> checkPieces(const SentencePieceModel& model, const QString& path) {
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const SentencePiece& piece = model.pieces[id];
        const bool text = !firstInvalidUtf8(piece.text);
        if (!text || !std::isfinite(piece.score))
            return Error{
                QStringLiteral("The tokenizer in %1 cannot be read: %2 of piece %3 is %4; "
                               "fetch it again.")
                    .arg(path, text ? QStringLiteral("the score") : QStringLiteral("the text"))
                    .arg(id)
                    .arg(text ? QStringLiteral("no number") : QStringLiteral("not UTF-8"))};
    }
    return {};
}

std::string serialised(const SentencePieceModel& model) {
    WireWriter file, trainer, normalizer;
    for (const SentencePiece& piece : model.pieces) {
        WireWriter one;
        one.bytes(Text, piece.text);
        one.real(Score, piece.score);
        one.number(Type, static_cast<std::uint64_t>(piece.type));
        file.bytes(Pieces, one.take());
    }
    trainer.number(ModelType, static_cast<std::uint64_t>(model.algorithm));
    trainer.number(SpaceAsSuffix, model.spaceAsSuffix);
    trainer.number(ByteFallback, model.byteFallback);
    file.bytes(Trainer, trainer.take());
    normalizer.bytes(Charsmap, model.charsmap);
    normalizer.number(AddPrefix, model.addsPrefix);
    normalizer.number(RemoveExtraSpaces, model.removesExtraSpaces);
    normalizer.number(EscapeSpaces, model.escapesSpaces);
    file.bytes(Normalizer, normalizer.take());
    if (!model.undoingCharsmap.empty()) {
        WireWriter denormalizer;
        denormalizer.bytes(Charsmap, model.undoingCharsmap);
        file.bytes(Denormalizer, denormalizer.take());
    }
    return file.take();
}

} // namespace attendre
