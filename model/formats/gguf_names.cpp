#include "model/formats/gguf_names.h"

#include <QHash>

#include <optional>

namespace attendre {

namespace {

using Names = QHash<QString, QString>;

// The names of one stack of layers: those outside of it, those in a layer, and how a layer's begin
// in both spellings.
struct Stack {
    QString storedPrefix; // "blk."
    QString prefix;       // "model.layers."
    Names outside, inLayer;
};

const Stack& llama() {
    static const Stack stack = {
        QStringLiteral("blk."),
        QStringLiteral("model.layers."),
        {{QStringLiteral("token_embd"), QStringLiteral("model.embed_tokens")},
         {QStringLiteral("output_norm"), QStringLiteral("model.norm")},
         {QStringLiteral("output"), QStringLiteral("lm_head")}},
        {{QStringLiteral("attn_norm"), QStringLiteral("input_layernorm")},
         {QStringLiteral("attn_q"), QStringLiteral("self_attn.q_proj")},
         {QStringLiteral("attn_k"), QStringLiteral("self_attn.k_proj")},
         {QStringLiteral("attn_v"), QStringLiteral("self_attn.v_proj")},
         {QStringLiteral("attn_output"), QStringLiteral("self_attn.o_proj")},
         {QStringLiteral("ffn_norm"), QStringLiteral("post_attention_layernorm")},
         {QStringLiteral("ffn_gate"), QStringLiteral("mlp.gate_proj")},
         {QStringLiteral("ffn_up"), QStringLiteral("mlp.up_proj")},
         {QStringLiteral("ffn_down"), QStringLiteral("mlp.down_proj")}}};
    return stack;
}

const Stack& gpt2() {
    static const Stack stack = {QStringLiteral("blk."),
                                QStringLiteral("h."),
                                {{QStringLiteral("token_embd"), QStringLiteral("wte")},
                                 {QStringLiteral("position_embd"), QStringLiteral("wpe")},
                                 {QStringLiteral("output_norm"), QStringLiteral("ln_f")},
                                 {QStringLiteral("output"), QStringLiteral("lm_head")}},
                                {{QStringLiteral("attn_norm"), QStringLiteral("ln_1")},
                                 {QStringLiteral("attn_qkv"), QStringLiteral("attn.c_attn")},
                                 {QStringLiteral("attn_output"), QStringLiteral("attn.c_proj")},
                                 {QStringLiteral("ffn_norm"), QStringLiteral("ln_2")},
                                 {QStringLiteral("ffn_up"), QStringLiteral("mlp.c_fc")},
                                 {QStringLiteral("ffn_down"), QStringLiteral("mlp.c_proj")}}};
    return stack;
}

Names t5Attention(const char* stored, const QString& layer, const QString& name) {
    const QString begin = QLatin1String(stored) + QLatin1Char('_');
    const QString full = layer + QLatin1Char('.') + name;
    return {{begin + QStringLiteral("q"), full + QStringLiteral(".q")},
            {begin + QStringLiteral("k"), full + QStringLiteral(".k")},
            {begin + QStringLiteral("v"), full + QStringLiteral(".v")},
            {begin + QStringLiteral("o"), full + QStringLiteral(".o")},
            {begin + QStringLiteral("rel_b"), full + QStringLiteral(".relative_attention_bias")},
            {begin + QStringLiteral("norm"), layer + QStringLiteral(".layer_norm")}};
}

// One of the two stacks of T5. ffn_up is wi where it is alone, and wi_1 beside the gate wi_0.
Stack t5Stack(bool decoder, bool gated) {
    const QString dense = QLatin1String(decoder ? "2" : "1");
    Stack stack;
    stack.storedPrefix = QLatin1String(decoder ? "dec.blk." : "enc.blk.");
    stack.prefix = QLatin1String(decoder ? "decoder.block." : "encoder.block.");
    stack.outside = {
        {QLatin1String(decoder ? "dec.output_norm" : "enc.output_norm"),
         QLatin1String(decoder ? "decoder.final_layer_norm" : "encoder.final_layer_norm")},
        {QStringLiteral("token_embd"), QStringLiteral("shared")},
        {QStringLiteral("output"), QStringLiteral("lm_head")}};
    stack.inLayer = t5Attention("attn", QStringLiteral("0"), QStringLiteral("SelfAttention"));
    if (decoder)
        stack.inLayer.insert(
            t5Attention("cross_attn", QStringLiteral("1"), QStringLiteral("EncDecAttention")));
    stack.inLayer.insert(
        {{QStringLiteral("ffn_norm"), dense + QStringLiteral(".layer_norm")},
         {QStringLiteral("ffn_gate"), dense + QStringLiteral(".DenseReluDense.wi_0")},
         {QStringLiteral("ffn_up"),
          dense + QLatin1String(gated ? ".DenseReluDense.wi_1" : ".DenseReluDense.wi")},
         {QStringLiteral("ffn_down"), dense + QStringLiteral(".DenseReluDense.wo")}});
    for (QString& name : stack.inLayer)
        name.prepend(QStringLiteral("layer."));
    return stack;
}

std::optional<QString> nameIn(const Stack& stack, const QString& stored) {
    const qsizetype dot = stored.lastIndexOf(u'.');
    const QString stem = stored.left(dot), ending = stored.mid(dot);
    if (const auto found = stack.outside.find(stem); found != stack.outside.end())
        return *found + ending;
    if (!stem.startsWith(stack.storedPrefix))
        return std::nullopt;
    const qsizetype begin = stack.storedPrefix.size(), after = stem.indexOf(u'.', begin);
    const auto found = stack.inLayer.find(stem.mid(after + 1));
    if (after < 0 || found == stack.inLayer.end())
        return std::nullopt;
    return stack.prefix + stem.mid(begin, after - begin) + QLatin1Char('.') + *found + ending;
}

} // namespace

QString commonTensorName(const ModelDescription& description, const QString& stored) {
    if (description.family == QStringLiteral("t5")) {
        static const Stack stacks[2][2] = {{t5Stack(false, false), t5Stack(true, false)},
                                           {t5Stack(false, true), t5Stack(true, true)}};
        const Stack* both = stacks[description.encoderDecoder.gated];
        const auto encoder = nameIn(both[0], stored);
        return encoder ? *encoder : nameIn(both[1], stored).value_or(stored);
    }
    const bool learned = description.family == QStringLiteral("gpt2");
    return nameIn(learned ? gpt2() : llama(), stored).value_or(stored);
}

} // namespace attendre
