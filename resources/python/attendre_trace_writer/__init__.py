"""Writes a trace that Attendre Inspector opens, from somebody else's own model code.

Needs numpy alone; where `compression.zstd` or `zstandard` can be imported the files are smaller.

    writer = TraceWriter("my.trace", layers=L, heads=G, query_heads=H, memory=M, chunk=C,
                         policy="my policy", rank="tick_inserted", sinks=4, tokens=ids, texts=texts)
    for ...:    # one step: a forward pass over the next tokens
        writer.step(layers=[{"attention": a, "positions": p} for ...], nll=nll)
    writer.finish()

docs/python.md tells how it is used, docs/trace-format.md what is written, docs/pipeline.md what the
numbers mean. The mode is causal: every query is answered in the step in which it comes.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import datetime
import hashlib
import json
import os
import sqlite3
import struct
import time
import uuid

import numpy as np

from . import frames as blobs
from .frames import extent_bytes, extent_of, planes, planes_of_values
from .layer import INTERVAL, RANKS, Layer, TraceError

SCHEMA = """
CREATE TABLE t_runs(
    run INTEGER PRIMARY KEY, uuid TEXT NOT NULL, parent INTEGER, parent_step INTEGER, label TEXT,
    created TEXT, model TEXT, model_hash TEXT, document TEXT, document_hash TEXT, mode TEXT,
    device TEXT, dtype TEXT, threads INTEGER, build TEXT, tokens INTEGER, shape TEXT, config TEXT,
    resolved TEXT, policy TEXT, command TEXT, detail INTEGER, keyframe_interval INTEGER,
    steps INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0, ended TEXT);
