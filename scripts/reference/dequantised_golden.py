"""Writes tests/golden/formats: what gguf's own dequantisation makes of a tiny model and of random
blocks, as safetensors of float32.

Needs the packages of requirements.txt. Usage:
    python scripts/reference/dequantised_golden.py
"""

from pathlib import Path

import gguf
import numpy
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
from safetensors.numpy import save_file

from gguf_llama import library_name
from tiny_gguf import unpermute

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests/golden/formats"


def plain(array) -> numpy.ndarray:
    return numpy.array(array, dtype=numpy.float32, copy=True, order="C")


def tiny_model():
    reader = gguf.GGUFReader(ROOT / "tests/golden/models/tiny-mixed.gguf")
    heads = {"attn_q": reader.get_field("llama.attention.head_count").contents(),
             "attn_k": reader.get_field("llama.attention.head_count_kv").contents()}
    expected = {}
    for tensor in reader.tensors:
        name, kind = library_name(tensor.name)
        values = plain(dequantize(tensor.data, tensor.tensor_type))
        expected[name] = plain(unpermute(values, heads[kind])) if kind in heads else values
    save_file(expected, OUT / "tiny-mixed.safetensors")


def random_blocks():
    """Rows of every type from random bytes; scales are any finite half, subnormal ones included."""
    chance = numpy.random.default_rng(7)
    writer = gguf.GGUFWriter(OUT / "blocks.gguf", "blocks")
    expected = {}
    # The last is where the halves lie.
    for kind, block, scales in ((Type.F16, 2, [0]), (Type.BF16, 2, [0]), (Type.Q4_0, 18, [0]),
                                (Type.Q4_1, 20, [0, 2]), (Type.Q8_0, 34, [0]),
                                (Type.Q5_0, 22, [0]), (Type.Q5_1, 24, [0, 2]),
                                (Type.Q4_K, 144, [0, 2]), (Type.Q5_K, 176, [0, 2]),
                                (Type.Q6_K, 210, [208])):
        elements = gguf.GGML_QUANT_SIZES[kind][0]
        rows, blocks = {1: (48, 64), 32: (48, 2), 256: (6, 2)}[elements]
        data = chance.integers(0, 256, (rows, blocks, block), dtype=numpy.uint8)
        for scale in scales:
            high = data[:, :, scale + 1]
            # Neither infinities nor NaN.
            data[:, :, scale + 1] = numpy.where((high & 0x7C) == 0x7C, high ^ 0x40, high)
        data = data.reshape(rows, blocks * block)
        name = kind.name.lower()
        writer.add_tensor(name, data, raw_shape=data.shape, raw_dtype=kind)
        expected[name] = plain(dequantize(data, kind)).reshape(rows, blocks * elements)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, OUT / "blocks.safetensors")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    tiny_model()
    random_blocks()
