#include "model/formats/gguf.h"
#include "model/formats/mapped_model.h"
#include "model/formats/tokenizer.h"

#include <QTest>

#include <cstring>
#include <functional>

using namespace attendre;

namespace {

// Writes a GGUF file field by field, right or wrong.
class GgufBytes {
  public:
    template <class T> GgufBytes& number(T value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        return *this;
    }
    GgufBytes& u32(quint32 value) { return number(value); }
    GgufBytes& u64(quint64 value) { return number(value); }
    GgufBytes& text(const QByteArray& text) {
        u64(static_cast<quint64>(text.size()));
        m_bytes += text;
        return *this;
    }
    GgufBytes& raw(const QByteArray& bytes) {
        m_bytes += bytes;
        return *this;
    }
    GgufBytes& header(quint64 tensors, quint64 keys, quint32 version = 3) {
        return raw("GGUF").u32(version).u64(tensors).u64(keys);
    }
    GgufBytes& key(const QByteArray& name, quint32 type) { return text(name).u32(type); }
    GgufBytes& tensor(const QByteArray& name, const std::vector<quint64>& shape, quint32 type,
                      quint64 offset) {
        text(name).u32(static_cast<quint32>(shape.size()));
        for (const quint64 size : shape)
            u64(size);
        return u32(type).u64(offset);
    }
    GgufBytes& pad(int alignment = 32) {
        while (m_bytes.size() % alignment != 0)
            m_bytes += '\0';
        return *this;
    }
    operator QByteArray() const { return m_bytes; }

  private:
    QByteArray m_bytes;
};

constexpr quint32 u8 = 0, u32 = 4, f32 = 6, boolean = 7, string = 8, array = 9, u64 = 10;

// Parses from a block of exactly that size.
Result<GgufContents> parse(const QByteArray& bytes) {
    static std::vector<std::byte> kept;
    kept.assign(reinterpret_cast<const std::byte*>(bytes.constData()),
                reinterpret_cast<const std::byte*>(bytes.constData() + bytes.size()));
    kept.shrink_to_fit();
    return parseGguf(kept, QStringLiteral("bad.gguf"));
}

// Two tensors, all kinds of metadata: 64 F32 values and two Q8_0 rows of 32.
QByteArray validFile() {
    GgufBytes file;
    file.header(2, 5);
    file.key("a.number", u32).u32(7).key("a.bool", boolean).number(quint8(1));
    file.key("a.string", string).text("text");
    file.key("a.list", array).u32(string).u64(2).text("x").text("yz");
    file.key("a.floats", array).u32(f32).u64(3).number(1.0f).number(2.0f).number(3.0f);
    file.tensor("first", {64}, 0, 0).tensor("second", {32, 2}, 8, 256).pad();
    return file.raw(QByteArray(256, '\0')).raw(QByteArray(68, '\1'));
}

} // namespace

class HostileGgufTest : public QObject {
    Q_OBJECT

  private slots:
    void readsAValidFile();
    void refuses_data();
    void refuses();
    void truncatedAnywhere();
    void everyFieldMutated();
    void refusesTokenizers_data();
    void refusesTokenizers();
    void refusesNetworks_data();
    void refusesNetworks();
};

void HostileGgufTest::readsAValidFile() {
    for (const quint32 version : {2u, 3u}) {
        QByteArray bytes = validFile();
        std::memcpy(bytes.data() + 4, &version, 4);
        auto file = parse(bytes);
        QVERIFY2(file.ok(), file.ok() ? "" : qPrintable(file.error().sentence));
        QCOMPARE(file->version, version);
        QCOMPARE(file->metadata.size(), std::size_t(5));
        QCOMPARE(file->find("a.number")->integer, 7);
        QVERIFY(file->find("a.string")->string == "text");
        QVERIFY(file->find("a.list")->strings.at(1) == "yz");
        QCOMPARE(file->find("a.floats")->numberAt(2), 3.0);
        QVERIFY(!file->find("absent"));
        QCOMPARE(file->tensors.size(), std::size_t(2));
        QCOMPARE(file->tensors[1].shape, (std::vector<std::int64_t>{2, 32}));
        QVERIFY(file->tensors[1].data[0] == std::byte{1});
    }
}