CREATE TABLE t_count(run INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE t_steps(
    key INTEGER PRIMARY KEY, kind INTEGER, first_position INTEGER, arrived INTEGER,
    milliseconds REAL, mean_nll REAL, numbers BLOB, next BLOB);
CREATE TABLE t_layers(key INTEGER PRIMARY KEY, state BLOB);
CREATE TABLE t_tokens(key INTEGER PRIMARY KEY, count INTEGER, data BLOB);
CREATE TABLE t_nll(key INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE t_vocabulary(run INTEGER, id INTEGER, text BLOB, PRIMARY KEY(run, id)) WITHOUT ROWID;
CREATE TABLE t_lives(
    run INTEGER, layer INTEGER, head INTEGER, block INTEGER, sequence INTEGER,
    data BLOB, PRIMARY KEY(run, layer, head, block, sequence));
CREATE TABLE t_lives_until(run INTEGER, layer INTEGER, until INTEGER, PRIMARY KEY(run, layer))
    WITHOUT ROWID;
CREATE TABLE t_series(key INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE t_checked(run INTEGER PRIMARY KEY);
"""
RUN, BLOCK, ITEMS, LEVELS, SINKS_SHOWN = 1, 4096, 64, 3, 4
SEGMENTS = ("bos", "template", "document", "question", "answer")
KNOWN_POLICIES = ("fifo", "lra", "lfa", "random", "h2o", "tova", "custom", "future")
NAN = float("nan")


def _json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _hash(path):
    """The hash of the file's bytes; empty where the path names none."""
    if not path or not os.path.isfile(path):
        return ""
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
        return "sha256:" + digest.hexdigest()


def _mean(values, axis):
    """The mean over what is a number, as f32; NaN where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0).sum(axis=axis, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


class TraceWriter:
    """Writes one run into a new trace file. Use it as a context, or call finish().

    layers, heads      of the network; heads are K/V heads, query_heads a multiple of them
    memory             M, entries of each layer and head: one number, or one a layer
    chunk              C, the most tokens that a step feeds
    policy             what the cache calls its rule; definition: a sentence about it
    rank               the column that the rule evicts the lowest of (tick_inserted, last_tick, hits,
                       mass, last_mass, mass_sq), "given" where every step gives ranks, or None
                       where nobody knows them: then they are 0
    sinks, recent      the first positions and the latest arrivals that are never evicted
    tokens, texts      the ids of the input and the bytes (or text) of each; steps may give them too
    config             options of docs/pipeline.md that the run had, by their names
    """

    def __init__(self, path, *, layers, heads, memory, chunk, query_heads=None, policy="custom",
                 definition="", rank=None, rank_label=None, sinks=0, recent=0, tokens=(), texts=(),
                 spans=None, segments=None, model="", model_hash=None, document="",
                 document_hash=None, label=None, device="cpu", dtype="f32", threads=1, build="Python",
                 command="", head_dimension=0, trained_length=0, config=None, overwrite=False):
        query_heads = query_heads or heads
        memory = [int(memory)] * layers if np.ndim(memory) == 0 else [int(m) for m in memory]
        if min(layers, heads, chunk, *memory) < 1 or layers > 4096 or len(memory) != layers:
            raise TraceError(f"A trace of {layers} layers, {heads} heads, memory {memory[:4]} and "
                             f"chunk {chunk} cannot be written: each is at least 1, layers are at "
                             "most 4096, and memory is one number or one a layer.")
        if query_heads % heads:
            raise TraceError(f"query_heads is {query_heads}, which is no multiple of heads, {heads}.")
        if rank not in (None, "given", *RANKS):
            raise TraceError(f'rank is "{rank}"; it takes one of {", ".join(RANKS)}, "given" or None.')
        if sinks + recent + chunk > min(memory):
            raise TraceError(f"Nothing could be evicted: sinks {sinks} + recent {recent} + chunk "
                             f"{chunk} is above the memory of {min(memory)}.")
        if os.path.exists(path) and not overwrite:
            raise TraceError(f"{path} is there already; choose another name, or overwrite=True.")
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(str(path) + suffix):
                os.remove(str(path) + suffix)
        self.path, self.chunk, self.sinks, self.recent = path, chunk, sinks, recent
        self.steps = self.read = self.known = self.documents = self.bytes = 0
        self.words, self.tail, self.done, self.clock = set(), [], False, time.monotonic()
        self.layers = [Layer(l, heads, memory[l], query_heads // heads,
                             {"rank": rank, "sinks": sinks, "recent": recent}) for l in range(layers)]
        self.series = [[]] + [[] for _ in range(LEVELS - 1)]
        self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.db.executescript(f"PRAGMA page_size = 8192; PRAGMA application_id = {0x41545452};"
                              f"PRAGMA user_version = 1; BEGIN; {SCHEMA} COMMIT;")
        asked = {"memory": memory if len(set(memory)) > 1 else memory[0], "chunk": chunk,
                 "policy": policy if policy in KNOWN_POLICIES else "custom", "sinks": sinks,
                 "recent": recent, "detail": "full", **(config or {})}
        resolved = {"mode": "causal", "memory": memory, "query_memory": [0] * layers, "sinks": sinks,
                    "recent": recent, "granularity": "head", "output_memory": 0,
                    "output_policy": "", "output_sinks": 0, "output_recent": 0, "notices": []}
        label_of = rank_label or {None: "", "given": "rank"}.get(rank, (rank or "").replace("_", " "))
        said = {"name": policy, "title": policy, "rankColumn": rank if rank in RANKS else "",
                "definition": definition or f"Evicts by the rule {policy}, outside this program.",
                "rankLabel": label_of, "columns": ["last_tick", "hits", "mass"],
                "evictSentence": f"its {label_of} was %1, the first survivor's %2" if label_of else
                "the cache did not say by what rank", "defaultSinks": sinks,
                "defaultRecent": str(recent), "granularity": "head"}
        shape = {"layers": layers, "query_heads": query_heads, "heads": heads,
                 "head_dimension": head_dimension, "hidden": 0, "feed_forward": 0, "vocabulary": 0,
                 "trained_length": trained_length, "positions": "rotary", "default_mode": "causal",
                 "bidirectional": False}
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        row = {"run": RUN, "uuid": str(uuid.uuid4()), "label": label or policy,
               "created": now.replace("+00:00", "Z"), "model": model, "document": document,
               "model_hash": _hash(model) if model_hash is None else model_hash,
               "document_hash": _hash(document) if document_hash is None else document_hash,
               "mode": "causal", "device": device, "dtype": dtype, "threads": threads, "build": build,
               "tokens": 0, "shape": _json(shape), "config": _json(asked), "command": command,
               "resolved": _json(resolved), "policy": _json(said), "detail": 1,
               "keyframe_interval": INTERVAL}
        self.db.execute("BEGIN")
        self._insert("t_runs", **row)
        self._insert("t_checked", run=RUN)
        self.mark = uuid.uuid4().bytes
        self._insert("t_count", run=RUN, bytes=self.mark + bytes(8))
        self._add_tokens(tokens, texts, spans, segments)
        self.db.execute("COMMIT")
        self.db.execute("PRAGMA journal_mode = WAL")  # as long as the run is being written
        self.db.execute("PRAGMA synchronous = NORMAL")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.finish("" if kind is None else f"The program that wrote the trace stopped: {error}")

    def _insert(self, table, **row):
        self.db.execute(f"INSERT OR REPLACE INTO {table}({', '.join(row)}) "
                        f"VALUES({', '.join('?' * len(row))})", tuple(row.values()))

    def _rows(self, table, rows):
        """Rows whose last column is a blob, compressed side by side."""
        rows = list(rows)
        marks = ", ".join("?" * len(rows[0])) if rows else ""
        for (*key, _), frame in zip(rows, blobs.frames([bytes(row[-1]) for row in rows])):
            self.db.execute(f"INSERT OR REPLACE INTO {table} VALUES({marks})", (*key, frame))

    def _add_tokens(self, ids, texts=(), spans=None, segments=None):
        ids = [int(i) for i in ids]
        texts = [t.encode() if isinstance(t, str) else bytes(t) for t in texts] or [b""] * len(ids)
        segments = segments or ["document"] * len(ids)
        spans = [None] * len(ids) if spans is None else spans
        for name, given in (("texts", texts), ("segments", segments), ("spans", spans)):
            if len(given) != len(ids):
                raise TraceError(f"There are {len(ids)} tokens and {len(given)} {name}; each token has one.")
        words = []
        for token, text, segment, span in zip(ids, texts, segments, spans):
            if segment not in SEGMENTS:
                raise TraceError(f'A token has the segment "{segment}"; it takes one of {", ".join(SEGMENTS)}.')
            of_document = segment == "document"
            if span is None:  # the document is what its tokens' texts make together
                span = (self.bytes, self.bytes + len(text)) if of_document else (0, 0)
                self.bytes = span[1] if of_document else self.bytes
            self.tail.append((self.known, SEGMENTS.index(segment),
                              self.documents if of_document else -1, token, *span, text))
            if token not in self.words:
                self.words.add(token)
                words.append((RUN, token, text))
            self.documents += of_document
            self.known += 1
            if len(self.tail) == BLOCK:
                self._write_tail()
                self.tail = []
        self._write_tail()
        self._rows("t_vocabulary", words)
        self.db.execute("UPDATE t_runs SET tokens = ?", (self.known,))

    def _write_tail(self):
        if not self.tail:
            return
        columns = list(zip(*self.tail))
        types = (np.int32, np.uint8, np.int32, np.int32, np.int64, np.int64)
        data = struct.pack("<I", len(self.tail)) + b"".join(
            planes(np.array(c, t), t) for c, t in zip(columns, types))
        data += planes([len(t) for t in columns[6]], np.uint32) + b"".join(columns[6])
        block = self.tail[0][0] // BLOCK
        self._rows("t_tokens", [(RUN << 40 | block, len(self.tail), data)])

    def step(self, layers, arrived=None, nll=None, next=(), milliseconds=None, tokens=(), texts=()):
        """Records one step and commits it.

        layers        a dict a layer, see docs/python.md: "positions" of the keys [heads][keys] or
                      [keys], and "attention" [query heads][queries][keys], or the usage columns
        arrived       how many tokens the step fed; by default as many as the attention has queries
        nll           of each token that the step fed, in nats; the first token of all has none
        next          likely next tokens, best first: (id, log-probability) or with the text third
        milliseconds  that computing took; by default since the step before
        tokens, texts those of this step, where the constructor was not given them
        """
        if self.done:
            raise TraceError(f"{self.path} is finished; a step cannot be added to it.")
        if len(layers) != len(self.layers):
            raise TraceError(f"The step has {len(layers)} layers where the trace has {len(self.layers)}.")
        if arrived is None:
            if "attention" not in layers[0] or np.ndim(layers[0]["attention"]) != 3:
                raise TraceError("How many tokens arrived is not said: give arrived, or attention of "
                                 "three dimensions.")
            arrived = np.shape(layers[0]["attention"])[1]
        if not 0 < arrived <= self.chunk:
            raise TraceError(f"The step feeds {arrived} tokens; it takes 1 to {self.chunk}, the chunk.")
        if self.read + arrived > self.known + len(tokens):
            raise TraceError(f"The step reads up to position {self.read + arrived - 1}, but only "
                             f"{self.known + len(tokens)} tokens are known: give tokens.")
        if milliseconds is None:
            milliseconds = (time.monotonic() - self.clock) * 1000
        values = self._nll_of(nll, arrived)
        states = [self._layer(layer, given, arrived) for layer, given in zip(self.layers, layers)]
        self.db.execute("BEGIN")
        try:
            if len(tokens):
                self._add_tokens(tokens, texts)
            self._write_step(states, arrived, values, list(next), float(milliseconds))
            self.db.execute("COMMIT")
        except BaseException:
            self.db.execute("ROLLBACK")
            self.done = True
            raise
        self.read += arrived
        self.steps += 1
        self.clock = time.monotonic()

    def _layer(self, layer, given, arrived):
        try:
            return layer.follow(self.steps, given, arrived)
        except TraceError:
            self.done = True  # the layers before it have moved on: this trace ends here
            self.finish(f"Step {self.steps} was refused.", force=True)
            raise

    def _nll_of(self, nll, arrived):
        if nll is None:
            return np.zeros(0, np.float32)
        values = np.asarray(nll, np.float32).reshape(-1)
        expected = arrived - (self.read == 0)
        if values.size == arrived and self.read == 0:
            values = values[1:]
        if values.size != expected:
            raise TraceError(f"nll has {values.size} values where {expected} tokens became known.")
        return values

    def _write_step(self, states, arrived, nll, next_tokens, milliseconds):
        step, s = self.steps, self.layers
        heads = np.concatenate([self._head_numbers(layer) for layer in s], axis=1)
        per_layer = [[l.tick - l.arrived for l in s], [l.arrived for l in s],
                     [l.tick - l.arrived for l in s], [l.arrived for l in s], [0] * len(s),
                     [l.occupancy() for l in s], [l.evicted for l in s]]
        numbers = struct.pack("<II", len(s), heads.shape[1]) + b"".join(
            planes(row, np.int32) for row in per_layer)
        numbers += planes([l.tick for l in s], np.int64) + b"".join(
            planes(row, np.float32) for row in heads[:6]) + planes(heads[6], np.int32)
        likely = b"".join(struct.pack("<if", int(n[0]), float(n[1])) for n in next_tokens)
        new = {int(n[0]): n[2] for n in next_tokens if len(n) > 2 and int(n[0]) not in self.words}
        self.words |= set(new)
        self._rows("t_vocabulary", [(RUN, i, t.encode() if isinstance(t, str) else t)
                                    for i, t in new.items()])
        mean = float(np.mean(nll, dtype=np.float64)) if nll.size else None
        numbers, likely = blobs.frames([numbers, likely])
        self.db.execute("INSERT INTO t_steps VALUES(?,?,?,?,?,?,?,?)",
                        (RUN << 40 | step, 0, self.read, arrived, milliseconds, mean, numbers, likely))
        for layer, (head, _), frame in zip(s, states, blobs.frames([b for _, b in states])):
            self._insert("t_layers", key=RUN << 44 | step << 12 | layer.number, state=head + frame)
        if nll.size:
            self._rows("t_nll", [(RUN << 40 | max(1, self.read), planes_of_values(nll))])
        for layer in s:
            layer.note_left(step)
        for number in range(step % INTERVAL, len(s), INTERVAL):
            self._write_lives(s[number], step)
        self._add_series(heads, mean, milliseconds)
        self.db.execute("UPDATE t_runs SET steps = ?", (step + 1,))
        self.db.execute("UPDATE t_count SET bytes = ?", (self.mark + struct.pack("<q", step + 1),))

    def _head_numbers(self, l):
        """Rows: hit rate, sink, recent and chunk share, agreement with FIFO, age, never hit."""
        first, out = l.tick - l.arrived, np.zeros((7, l.heads))
        same = l.position == l.before["position"]
        old = np.where(same, l.before["hits"], 0).astype(np.int64)
        here = l.position >= 0
        hits = np.where(here, np.maximum(l.hits.astype(np.int64) - old, 0), 0).sum(axis=1)
        out[0] = hits / max(1, l.arrived * l.occupancy())
        mass = np.where(here, l.last_mass.astype(np.float64), 0)
        whole = mass.sum(axis=1)
        sink, own = l.position < SINKS_SHOWN, l.position >= first
        for row, which in ((1, sink), (2, ~sink & ~own & (l.position >= first - self.chunk)),
                           (3, ~sink & own)):
            out[row] = np.where(whole > 0, (mass * which).sum(axis=1) / np.where(whole > 0, whole, 1), 0)
        out[4] = 1
        for head in range(l.heads if l.evicted else 0):
            held = l.before["position"][head]
            free = np.sort(held[(held >= self.sinks) & (held < first - self.recent)])
            gone = held[l.victims[head]]
            out[4, head] = (gone <= free[l.evicted - 1]).mean()
            out[5, head] = (l.tick - (gone + 1.0)).mean()
            out[6, head] = (l.before["hits"][head][l.victims[head]] == 0).sum()
        return out

    def _write_lives(self, layer, step):
        rows = []
        for head, left in enumerate(layer.open):
            left = sorted(left)
            for block in sorted({e[0] // BLOCK for e in left}):
                columns = list(zip(*(e for e in left if e[0] // BLOCK == block)))
                types = (np.int32,) * 4 + (np.uint32,) * 2 + (np.float32,) * 3 + (np.float64,)
                data = struct.pack("<I", len(columns[0])) + b"".join(
                    planes(np.array(c, t), t) for c, t in zip(columns, types))
                rows.append((RUN, layer.number, head, block, step, data))
            layer.open[head] = []
        self._rows("t_lives", rows)
        self._insert("t_lives_until", run=RUN, layer=layer.number, until=step)

    def _add_series(self, heads, mean, milliseconds):
        """Channels: ten of the run, then eight a layer, then six a layer and head."""
        count, g = len(self.layers), self.layers[0].heads
        six = heads[[0, 1, 2, 4, 6, 5]].astype(np.float32).reshape(6, count, g).transpose(1, 2, 0).copy()
        evicted = np.array([l.evicted > 0 for l in self.layers])
        six[~evicted, :, 3] = six[~evicted, :, 5] = np.nan
        of_layer = np.concatenate([
            np.array([[l.occupancy(), l.evicted] for l in self.layers], np.float32), _mean(six, 1)], axis=1)
        run = np.concatenate([[NAN if mean is None else mean, milliseconds], _mean(of_layer, 0)])
        self.series[0].append(np.concatenate([run, of_layer.ravel(), six.ravel()]).astype(np.float32))
        self._fold(self.steps + 1)

    def _fold(self, steps, end=False):
        """Writes what fills a row of 64, at the end what is open, and its extents a level above."""
        items = steps
        for level in range(LEVELS):
            rows = self.series[level]
            if rows and (len(rows) == ITEMS or end):
                block = (items - 1) // ITEMS
                self.series[level] = []
                table = np.stack(rows, axis=1)  # [channels][items] or [channels][items][4 numbers]
                self._rows("t_series", [
                    (((RUN * LEVELS + level) << 19 | c) << 22 | block,
                     planes_of_values(v) if level == 0 else extent_bytes(v)) for c, v in enumerate(table)])
                if level + 1 < LEVELS:
                    self.series[level + 1].append(extent_of(table, level))
            items = -(-items // ITEMS)

    def finish(self, reason="", force=False):
        """Writes what is open. reason: why the run ended early, a sentence; without one it is
        complete, and every token of the input must have been read."""
        if self.done and not force:
            return
        short = not reason and self.read != self.known
        if short:
            reason = f"The input was read up to {self.read} of {self.known} tokens."
        self.done = True
        self.db.execute("BEGIN")
        for layer in self.layers if self.steps else ():
            self._write_lives(layer, self.steps - 1)
        self._fold(self.steps, end=True)
        self.db.execute("UPDATE t_runs SET finished = ?, ended = ?", (0 if reason else 1, reason))
        self.db.execute("COMMIT")
        try:
            self.db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:  # somebody reads it just now, and leaves that mode at the end
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.close()
