// Runs a fuzz target's LLVMFuzzerTestOneInput on seed files, on each seed cut off at many lengths,
// and on thousands of damaged copies with a fixed random seed. A crash, an exception or a
// sanitizer's report fails the test.
//
//     replay CASES SEED...

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <sys/resource.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

// From a block of exactly its size, so that a sanitizer sees every byte read beyond the end.
void runOne(const Bytes& bytes) {
    const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    LLVMFuzzerTestOneInput(exact.get(), bytes.size());
}

class Damage {
  public:
    explicit Damage(std::uint64_t seed) : m_random(seed) {}

    Bytes apply(const Bytes& original) {
        Bytes bytes = original;
        for (std::uint64_t i = 0, times = 1 + below(4); i < times && !bytes.empty(); ++i)
            once(bytes);
        return bytes;
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return m_random() % bound; }

    // Mostly near the beginning, where headers are.
    std::size_t place(const Bytes& bytes) {
        const std::size_t range =
            below(4) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 4096);
        return below(range);
    }

    void once(Bytes& bytes) {
        static constexpr std::uint64_t extremes[] = {0,
                                                     1,
                                                     2,
                                                     31,
                                                     32,
                                                     33,
                                                     255,
                                                     65535,
                                                     0x7FFFFFFF,
                                                     0x80000000,
                                                     0xFFFFFFFF,
                                                     1ull << 32,
                                                     1ull << 61,
                                                     0x7FFFFFFFFFFFFFFF,
                                                     0x8000000000000000,
                                                     0xFFFFFFFFFFFFFFFF};
        const std::size_t at = place(bytes);
        switch (below(6)) {
        case 0:
            bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << below(8)));
            return;
        case 1:
            bytes[at] = static_cast<std::uint8_t>(m_random());
            return;
        case 2: {
            const std::uint64_t value = extremes[below(std::size(extremes))];
            std::memcpy(bytes.data() + at, &value,
                        std::min<std::size_t>(below(2) ? 8 : 4, bytes.size() - at));
            return;
        }
        case 3:
            bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                        bytes.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(bytes.size(), at + 1 + below(16))));
            return;
        case 4: {
            const Bytes copied(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                               bytes.begin() + static_cast<std::ptrdiff_t>(
                                                   std::min(bytes.size(), at + 1 + below(32))));
            bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(place(bytes)), copied.begin(),
                         copied.end());
            return;
        }
        default:
            bytes[at] = static_cast<std::uint8_t>("0123456789-\"{}[],:.eE\\u\0"[below(25)]);
        }
    }

    std::mt19937_64 m_random;
};

void replay(const Bytes& seed, int cases) {
    runOne(seed);
    const std::size_t step = std::max<std::size_t>(1, seed.size() / 3000);
    for (std::size_t length = 0; length < seed.size(); length += step)
        runOne(Bytes(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(length)));
    Damage damage(20240109);
    for (int i = 0; i < cases; ++i)
        runOne(damage.apply(seed));
}

} // namespace

int main(int count, char** arguments) {
#ifndef __SANITIZE_ADDRESS__
    // A hostile file must not make the program ask for memory without bound.
    const rlimit bound{2ull << 30, 2ull << 30};
    setrlimit(RLIMIT_AS, &bound);
#endif
    if (count < 3) {
        std::fputs("usage: replay CASES SEED...\n", stderr);
        return 2;
    }
    for (int i = 2; i < count; ++i) {
        std::ifstream file(arguments[i], std::ios::binary);
        const Bytes seed{std::istreambuf_iterator<char>(file), {}};
        if (seed.empty()) {
            std::fprintf(stderr, "%s cannot be read or is empty; name a seed file.\n",
                         arguments[i]);
            return 1;
        }
        replay(seed, std::atoi(arguments[1]));
        std::printf("%s: %zu bytes, %s damaged copies\n", arguments[i], seed.size(), arguments[1]);
    }
    return 0;
}