void HostileGgufTest::refuses_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& bytes, const char* says) {
        QTest::newRow(name) << bytes << QString::fromLatin1(says);
    };
    const QByteArray tail(64, '\0');
    const auto one = [&](const QByteArray& name, std::vector<quint64> shape, quint32 type,
                         quint64 offset) {
        return GgufBytes()
            .header(1, 0)
            .tensor(name, shape, type, offset)
            .pad()
            .raw(QByteArray(256, '\0'));
    };
    const auto keyed = [&](const std::function<void(GgufBytes&)>& write, quint64 keys = 1) {
        GgufBytes file;
        write(file.header(0, keys));
        return file.raw(tail);
    };
    row("no magic", "GGML" + tail, "begin with the letters GGUF");
    row("version 1", GgufBytes().header(0, 0, 1), "its version is 1");
    row("version 4", GgufBytes().header(0, 0, 4), "its version is 4");
    row("big-endian", GgufBytes().header(0, 0, 0x03000000), "big-endian");
    row("too many keys", GgufBytes().header(0, ~0ull).raw(tail),
        "metadata count 18446744073709551615");
    row("too many tensors", GgufBytes().header(1ull << 61, 0).raw(tail),
        "tensor count 2305843009213693952");
    row("empty key", keyed([](auto& f) { f.key("", u32).u32(1); }), "key 0 is empty");
    row("key twice", keyed([](auto& f) { f.key("k", u32).u32(1).key("k", u32).u32(1); }, 2),
        "k occurs twice");
    row("key beyond the file", keyed([](auto& f) { f.u64(~0ull); }),
        "needs 18446744073709551615 bytes");
    row("key no UTF-8", keyed([](auto& f) { f.key("\xFF", u32).u32(1); }), "key 0 is not UTF-8");
    row("unknown type", keyed([](auto& f) { f.key("k", 13).u32(1); }), "unknown metadata type 13");
    row("boolean 2", keyed([](auto& f) { f.key("k", boolean).number(quint8(2)); }), "boolean 2");
    row("giant number", keyed([](auto& f) { f.key("k", u64).u64(~0ull); }),
        "beyond any sensible size");
    row("string beyond the file", keyed([](auto& f) { f.key("k", string).u64(1ull << 63); }),
        "the string k");
    row("array of arrays", keyed([](auto& f) { f.key("k", array).u32(array).u64(1); }),
        "array of arrays");
    row("array of unknowns", keyed([](auto& f) { f.key("k", array).u32(99).u64(1); }),
        "element type 99");
    row("array beyond the file", keyed([](auto& f) { f.key("k", array).u32(u8).u64(1ull << 62); }),
        "claims 4611686018427387904");
    row("strings beyond the file",
        keyed([](auto& f) { f.key("k", array).u32(string).u64(1ull << 61); }),
        "claims 2305843009213693952");
    row("alignment 0", keyed([](auto& f) { f.key("general.alignment", u32).u32(0); }),
        "alignment is 0");
    row("alignment 24", keyed([](auto& f) { f.key("general.alignment", u32).u32(24); }),
        "alignment is 24");
    row("alignment 2^30", keyed([](auto& f) { f.key("general.alignment", u32).u32(1u << 30); }),
        "alignment is 1073741824");
    row("alignment a string", keyed([](auto& f) { f.key("general.alignment", string).text("32"); }),
        "alignment is not an integer");
    row("long tensor name", one(QByteArray(64, 'n'), {32}, 0, 0), "not 1 to 63 bytes");
    row("empty tensor name", one("", {32}, 0, 0), "not 1 to 63 bytes");
    row("five dimensions", one("t", {1, 1, 1, 1, 1}, 0, 0), "has 5 dimensions");
    row("dimension 0", one("t", {32, 0}, 0, 0), "dimension 1 of t is 0");
    row("dimension -1", one("t", {~0ull}, 0, 0), "dimension 0 of t is 18446744073709551615");
    row("product overflows", one("t", {1ull << 32, 1ull << 32}, 0, 0), "dimension 1 of t");
    row("size overflows", one("t", {1ull << 62}, 0, 0), "the size of t");
    row("wraps when added", one("t", {(1ull << 61) - 1}, 0, 0), "behind the end of the file");
    row("unknown tensor type", one("t", {32}, 4, 0), "unknown tensor type 4");
    row("half a block", one("t", {48}, 8, 0), "not a multiple of Q8_0's blocks of 32");
    row("half a K block", one("t", {128}, 12, 0), "not a multiple of Q4_K's blocks of 256");
    row("rows of a block and a half", one("t", {384, 2}, 14, 0),
        "not a multiple of Q6_K's blocks of 256");
    row("K block cut off",
        GgufBytes().header(1, 0).tensor("t", {256}, 13, 0).pad().raw(QByteArray(175, '\0')),
        "truncated");
    row("data beyond the file", one("t", {1024}, 0, 0), "behind the end of the file");
    row("data cut off", one("t", {72}, 0, 0), "truncated");
    row("offset", one("t", {32}, 0, 32), "lie at offset 32");
    row("tensor twice",
        GgufBytes().header(2, 0).tensor("t", {8}, 0, 0).tensor("t", {8}, 0, 32).pad().raw(tail),
        "t occurs twice");
    row("overlapping",
        GgufBytes().header(2, 0).tensor("t", {8}, 0, 0).tensor("u", {8}, 0, 0).pad().raw(tail),
        "the tensors before it end at 32");
}

