#include "model/formats/bpe_tokenizer.h"
#include "model/formats/json_file.h"
#include "model/formats/model_config.h"
#include "model/formats/safetensors.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <cstring>

using namespace attendre;

// safetensors, tokenizer.json and config.json that are wrong in one place each.
class HostileJsonTest : public QObject {
    Q_OBJECT

  private slots:
    void duplicateKeys();
    void readsSafetensors();
    void refusesSafetensors_data();
    void refusesSafetensors();
    void truncatedSafetensors();
    void refusesTokenizers_data();
    void refusesTokenizers();
    void refusesConfigurations_data();
    void refusesConfigurations();
    void refusesT5Configurations_data();
    void refusesT5Configurations();
};

namespace {

QByteArray safetensors(const QByteArray& header, int dataBytes, qint64 claimed = -1) {
    const quint64 length = static_cast<quint64>(claimed < 0 ? header.size() : claimed);
    return QByteArray(reinterpret_cast<const char*>(&length), 8) + header +
           QByteArray(dataBytes, '\0');
}

Result<std::vector<Tensor>> parse(const QByteArray& bytes) {
    static std::vector<std::byte> kept;
    kept.assign(reinterpret_cast<const std::byte*>(bytes.constData()),
                reinterpret_cast<const std::byte*>(bytes.constData() + bytes.size()));
    kept.shrink_to_fit();
    return parseSafetensors(kept, QStringLiteral("bad.safetensors"));
}

} // namespace

void HostileJsonTest::duplicateKeys() {
    QCOMPARE(duplicateKey(R"({"a":1,"b":{"a":2,"c":[{"a":1},{"a":2}]}})"), QString());
    QCOMPARE(duplicateKey(R"({"a":1,"b":2,"a":3})"), QStringLiteral("a"));
    QCOMPARE(duplicateKey(R"({"x":[{"k":1 , "k" : 2}]})"), QStringLiteral("k"));
    QCOMPARE(duplicateKey(R"({"a":1,"\u0061":2})"), QStringLiteral("a"));
    QCOMPARE(duplicateKey(R"({"a\"":1,"a":"a","b":["a","a"]})"), QString());
    QCOMPARE(duplicateKey(R"({"a":"\\","b":1,"b":2})"), QStringLiteral("b"));
    QVERIFY(!parseJsonObject("[1]", QStringLiteral("x")).ok());
    QVERIFY(!parseJsonObject("{\"a\":", QStringLiteral("x")).ok());
    QVERIFY(!parseJsonObject(QByteArray(100000, '['), QStringLiteral("x")).ok());
}

void HostileJsonTest::readsSafetensors() {
    auto tensors = parse(safetensors(
        R"(  {"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2,0,3],"data_offsets":[8,8]},)"
        R"("c":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}   )",
        12));
    QVERIFY2(tensors.ok(), tensors.ok() ? "" : qPrintable(tensors.error().sentence));
    QCOMPARE(tensors->size(), std::size_t(3));
    QCOMPARE(tensors->front().name, QStringLiteral("a"));
    QCOMPARE(tensors->at(1).shape, (std::vector<qint64>{2, 0, 3}));
    float value = 1;
    QVERIFY(readTensor(tensors->at(1), &value).ok());
    QCOMPARE(value, 1.0f); // nothing to read
    QVERIFY(readTensor(tensors->at(2), &value).ok());
    QCOMPARE(value, 0.0f);
    QVERIFY(parse(safetensors("{}", 0)).ok());
}

