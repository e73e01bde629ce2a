#include "model/formats/json_file.h"
#include "model/formats/model_config.h"

#include <cstdlib>

using namespace attendre;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const QString path = QStringLiteral("fuzz/config.json");
    auto json = parseJsonObject(
        QByteArray(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size)), path);
    if (!json)
        return json.error().sentence.isEmpty() ? std::abort(), 1 : 0;
    if (auto description = readModelConfig(*json, path))
        if (rotaryFrequencies(*description).empty())
            std::abort();
    return 0;
}