void HostileGgufTest::refuses() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    auto file = parse(bytes);
    QVERIFY(!file.ok());
    QVERIFY2(file.error().sentence.contains(says), qPrintable(file.error().sentence));
    QVERIFY(file.error().sentence.startsWith(QStringLiteral("bad.gguf ")));
    QVERIFY(file.error().sentence.endsWith(u'.'));
}

void HostileGgufTest::truncatedAnywhere() {
    const QByteArray whole = validFile();
    for (qsizetype length = 0; length < whole.size(); ++length)
        QVERIFY2(!parse(whole.left(length)).ok(), qPrintable(QString::number(length)));
}

// Every 4-byte word before the data set to extreme values: refused or read, never worse.
void HostileGgufTest::everyFieldMutated() {
    const QByteArray whole = validFile();
    int refused = 0, read = 0;
    for (qsizetype at = 0; at + 4 <= whole.size() - 68; ++at)
        for (const quint32 value : {0u, 1u, 9u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
            QByteArray bytes = whole;
            std::memcpy(bytes.data() + at, &value, 4);
            auto file = parse(bytes);
            (file ? read : refused) += 1;
            if (file)
                for (const GgufTensor& tensor : file->tensors)
                    QVERIFY(tensor.data.size() <= static_cast<std::size_t>(bytes.size()));
        }
    QVERIFY(refused > 500);
    QVERIFY(read > 100);
}

void HostileGgufTest::refusesTokenizers_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* model, const char* pre,
                        const std::function<void(GgufBytes&)>& more, quint64 keys,
                        const char* says) {
        GgufBytes file;
        file.header(0, keys + 2).key("tokenizer.ggml.model", string).text(model);
        file.key("tokenizer.ggml.pre", string).text(pre);
        more(file);
        QTest::newRow(name) << QByteArray(file) << QString::fromLatin1(says);
    };
    const auto tokens = [](GgufBytes& f, int count) {
        f.key("tokenizer.ggml.tokens", array).u32(string).u64(static_cast<quint64>(count));
        for (int i = 0; i < count; ++i)
            f.text(QByteArray(1, static_cast<char>('a' + i)));
    };
    row(
        "kind", "rwkv", "default", [](auto&) {}, 0, "its kind is \"rwkv\"");
    row(
        "pieces without scores", "llama", "default", [&](auto& f) { tokens(f, 2); }, 1,
        "lacks tokenizer.ggml.scores");
    const auto pieces = [&](GgufBytes& f, quint32 firstType) {
        tokens(f, 2);
        f.key("tokenizer.ggml.scores", array).u32(f32).u64(2).number(0.0f).number(-1.0f);
        f.key("tokenizer.ggml.token_type", array).u32(u32).u64(2).u32(firstType).u32(1);
    };
    row(
        "piece of an unknown type", "llama", "default", [&](auto& f) { pieces(f, 7); }, 3,
        "token 0 is of the unknown type 7");
    row(
        "sentencepiece without BOS", "llama", "default", [&](auto& f) { pieces(f, 2); }, 3,
        "without saying which");
    row(
        "table of normalisation", "t5", "default",
        [&](auto& f) {
            pieces(f, 2);
            f.key("tokenizer.ggml.eos_token_id", u32).u32(1);
            f.key("tokenizer.ggml.precompiled_charsmap", array).u32(u8).u64(5);
            f.raw(QByteArray(5, '\1'));
        },
        5, "its table of normalisation is damaged");
    row(
        "pre-tokenizer", "gpt2", "tekken", [](auto&) {}, 0, "its pre-tokenizer is \"tekken\"");
    row(
        "no tokens", "gpt2", "gpt-2", [](auto&) {}, 0, "tokenizer.ggml.tokens is no list");
    row(
        "no merges", "gpt2", "gpt-2", [&](auto& f) { tokens(f, 2); }, 1, "merges is no list");
    row(
        "token types too few", "gpt2", "gpt-2",
        [&](auto& f) {
            tokens(f, 2);
            f.key("tokenizer.ggml.token_type", array).u32(u32).u64(1).u32(1);
        },
        2, "no list of 2 numbers");
    row(
        "merge of one", "gpt2", "gpt-2",
        [&](auto& f) {
            tokens(f, 2);
            f.key("tokenizer.ggml.merges", array).u32(string).u64(1).text("ab");
        },
        2, "merge 0, \"ab\", is no pair");
    row(
        "merge of strangers", "gpt2", "gpt-2",
        [&](auto& f) {
            tokens(f, 2);
            f.key("tokenizer.ggml.merges", array).u32(string).u64(1).text("a b");
        },
        2, "needs the token \"ab\"");
    row(
        "bos out of range", "gpt2", "gpt-2",
        [&](auto& f) {
            tokens(f, 2);
            f.key("tokenizer.ggml.merges", array).u32(string).u64(0);
            f.key("tokenizer.ggml.bos_token_id", u32).u32(2);
        },
        3, "bos_token_id is 2");
    row(
        "bos without an id", "gpt2", "gpt-2",
        [&](auto& f) {
            tokens(f, 2);
            f.key("tokenizer.ggml.merges", array).u32(string).u64(0);
            f.key("tokenizer.ggml.add_bos_token", boolean).number(quint8(1));
        },
        3, "without saying which");
}

