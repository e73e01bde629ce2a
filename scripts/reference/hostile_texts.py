"""Texts that tokenizers get wrong: by hand, and put together at random from awkward parts."""

import random
import unicodedata

BY_HAND = [
    " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\n\n\n", " \n", "\n ", "\r\n\r\n", "\t\t x", "\x0b\x0c",
    "a", " a", "a ", "  a", "a  b", "a   b    c", "a\nb", "a\r\nb", "a \r\n b", "a\n\n  b", "x \n\n\n y  ",
    "In the beginning God created the heaven and the earth.\r\nAnd the earth was without form.\r\n",
    "I'm you're he's we'll they've I'd don't 'tis 'TIS IT'S WE'LL I'M YOU'RE THEY'VE I'D DON'T",
    "it's it\u2019s it\u2018s 's 't 're 've 'm 'll 'd ''s '' ' 'x 'S 'T 'Re 'vE", "'\u017f he'\u017f I'\u017f",
    "o'clock rock'n'roll '90s 'll'll 's's", "1", "12", "123", "1234", "12345", "1234567890", " 1 12 123 1234 ",
    "3.14159 1,000,000 1e-5 0x1F 2024-01-31 12:30:59 \u00bd \u00b2\u00b3 \u2167 \u2460 \u0661\u0662\u0663 \u096a\u096b \u4e00\u4e8c",
    "x1y2z3 a1b22c333d4444", "\U0001d7d8\U0001d7d9\U0001d7da \U0001d400\U0001d401", "\u3007\u3021 \u2155",
    "caf\u00e9 cafe\u0301 \u00c5 A\u030a \u212b", "e\u0301\u0323 e\u0323\u0301 \u1eb9\u0301", "\u0301 a\u0301\u0301\u0301\u0301 \u0300x",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 \uac00\u11a8", "\u0915\u093c \u0958 \u0929 \u0928\u093c",
    "\u09c7\u09be \u09cb \u0b47\u0b3e \u0bc6\u0bbe \u0dd9\u0dcf\u0dca", "\u1100\u1161\u1100\u1161\u11a8", "\ufb01 \ufb01ne \u2126 \u2160 \u00b5",
    "\u0623\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645 \u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05d1\u05b0\u05bc\u05e8\u05b5\u05d0\u05e9\u05b4\u05c1\u05d9\u05ea",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u8d77\u521d\u3001\u795e\u521b\u9020\u5929\u5730\u3002", "\u521d\u3081\u306b\u3001\u795e\u304c\u5929\u3068\u5730\u3092\u5275\u9020\u3057\u305f\u3002\u304b\u3099 \u30ab\u3099",
    "\u0e43\u0e19\u0e1b\u0e10\u0e21\u0e01\u0e32\u0e25 \u0e01\u0e33\u0e33", "\u0412 \u043d\u0430\u0447\u0430\u043b\u0435 \u0441\u043e\u0442\u0432\u043e\u0440\u0438\u043b \u0411\u043e\u0433 \u0438\u0306 \u0439", "\u0391\u03c1\u03c7\u03ae \u03ac \u1f71 \u03b1\u0301",
    "\U0001f600", "\U0001f600\U0001f600", " \U0001f600 x", "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f44d\U0001f3fd\U0001f44d", "\u2764\ufe0f\u200d\U0001f525", "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3",
    "\u00a0", "a\u00a0b", "\u2003x\u2003", "\u3000\u3000x", "\u200bx\u200b", "\ufeffx", "\u180ex \u180e\u180e", "\u2028x\u2029y", "\u0085x\u0085", "\u1680x", "\u202f1\u202f000", "\u205f \u205f", "\x1c\x1d\x1e\x1f x",
    "\x00", "a\x00b", "\x01\x02\x7f", "\ue000\uf8ff \U000f0000", "\ufffd\ufffe x", "\u00ad soft\u00adhyphen",
    "!!! ??? ... --- *** ### $$$ %%% &&& ((( )))", "a.b,c;d:e!f?g", "\"quoted\" \u201cquoted\u201d \u00abquoted\u00bb", "$100 \u20ac100 \u00a3100 +1 =2 <3> ^4 ~5 |6|", "foo_bar fooBar FooBar foo-bar foo/bar C:\\x\\y https://a.b/c?d=e&f=%20#g",
    "def f(x):\n    return x + 1\n\n\nclass A:\n\tpass\n", "{\"a\": [1, 2.5, null], \"b\": \"\\u00e9\"}", "if (a && b || !c) { d[0] = e->f; }\r\n", "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|endoftext", "<|im_start|>user\nhi<|im_end|>\n",
    "<|begin_of_text|>x", "<|<|endoftext|>|>", "x" * 300, "ab" * 200, " " * 200 + "x", "\n" * 100, "9" * 150, "\u00e9" * 90, "e\u0301" * 90, "\U0001f600" * 40, "-" * 120, "a " * 100, "' " * 20, "\u4e00" * 80,
    "[MASK]", "a[MASK]b", "a [MASK] b", "a  [MASK]\n\nb", "<r>  x", "x<r>\u3000 \t\nx", "word", "a word b", "words", "sword", "word1", "_word", "word.", "(word)", "\u00e9word", "word\u0301", "word\u24d0", "word\u203f", "wordword word word",
    "caf\u00e9X", "cafe\u0301X", "xcafe\u0301", "<a", "<ab", "<abc", "<abcd", "<ab<abc<a", "<s> </s>", "abcabcabc",
]