void HostileJsonTest::refusesSafetensors_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& bytes, const char* says) {
        QTest::newRow(name) << bytes << QString::fromLatin1(says);
    };
    const auto one = [](const char* type, const char* shape, const char* offsets, int data = 8) {
        return safetensors(QByteArray("{\"t\":{\"dtype\":") + type + ",\"shape\":" + shape +
                               ",\"data_offsets\":" + offsets + "}}",
                           data);
    };
    row("short", "1234567", "it has 7 bytes");
    row("long header", safetensors("{}", 0, 100000001), "claims 100000001 bytes, more than");
    row("absurd header", QByteArray(8, '\xFF'), "claims 18446744073709551615");
    row("header beyond the file", safetensors("{}", 0, 3), "claims 3 bytes, but the file has 10");
    row("no UTF-8", safetensors("{\"\xFF\":1}", 0), "not UTF-8 at byte 2");
    row("no JSON", safetensors("{\"t\":", 0), "not valid JSON");
    row("no object", safetensors("[]", 0), "no object");
    row("key twice", safetensors(R"({"t":1,"t":1})", 0), "the key \"t\" twice");
    row("metadata", safetensors(R"({"__metadata__":{"a":1}})", 0),
        "__metadata__ \"a\" is no string");
    row("metadata a list", safetensors(R"({"__metadata__":[]})", 0), "__metadata__ is no object");
    row("tensor no object", safetensors(R"({"t":[]})", 0), "\"t\" is no object");
    row("unknown type", one("\"F12\"", "[2]", "[0,8]"), "unknown type \"F12\"");
    row("type not read", one("\"I32\"", "[2]", "[0,8]"), "as I32");
    row("no shape", one("\"F32\"", "2", "[0,8]"), "has no shape");
    row("negative shape", one("\"F32\"", "[-2]", "[0,8]"), "the size -2");
    row("fractional shape", one("\"F32\"", "[2.5]", "[0,8]"), "the size 2.5");
    row("huge shape", one("\"F32\"", "[1e30]", "[0,8]"), "no integer from 0");
    row("text in shape", one("\"F32\"", "[\"2\"]", "[0,8]"), "no integer from 0");
    row("three offsets", one("\"F32\"", "[2]", "[0,4,8]"), "3 offsets");
    row("negative offset", one("\"F32\"", "[2]", "[-8,0]"), "an offset of \"t\"");
    row("a gap", one("\"F32\"", "[1]", "[4,8]"), "begins at 4");
    row("backwards", one("\"F32\"", "[1]", "[0,-4]"), "an offset of \"t\"");
    row("product overflows", one("\"F32\"", "[4294967296,4294967296]", "[0,8]"), "overflows");
    row("bits overflow", one("\"F64\"", "[1152921504606846976]", "[0,8]"), "overflows");
    row("half a byte", one("\"F4\"", "[3]", "[0,2]"), "no whole number of bytes");
    row("wrong size", one("\"F32\"", "[3]", "[0,8]"), "needs 12 bytes");
    row("bytes left over", one("\"F32\"", "[1]", "[0,4]"), "but the file at");
    row("data missing", one("\"F32\"", "[4]", "[0,16]"), "but the file at");
    row("overlapping",
        safetensors(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                    R"("u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                    8),
        "\"u\" begins at 4");
}

void HostileJsonTest::refusesSafetensors() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    auto tensors = parse(bytes);
    QVERIFY(!tensors.ok());
    QVERIFY2(tensors.error().sentence.contains(says), qPrintable(tensors.error().sentence));
    QVERIFY(tensors.error().sentence.contains(QStringLiteral("bad.safetensors")));
}

