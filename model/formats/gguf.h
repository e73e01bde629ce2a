#pragma once

#include "model/trace/result.h"

#include <QString>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attendre {

// The metadata types of GGUF, with their numbers in the file.
enum class GgufType : std::uint32_t {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    String,
    Array,
    U64,
    I64,
    F64
};

// One metadata value. Views point into the file.
struct GgufValue {
    GgufType type = GgufType::U8;
    std::int64_t integer = 0; // integers and booleans; a u64 above 2^63 - 1 is refused
    double real = 0;          // F32, F64
    std::string_view string;
    GgufType elementType = GgufType::U8; // arrays
    std::uint64_t count = 0;
    std::span<const std::byte> elements;   // arrays of numbers and booleans, little endian
    std::vector<std::string_view> strings; // arrays of strings

    bool isInteger() const;
    bool isNumber() const { return isInteger() || type == GgufType::F32 || type == GgufType::F64; }
    double number() const { return isInteger() ? static_cast<double>(integer) : real; }
    // Element i of an array of integers, booleans or reals; i < count.
    std::int64_t integerAt(std::uint64_t i) const;
    double numberAt(std::uint64_t i) const;
};

// How a tensor type of GGML lies in the file: blocks of `elements` values in `bytes` bytes.
struct GgufBlock {
    std::uint32_t number;
    const char* name;
    std::int64_t elements, bytes;
};
// Nothing for a number that no known version of GGML uses.
const GgufBlock* ggufBlock(std::uint32_t number);

struct GgufTensor {
    std::string_view name;
    const GgufBlock* block = nullptr;
    std::vector<std::int64_t> shape; // outermost dimension first, unlike the file
    std::span<const std::byte> data;
};

struct GgufContents {
    std::uint32_t version = 0;
    std::unordered_map<std::string_view, GgufValue> metadata;
    std::vector<GgufTensor> tensors;

    const GgufValue* find(std::string_view key) const;
};

// Reads GGUF version 2 or 3 from memory; path is only for the sentences. Every length, product and
// offset is checked against the file before it is used, and what is allocated is bounded by the
// file's size. Errors name the file, the field and its value.
Result<GgufContents> parseGguf(std::span<const std::byte> file, const QString& path);

} // namespace attendre