PARTS = [
    " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u3000", "\u2009", "\u200b", "\u200d", "\u180e", "\u0085", "\u2028",
    "a", "the", " the", "The", "God", "created", "\u00e9", "e\u0301", "\u00df", "\u0130", "\u0131", "\u017f", "\u212a", "\u01c5", "\u02b0",
    "0", "7", "42", "123", "1000", "\u0663", "\u00bd", "\u00b2", "\u2460", "\u2167", "\U0001d7d8", "'s", "'T", "'re", "'VE", "'m", "'Ll", "'d", "'", "\u2019s",
    ".", ",", "!", "?", "-", "_", "\u203f", "$", "+", "<", "|", "~", "^", "#", "\u00ac", "\u20ac", "\u2026", "\u3002", "\u00bf",
    "\u4f60", "\u597d", "\ud55c", "\u1112\u1161\u11ab", "\u11a8", "\u0915", "\u093c", "\u093f", "\u0e33", "\u0639", "\u064e", "\u05e9", "\u05c1", "\u09be", "\u09c7", "\u0301", "\u0323", "\u20dd",
    "\U0001f600", "\U0001f469", "\U0001f3fd", "\ufe0f", "\U0001f1eb", "\U000e0041", "\x00", "\x1f", "\x7f", "\ufeff", "\ufffd", "\ue000",
    "<|endoftext|>", "<|im_start|>", "<|begin_of_text|>", "[MASK]", "<r>", "word", "caf\u00e9", "<ab", "<abc",
]

RANGES = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x531, 0x5F4), (0x600, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF),
    (0x1000, 0x11FF), (0x1200, 0x1BFF), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x2E80, 0x33FF), (0x4E00, 0x4FFF), (0xA000, 0xABFF),
    (0xAC00, 0xAD00), (0xF900, 0xFFFD), (0x10000, 0x100FF), (0x1D100, 0x1D7FF), (0x1F100, 0x1FAFF), (0x20000, 0x200FF),
]


def random_character(chance: random.Random) -> str:
    # Old enough for every library's Unicode tables.
    while True:
        first, last = chance.choice(RANGES)
        character = chr(chance.randint(first, last))
        if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs"):
            return character


def hostile_texts(count: int = 360) -> list[str]:
    chance = random.Random(20240109)
    texts = list(BY_HAND)
    while len(texts) < count - 60:
        texts.append("".join(chance.choice(PARTS) for _ in range(chance.randint(2, 24))))
    while len(texts) < count:
        texts.append("".join(random_character(chance) for _ in range(chance.randint(3, 30))))
    return texts