void HostileGgufTest::refusesTokenizers() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const QString path = QStringLiteral("bad.gguf");
    auto file = parse(bytes);
    QVERIFY2(file.ok(), file.ok() ? "" : qPrintable(file.error().sentence));
    auto tokenizer = makeGgufTokenizer(*file, path);
    QVERIFY(!tokenizer.ok());
    const Error& error = tokenizer.error();
    QVERIFY2(error.sentence.contains(says), qPrintable(error.sentence));
    QVERIFY(error.sentence.contains(path));
}

void HostileGgufTest::refusesNetworks_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    using Numbers = std::vector<std::pair<const char*, quint32>>;
    const auto row = [](const char* name, const char* family, const Numbers& changed, quint32 type,
                        const char* says) {
        Numbers numbers = {{"block_count", 1},          {"embedding_length", 32},
                           {"feed_forward_length", 32}, {"attention.head_count", 2},
                           {"context_length", 64},      {"attention.head_count_kv", 1}};
        for (const auto& change : changed) {
            const auto same = [&](const auto& n) { return QByteArray(n.first) == change.first; };
            std::erase_if(numbers, same);
            if (change.second != 0xFFFFFFFF)
                numbers.push_back(change);
        }
        GgufBytes file;
        const QByteArray prefix = QByteArray(family) + '.';
        file.header(1, numbers.size() + 3).key("general.architecture", string).text(family);
        file.key(prefix + "attention.layer_norm_rms_epsilon", f32).number(1e-5f);
        file.key(prefix + "attention.layer_norm_epsilon", f32).number(1e-5f);
        for (const auto& [key, value] : numbers)
            file.key(prefix + key, u32).u32(value);
        file.tensor("token_embd.weight", {32, 256}, type, 0)
            .pad()
            .raw(QByteArray(32 * 256 * 4, '\0'));
        QTest::newRow(name) << QByteArray(file) << QString::fromLatin1(says);
    };
    constexpr quint32 absent = 0xFFFFFFFF;
    row("family", "mamba", {}, 0, "a \"mamba\" network");
    row("missing number", "llama", {{"block_count", absent}}, 0, "no llama.block_count");
    row("no layers", "llama", {{"block_count", 0}}, 0, "the number of layers 0");
    row("absurd layers", "llama", {{"block_count", 4000000000}}, 0, "llama.block_count is 4e+09");
    row("many layers", "llama", {{"block_count", 70000}}, 0, "the number of layers 70000");
    row("layers that are not there", "llama", {{"block_count", 60000}}, 0, "lacks the tensor");
    row("no heads", "llama", {{"attention.head_count", 0}}, 0, "the number of query heads 0");
    row("uneven heads", "llama", {{"attention.head_count_kv", 3}}, 0, "the number of K/V heads 3");
    row("odd heads", "llama", {{"attention.key_length", 7}}, 0, "the head dimension 7");
    row("experts", "llama", {{"expert_count", 8}}, 0, "a mixture of 8 experts");
    row("partly rotated", "llama", {{"rope.dimension_count", 8}}, 0, "8 of its 16 key dimensions");
    row("Qwen2 without layers", "qwen2", {{"block_count", 0}}, 0, "the number of layers 0");
    row("Qwen2's tensors", "qwen2", {}, 0, "lacks the tensor model.norm.weight");
    row("GPT-2's heads", "gpt2", {{"attention.head_count_kv", 2}, {"attention.key_length", 8}}, 0,
        "its 2 heads do not divide");
    row("GPT-2's tensors", "gpt2", {{"attention.head_count_kv", 2}}, 0,
        "lacks the tensor wpe.weight");
    row("T5 without buckets", "t5", {{"attention.head_count_kv", absent}}, 0,
        "no t5.attention.relative_buckets_count");
    row("T5's buckets", "t5",
        {{"attention.head_count_kv", absent}, {"attention.relative_buckets_count", 400}}, 0,
        "the furthest bucketed distance 128");
    row("T5's K/V heads", "t5", {{"attention.relative_buckets_count", 8}}, 0,
        "1 K/V heads for 2 query heads");
    row("T5's tensors", "t5",
        {{"attention.head_count_kv", absent}, {"attention.relative_buckets_count", 8}}, 0,
        "lacks the tensor encoder.block.0.");
    row("stored type", "llama", {}, 20, "stored as IQ4_NL");
    row("shape", "llama", {{"embedding_length", 64}}, 0, "its configuration implies");
}

void HostileGgufTest::refusesNetworks() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    auto file = parse(bytes);
    QVERIFY2(file.ok(), file.ok() ? "" : qPrintable(file.error().sentence));
    auto model = makeGgufModel(*file, QStringLiteral("bad.gguf"), {});
    QVERIFY(!model.ok());
    QVERIFY2(model.error().sentence.contains(says), qPrintable(model.error().sentence));
    QVERIFY(model.error().sentence.startsWith(QStringLiteral("bad.gguf ")));
}

QTEST_GUILESS_MAIN(HostileGgufTest)
#include "tst_hostile_gguf.moc"