void HostileJsonTest::truncatedSafetensors() {
    const QByteArray whole =
        safetensors(R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", 16);
    QVERIFY(parse(whole).ok());
    for (qsizetype length = 0; length < whole.size(); ++length)
        QVERIFY(!parse(whole.left(length)).ok());
    QVERIFY(!parse(whole + '\0').ok());
}

void HostileJsonTest::refusesTokenizers_data() {
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& more, const char* says,
                        const QByteArray& model =
                            R"({"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]})") {
        QTest::newRow(name) << QByteArray("{" + more + (more.isEmpty() ? "" : ",") +
                                          "\"model\":" + model + "}")
                            << QString::fromLatin1(says);
    };
    row("model kind", "", "its model \"Unigram\"", R"({"type":"Unigram","vocab":[]})");
    row("no vocabulary", "", "lacks vocab or merges", R"({"type":"BPE"})");
    row("empty vocabulary", "", "its vocabulary is empty",
        R"({"type":"BPE","vocab":{},"merges":[]})");
    row("id twice", "", "the id 0 is given to two", R"({"vocab":{"a":0,"b":0},"merges":[]})");
    row("absurd id", "", "has the id 2000000000", R"({"vocab":{"a":2000000000},"merges":[]})");
    row("negative id", "", "has the id -1", R"({"vocab":{"a":-1},"merges":[]})");
    row("text as id", "", "\"a\" has no id", R"({"vocab":{"a":"0"},"merges":[]})");
    row("token twice", "", "the key \"a\" twice", R"({"vocab":{"a":0,"a":1},"merges":[]})");
    row("merge of three", "", "\"a b c\", is no pair", R"({"vocab":{"a":0},"merges":["a b c"]})");
    row("merge of one", "", "merge 0 is no pair", R"({"vocab":{"a":0},"merges":[["a"]]})");
    row("merge of strangers", "", "needs the token \"aa\"",
        R"({"vocab":{"a":0},"merges":[["a","a"]]})");
    row("unknown token", "", "its unknown token \"<u>\"",
        R"({"vocab":{"a":0},"merges":[],"unk_token":"<u>"})");
    row("dropout", "", "dropout 0.1", R"({"vocab":{"a":0},"merges":[],"dropout":0.1})");
    row("suffix", "", "end_of_word_suffix \"</w>\"",
        R"({"vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"})");
    row("normalizer", R"("normalizer":{"type":"Lowercase"})", "normalizer \"Lowercase\"");
    row("normalizer in a sequence",
        R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace"}]})",
        "normalizer \"Replace\"");
    row("pre-tokenizer", R"("pre_tokenizer":{"type":"Metaspace"})", "pre-tokenizer \"Metaspace\"");
    row("after ByteLevel",
        R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false},{"type":"Digits"}]})",
        "\"Digits\" comes after ByteLevel");
    row("no prefix choice", R"("pre_tokenizer":{"type":"ByteLevel"})",
        "add_prefix_space is neither");
    row("behaviour",
        R"("pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Shredded"})",
        "Split behavior \"Shredded\"");
    row("pattern kind",
        R"("pre_tokenizer":{"type":"Split","pattern":{"Glob":"a"},"behavior":"Isolated"})",
        "Split pattern \"Glob\"");
    row("expression",
        R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"})",
        "wrong at character");
    row("foreign expression",
        R"("pre_tokenizer":{"type":"Split","pattern":{"Regex":"[a-z&&[^b]]"},"behavior":"Isolated"})",
        "is not understood");
    row("post-processor", R"("post_processor":{"type":"BertProcessing"})",
        "post-processor \"BertProcessing\"");
    row("template",
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{}})",
        "its template is not one");
    row("template without text",
        R"("post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}})",
        "no place for the text");
    row("decoder", R"("decoder":{"type":"WordPiece"})", "decoder \"WordPiece\"");
    row("added token without id", R"("added_tokens":[{"content":"x"}])", "\"x\" has no id");
    row("added token's id taken", R"("added_tokens":[{"content":"x","id":1}])", "another token's");
    row("added token far away", R"("added_tokens":[{"content":"x","id":2000000000}])",
        "out of range");
}

void HostileJsonTest::refusesTokenizers() {
    QFETCH(QByteArray, json);
    QFETCH(QString, says);
    const QString path = QStringLiteral("bad/tokenizer.json");
    auto parts = readTokenizerJson(json, path);
    Error error;
    if (!parts) {
        error = parts.error();
    } else {
        auto tokenizer = makeBpeTokenizer(parts.take(), path);
        QVERIFY(!tokenizer.ok());
        error = tokenizer.error();
    }
    QVERIFY2(error.sentence.contains(says), qPrintable(error.sentence));
    QVERIFY(error.sentence.contains(path));
}

