"""The trace's blobs: arrays as planes of bytes, and zstd frames with their checksum.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import os
import struct

import numpy as np

P1, P2, P3, P4, P5 = (np.uint64(p) for p in (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5))
ALL64 = (1 << 64) - 1


def _rotated(x, r):
    return (x << np.uint64(r)) | (x >> np.uint64(64 - r))


def _finish_hash(h, data, at):
    """The last bytes of XXH64, fewer than a stripe of 32, in Python's whole numbers."""
    p1, p2, p3, p4, p5 = (int(p) for p in (P1, P2, P3, P4, P5))
    turn = lambda x, r: ((x << r) | (x >> (64 - r))) & ALL64
    while at + 8 <= len(data):
        k = turn(int.from_bytes(data[at:at + 8], "little") * p2 & ALL64, 31) * p1 & ALL64
        h = (turn(h ^ k, 27) * p1 + p4) & ALL64
        at += 8
    if at + 4 <= len(data):
        h = (turn(h ^ (int.from_bytes(data[at:at + 4], "little") * p1 & ALL64), 23) * p2 + p3) & ALL64
        at += 4
    for byte in data[at:]:
        h = turn(h ^ (byte * p5 & ALL64), 11) * p1 & ALL64
    h = (h ^ (h >> 33)) * p2 & ALL64
    h = (h ^ (h >> 29)) * p3 & ALL64
    return h ^ (h >> 32)


def xxh64(blobs):
    """XXH64 with seed 0 of each blob. Stripes follow one another, so many blobs go side by side."""
    order = sorted(range(len(blobs)), key=lambda i: -len(blobs[i]))
    stripes = np.array([len(blobs[i]) // 32 for i in order], np.int64)
    lanes = np.empty((len(blobs), 4), np.uint64)
    with np.errstate(over="ignore"):
        lanes[:] = (P1 + P2, P2, np.uint64(0), np.uint64(0) - P1)
        width = int(stripes[0]) if len(blobs) else 0
        words = np.zeros((len(blobs), width, 4), np.uint64)
        for row, i in enumerate(order):
            words[row, :stripes[row]] = np.frombuffer(
                blobs[i], "<u8", int(stripes[row]) * 4).reshape(-1, 4)
        words *= P2
        for s in range(width):
            rows = int(np.searchsorted(-stripes, -s, "left"))
            lanes[:rows] = _rotated(lanes[:rows] + words[:rows, s], 31) * P1
        h = (_rotated(lanes[:, 0], 1) + _rotated(lanes[:, 1], 7) + _rotated(lanes[:, 2], 12)
             + _rotated(lanes[:, 3], 18))
        for lane in range(4):
            h = (h ^ (_rotated(lanes[:, lane] * P2, 31) * P1)) * P1 + P4
    sums = [0] * len(blobs)
    for row, i in enumerate(order):
        start = int(h[row]) if stripes[row] else int(P5)
        sums[i] = _finish_hash((start + len(blobs[i])) & ALL64, blobs[i], int(stripes[row]) * 32)
    return sums


def _blocks(data):
    """zstd blocks (RFC 8878, 3.1.1.2) of the stored kind, and of the run-length kind where 512
    bytes or more are equal, as the planes of what did not change are."""
    whole = len(data) // 512
    rows = np.frombuffer(data, np.uint8, whole * 512).reshape(whole, 512)
    flat = (rows == rows[:, :1]).all(axis=1)
    kinds = [int(row[0]) if equal else -1 for row, equal in zip(rows, flat)]
    out, at, i = [], 0, 0
    while i < whole:
        end = i
        while end < whole and kinds[end] == kinds[i] and end - i < 256:
            end += 1
        size = (end - i) * 512
        out.append((1, size, bytes([kinds[i]])) if kinds[i] >= 0 else (0, size, data[at:at + size]))
        at, i = at + size, end
    if at < len(data) or not out:
        out.append((0, len(data) - at, data[at:]))
    return b"".join(
        struct.pack("<I", (size << 3) | (kind << 1) | (n == len(out) - 1))[:3] + content
        for n, (kind, size, content) in enumerate(out))


def stored_frames(blobs):
    """A zstd frame of each: single segment, the content's size, blocks, the checksum."""
    frames = []
    for data, checksum in zip(blobs, xxh64(blobs)):
        n = len(data)
        size = (struct.pack("<BB", 0x24, n) if n < 256
                else struct.pack("<BH", 0x64, n - 256) if n < 65792 else struct.pack("<BI", 0xA4, n))
        frames.append(struct.pack("<I", 0xFD2FB528) + size + _blocks(data)
                      + struct.pack("<I", checksum & 0xFFFFFFFF))
    return frames


def _frame_maker():
    if os.environ.get("ATTENDRE_STORED_FRAMES"):
        return stored_frames
    try:
        from compression import zstd
        options = {zstd.CompressionParameter.compression_level: 1,
                   zstd.CompressionParameter.checksum_flag: 1}
        return lambda blobs: [zstd.compress(blob, options=options) for blob in blobs]
    except ImportError:
        pass
    try:
        import zstandard
        made = zstandard.ZstdCompressor(level=1, write_checksum=True, write_content_size=True)
        return lambda blobs: [made.compress(blob) for blob in blobs]
    except ImportError:
        return stored_frames


frames = _frame_maker()


def planes(values, dtype):
    """All lowest bytes, then all second ones, and so on."""
    array = np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).reshape(-1)
    return array.view(np.uint8).reshape(array.size, array.itemsize).T.tobytes()


def bits(array):
    return np.ascontiguousarray(array).view(np.uint64 if array.dtype.itemsize == 8 else np.uint32)


def planes_of_values(values):
    """f32 values one behind the other, as the series and the nll hold them: not in planes."""
    return np.asarray(values, "<f4").tobytes()


def extent_of(table, level):
    """Minimum, maximum, mean and count of each channel's items: [channels][4]."""
    if level == 0:
        there = ~np.isnan(table)
        low, high, mean, count = table, table, table, there.astype(np.float64)
    else:
        low, high, mean, count = (table[..., i] for i in range(4))
        there = count > 0
    total = count.sum(axis=1)
    filled = total > 0
    sums = np.where(there, mean.astype(np.float64) * count, 0).sum(axis=1)
    return np.stack([
        np.where(filled, np.where(there, low, np.inf).min(axis=1), 0),
        np.where(filled, np.where(there, high, -np.inf).max(axis=1), 0),
        (sums / np.maximum(total, 1)).astype(np.float32), total], axis=1)


def extent_bytes(extents):
    rows = np.zeros(len(extents), [("numbers", "<f4", 3), ("count", "<i4")])
    rows["numbers"], rows["count"] = extents[:, :3], extents[:, 3]
    return rows.tobytes()
