#pragma once

#include "model/trace/result.h"

#include <QString>

#include <string>
#include <string_view>
#include <vector>

namespace attendre {

// What a piece is; the numbers are those of sentencepiece's files and of tokenizer.ggml.token_type.
enum class PieceType { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };

struct SentencePiece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;
};

// The part of a sentencepiece model (its ModelProto) that decides how text becomes ids.
struct SentencePieceModel {
    enum class Algorithm { Unigram = 1, Bpe, Word, Character };

    std::vector<SentencePiece> pieces; // a piece's place is its id
    Algorithm algorithm = Algorithm::Unigram;
    bool byteFallback = false;
    bool spaceAsSuffix = false;
    bool addsPrefix = true;         // a space before the text
    bool removesExtraSpaces = true; // at both ends, and all but one of several
    bool escapesSpaces = true;      // as U+2581 in pieces
    std::string charsmap;           // how characters are normalised: a trie and its texts
    std::string undoingCharsmap;    // likewise after decoding
};

// Reads the file of sentencepiece (spiece.model, tokenizer.model); path is only for the sentences.
// Errors: bytes that are no such file, unknown kinds, pieces that are no UTF-8.
Result<SentencePieceModel> readSentencePieceModel(std::string_view file, const QString& path);

// The same as a file that the library reads.
std::string serialised(const SentencePieceModel& model);

// Refuses pieces that are no UTF-8 and scores that are no numbers.
Result<void> checkPieces(const SentencePieceModel& model, const QString& path);

} // namespace attendre