void HostileJsonTest::refusesConfigurations_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* key, const QJsonValue& value, const char* says) {
        QTest::addRow("%s %s", key, says)
            << QString::fromLatin1(key) << value << QString::fromLatin1(says);
    };
    row("model_type", "mamba", "a \"mamba\" network");
    row("model_type", QJsonValue(), "does not say model_type");
    row("hidden_size", QJsonValue(), "does not say hidden_size");
    row("hidden_size", "32", "hidden_size is no number");
    row("hidden_size", -32, "hidden_size is -32");
    row("hidden_size", 1e300, "hidden_size is 1e+300");
    row("num_hidden_layers", 0, "the number of layers 0");
    row("num_attention_heads", 0, "the number of query heads 0");
    row("num_key_value_heads", 3, "the number of K/V heads 3");
    row("head_dim", 5, "the head dimension 5");
    row("vocab_size", 2147483647, "the vocabulary size");
    row("rms_norm_eps", 0, "the norm's epsilon 0");
    row("rope_theta", -1, "the rotation's base -1");
    row("rope_scaling", "linear", "rope_scaling is no object");
    row("rope_scaling", QJsonObject{{"type", "dynamic"}, {"factor", 2}}, "scaled by \"dynamic\"");
    row("rope_scaling", QJsonObject{{"type", "linear"}}, "does not say factor");
    row("rope_scaling", QJsonObject{{"type", "linear"}, {"factor", 0}}, "scaling factor 0");
    row("rope_parameters", QJsonObject{{"rope_type", "llama3"}, {"factor", 8}}, "low_freq_factor");
    row("partial_rotary_factor", 0.5, "rotates the share 0.5");
    row("tie_word_embeddings", 1, "tie_word_embeddings is neither");
    row("hidden_act", "relu", "activation is \"relu\"");
    row("use_bidirectional_attention", 1, "use_bidirectional_attention is neither");
}

void HostileJsonTest::refusesConfigurations() {
    QFETCH(QString, key);
    QFETCH(QJsonValue, value);
    QFETCH(QString, says);
    QJsonObject config{
        {"model_type", "llama"},  {"hidden_size", 32},        {"intermediate_size", 64},
        {"num_hidden_layers", 2}, {"num_attention_heads", 4}, {"num_key_value_heads", 2},
        {"vocab_size", 320},      {"rms_norm_eps", 1e-5},     {"max_position_embeddings", 64}};
    QVERIFY(readModelConfig(config, QStringLiteral("bad/config.json")).ok());
    config[key] = value;
    auto description = readModelConfig(config, QStringLiteral("bad/config.json"));
    QVERIFY(!description.ok());
    QVERIFY2(description.error().sentence.contains(says), qPrintable(description.error().sentence));
    QVERIFY(description.error().sentence.startsWith(QStringLiteral("bad/config.json ")));
}

void HostileJsonTest::refusesT5Configurations_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* key, const QJsonValue& value, const char* says) {
        QTest::addRow("%s %s", key, says)
            << QString::fromLatin1(key) << value << QString::fromLatin1(says);
    };
    row("model_type", "mt5", "a \"mt5\" network");
    row("d_model", QJsonValue(), "does not say d_model");
    row("d_kv", 0, "the head dimension 0");
    row("num_decoder_layers", 0, "the number of decoder layers 0");
    row("relative_attention_num_buckets", 2, "the number of position buckets 2");
    row("relative_attention_max_distance", 16, "the furthest bucketed distance 16");
    row("decoder_start_token_id", 320, "the decoder's first token 320");
    row("eos_token_id", 320, "the last token 320");
    row("eos_token_id", QJsonArray{1}, "eos_token_id is no number");
    row("feed_forward_proj", "gated-silu", "its feed_forward_proj is \"gated-silu\"");
    row("is_gated_act", true, "is_gated_act contradicts");
    row("dense_act_fn", "gelu_new", "its activation is \"gelu_new\"");
    row("layer_norm_epsilon", 0, "the norm's epsilon 0");
    row("scale_decoder_outputs", "yes", "scale_decoder_outputs is neither");
}

void HostileJsonTest::refusesT5Configurations() {
    QFETCH(QString, key);
    QFETCH(QJsonValue, value);
    QFETCH(QString, says);
    QJsonObject config{{"model_type", "t5"}, {"d_model", 32}, {"d_ff", 64},       {"num_layers", 2},
                       {"num_heads", 4},     {"d_kv", 16},    {"vocab_size", 320}};
    QVERIFY(readModelConfig(config, QStringLiteral("bad/config.json")).ok());
    config[key] = value;
    auto description = readModelConfig(config, QStringLiteral("bad/config.json"));
    QVERIFY(!description.ok());
    QVERIFY2(description.error().sentence.contains(says), qPrintable(description.error().sentence));
}

QTEST_GUILESS_MAIN(HostileJsonTest)
#include "tst_hostile_json.moc"
