"""One layer's memory, step by step: places, victims, usage, and the bytes of its state.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import struct

import numpy as np

from .frames import bits, planes

KEPT, INTERVAL = 8, 32
# The usage columns, in the order in which a state holds them: name, type.
USAGE = (("last_mass", np.float32), ("last_tick", np.uint32), ("hits", np.uint32),
         ("mass", np.float32), ("mass_sq", np.float32))
# What a rank may equal, in the order of the format's numbers from 1; 0 is a rank of its own.
RANKS = ("tick_inserted", "last_tick", "hits", "mass", "last_mass", "mass_sq")


class TraceError(ValueError):
    """What was given cannot be recorded: one sentence that names what is wrong."""


class Layer:
    """The memory of one layer, [G][M] by slot, and what the current step did to it."""

    def __init__(self, number, heads, memory, group, rules):
        self.number, self.heads, self.memory, self.group = number, heads, memory, group
        self.rules = rules  # rank, sinks, recent, chunk
        self.tick = self.arrived = self.evicted = 0
        shape = (heads, memory)
        self.position = np.full(shape, -1, np.int32)
        self.inserted = np.full(shape, -1, np.int32)
        for name, dtype in USAGE:
            setattr(self, name, np.zeros(shape, dtype))
        self.rank = np.zeros(shape, np.float64)
        self.open = [[] for _ in range(heads)]  # entries that left and are not written yet
        self.before = None

    def error(self, what, head=None):
        where = f"layer {self.number}" + ("" if head is None else f", head {head}")
        return TraceError(f"The step cannot be recorded: {where}: {what}.")

    def array(self, given, key, columns, dtype):
        """given[key] as [G][columns]; one row stands for all heads."""
        a = np.asarray(given[key])
        if a.ndim == 1:
            a = np.broadcast_to(a, (self.heads, a.size))
        if a.shape != (self.heads, columns):
            raise self.error(f'"{key}" has the shape {list(np.shape(given[key]))} where '
                             f"[{self.heads}, {columns}] (heads, keys) was expected")
        return a.astype(dtype)

    def follow(self, step, given, arrived):
        """Takes over a step; gives the bytes of the state and notes what left."""
        unknown = set(given) - {"positions", "attention", "top", "evicted", "rank"} - {
            u[0] for u in USAGE}
        if unknown:
            raise self.error(f'there is nothing called "{sorted(unknown)[0]}" in a layer')
        if "positions" not in given:
            raise self.error('"positions", the positions of the keys, is missing')
        self.before = {n: getattr(self, n) for n in
                       ("position", "inserted", "rank", *(u[0] for u in USAGE))}
        first, self.arrived = self.tick, arrived
        self.tick += arrived
        keys = np.asarray(given["positions"])
        keys = self.array(given, "positions", keys.shape[-1] if keys.ndim else 0, np.int64)
        place = self._place(step, keys, given.get("evicted"), first)
        filled = self.position >= 0
        slots = np.where(filled, place, 0)
        at_slots = lambda a: np.where(filled, np.take_along_axis(a, slots, 1), 0)
        self.top = None
        if "attention" in given:
            self._attend(given["attention"], keys, place, first, at_slots)
        else:
            for name, dtype in USAGE:
                if name not in given:
                    raise self.error(f'without "attention" the column "{name}" is needed')
                setattr(self, name, at_slots(self.array(given, name, keys.shape[1], dtype))
                        .astype(dtype))
            if "top" in given:
                self.top = self._given_top(given["top"])
        self.rank = self._ranks(given, keys, at_slots, filled)
        return self._state(step, step % INTERVAL == 0)

    def _place(self, step, keys, told, first):
        """Free slots ascending, then the victims' ascending. Gives, for each slot, its column."""
        before, last = self.before["position"], first + self.arrived
        free = int((before[0] < 0).sum())
        self.evicted = max(0, self.arrived - free)
        if self.evicted > self.memory - free:
            raise self.error(f"{self.arrived} keys arrived in a memory of {self.memory} entries")
        self.position, self.inserted = before.copy(), self.before["inserted"].copy()
        self.victims = np.zeros((self.heads, self.evicted), np.int64)
        place = np.zeros(before.shape, np.int64)
        for head in range(self.heads):
            held = keys[head][keys[head] >= 0]
            if held.size != np.unique(held).size:
                raise self.error("a position stands twice among the keys", head)
            gone = np.flatnonzero((before[head] >= 0) & ~np.isin(before[head], held))
            if gone.size != self.evicted:
                raise self.error(
                    f"{gone.size} entries are gone where {self.arrived} keys arrived and {free} slots "
                    f"were free, so {self.evicted} must go: evict before a step's keys are inserted, "
                    "as many as find no room", head)
            self._allowed(head, gone, first)
            if told is not None:
                named = np.sort(np.broadcast_to(np.asarray(told), (self.heads, np.shape(told)[-1]))[head])
                if not np.array_equal(named, np.sort(before[head][gone])):
                    raise self.error(f'"evicted" names the positions {named.tolist()[:8]}, but '
                                     f"{np.sort(before[head][gone]).tolist()[:8]} are gone", head)
            self.victims[head] = gone
            to = np.concatenate([np.flatnonzero(before[head] < 0), gone])[:self.arrived]
            self.position[head, to] = np.arange(first, last)
            self.inserted[head, to] = step
            order = np.argsort(keys[head], kind="stable")
            found = np.searchsorted(keys[head][order], self.position[head])
            place[head] = order[np.minimum(found, order.size - 1)]
            strange = (self.position[head] >= 0) & (keys[head][place[head]] != self.position[head])
            if strange.any() or held.size != (self.position[head] >= 0).sum():
                lost = self.position[head][strange]
                raise self.error(
                    f"position {lost[0]} arrived and is not among the keys" if lost.size else
                    f"{held.size} keys are given where {(self.position[head] >= 0).sum()} can be "
                    "resident: a key that was evicted, or has not arrived, is among them", head)
        return place

    def _allowed(self, head, gone, first):
        """Victims lie outside the sinks and the recent, and have the lowest ranks."""
        held, rank = self.before["position"][head], self.before["rank"][head]
        kept = (held < self.rules["sinks"]) | (held >= first - self.rules["recent"])
        if kept[gone].any():
            raise self.error(f"position {held[gone][kept[gone]][0]} was evicted though it is "
                             "protected by sinks or recent", head)
        if not gone.size or self.rules["rank"] is None:
            return
        highest = max(zip(rank[gone], held[gone]))
        others = np.setdiff1d(np.flatnonzero(~kept & (held >= 0)), gone)
        for slot in others:
            if (rank[slot], held[slot]) < highest:
                raise self.error(f"position {highest[1]} was evicted though position {held[slot]} "
                                 f"ranks below it ({rank[slot]:g} and {highest[0]:g})", head)

    def _attend(self, attention, keys, place, first, at_slots):
        """The usage columns and the top entries out of weights [query heads][queries][keys]."""
        a = np.asarray(attention, np.float64)
        expected = (self.heads * self.group, self.arrived, keys.shape[1])
        if a.shape != expected:
            raise self.error(f'"attention" has the shape {list(a.shape)} where {list(expected)} '
                             "(query heads, queries, keys) was expected")
        if not np.isfinite(a).all() or (a < 0).any():
            raise self.error('"attention" holds a weight that is negative or no number')
        queries = np.arange(first, first + self.arrived)
        visible = (keys[:, None, :] >= 0) & (keys[:, None, :] <= queries[None, :, None])
        if (a.reshape(self.heads, self.group, *a.shape[1:])[~np.broadcast_to(
                visible[:, None], (self.heads, self.group, *a.shape[1:]))] > 1e-6).any():
            raise self.error("a query gives weight to a key at a later position")
        sums = a.sum(axis=2)
        if np.abs(sums - 1).max(initial=0) > 0.02:
            worst = sums.flat[np.abs(sums - 1).argmax()]
            raise self.error(f"the weights of a query add up to {worst:.4g}, not to 1")
        a = (a / sums[:, :, None]).reshape(self.heads, self.group, *a.shape[1:]).mean(axis=1)
        a = np.where(visible, a, 0)
        hit = visible & (a * visible.sum(axis=2, keepdims=True) >= 1 - 1e-4)
        same = self.position == self.before["position"]
        old = lambda name: np.where(same, self.before[name], 0)
        ticks = queries + 1  # causal: A - m + j
        last = np.where(hit, ticks[None, :, None], 0).max(axis=1, initial=0)
        self.last_mass = at_slots(a.sum(axis=1)).astype(np.float32)
        self.mass = (old("mass") + self.last_mass).astype(np.float32)
        self.mass_sq = (old("mass_sq") + at_slots((a * a).sum(axis=1))).astype(np.float32)
        self.hits = (old("hits") + at_slots(hit.sum(axis=1))).astype(np.uint32)
        since = np.where(same, self.before["last_tick"], self.position + 1)
        self.last_tick = np.maximum(since, at_slots(last)).astype(np.uint32)
        self.top = self._top_of(a, visible, keys)

    def _top_of(self, a, visible, keys):
        shape = (self.heads, self.arrived, KEPT)
        positions, weights = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
        shown = np.where(visible, a, -1)
        k = min(KEPT, a.shape[2])
        order = np.argsort(-shown, axis=2, kind="stable")[:, :, :k]
        there = np.take_along_axis(shown, order, 2)
        who = np.take_along_axis(np.broadcast_to(keys[:, None, :], a.shape), order, 2)
        positions[:, :, :k] = np.where(there >= 0, who, -1)
        weights[:, :, :k] = np.maximum(there, 0)
        rest = np.maximum(0, a.sum(axis=2) - weights.sum(axis=2, dtype=np.float64))
        return positions, weights, rest.astype(np.float32)

    def _given_top(self, top):
        shape = (self.heads, self.arrived, KEPT)
        try:
            return (np.asarray(top[0], np.int32).reshape(shape),
                    np.asarray(top[1], np.float32).reshape(shape),
                    np.asarray(top[2], np.float32).reshape(shape[:2]))
        except ValueError:
            raise self.error(f'"top" is positions and weights {list(shape)} and the rest '
                             f"{list(shape[:2])}") from None

    def _ranks(self, given, keys, at_slots, filled):
        name = self.rules["rank"]
        if "rank" in given:
            rank = self.array(given, "rank", keys.shape[1], np.float64)
            if np.isnan(rank).any():
                raise self.error('"rank" holds a value that is no number')
            return at_slots(rank).astype(np.float64)
        if name == "given":
            raise self.error('"rank", of each key, is missing')
        if name is None:
            return np.zeros(self.position.shape)
        column = self.position + 1 if name == "tick_inserted" else getattr(self, name)
        return np.where(filled, column, 0).astype(np.float64)

    def note_left(self, step):
        """Entries that left, with the usage of the end of the step before."""
        b = self.before
        for head in range(self.heads):
            for slot in self.victims[head]:
                at = (head, slot)
                self.open[head].append((
                    int(b["position"][at]), int(slot), int(b["inserted"][at]), step,
                    b["last_tick"][at], b["hits"][at], b["mass"][at], b["mass_sq"][at],
                    b["last_mass"][at], b["rank"][at]))

    def occupancy(self):
        return int((self.position[0] >= 0).sum())

    def _source(self):
        """The number of the column that the rank equals in every resident; 0 where none does."""
        filled = self.position >= 0
        hint = [self.rules["rank"]] if self.rules["rank"] in RANKS else []
        for name in (*hint, *(r for r in RANKS if r not in hint)):
            column = self.position + 1 if name == "tick_inserted" else getattr(self, name)
            if np.array_equal(column[filled].astype(np.float64), self.rank[filled]):
                return 1 + RANKS.index(name)
        return 0

    def _state(self, step, keyframe):
        before, source = self.before, self._source()
        kept = (before["position"] == self.position) & (not keyframe)
        out = [struct.pack("<10iqBB", self.number, self.memory, self.heads, self.tick - self.arrived,
                           self.arrived, self.tick - self.arrived, self.arrived, 0,
                           self.occupancy(), self.evicted, self.tick, 31 | (0 if source else 32),
                           source)]
        if keyframe:
            out += [planes(self.position, np.int32), planes(self.inserted, np.int32)]
        victims = np.zeros((self.heads, self.memory), np.uint8)
        np.put_along_axis(victims, self.victims, 1, 1)
        out.append(np.packbits(victims, axis=1, bitorder="little").tobytes())
        mass = np.where(kept, before["mass"] + self.last_mass, 0 if keyframe else self.last_mass)
        tick = np.where(kept, before["last_tick"], (self.position + 1).astype(np.uint32))
        hits = np.where(kept, before["hits"], np.uint32(0))
        square = np.where(kept, before["mass_sq"], np.float32(0))
        for rest in (bits(self.last_mass), self.last_tick - tick, self.hits - hits,
                     bits(self.mass) ^ bits(mass.astype(np.float32)),
                     bits(self.mass_sq) ^ bits(square)):
            out.append(planes(rest, np.uint32))
        if not source:
            # A rank of its own was stored in the step before only where that had none either.
            old = np.where(kept & self.raw, before["rank"], 0.0) if step else np.zeros_like(self.rank)
            out.append(planes(bits(self.rank) ^ bits(old), np.uint64))
        self.raw = not source
        if self.top is not None:
            for part, dtype in zip(self.top, (np.int32, np.float32, np.float32)):
                out.append(planes(part, dtype))
        head = bytes([1, (1 if keyframe else 0) | (4 if self.top is not None else 0)])
        return head, b"".join(out)
