"""What the validation text costs without a network: byte n-grams and gzip.

    python baselines.py --corpus FOLDER [--longest 8]

The n-gram models are fitted on the training file alone and predict every byte of the
validation file from the bytes before it, in two textbook forms of interpolation:

Witten-Bell    p_n(c|h) = (count(hc) + types(h) p_{n-1}(c|h')) / (count(h) + types(h))
Kneser-Ney     p_n(c|h) = max(count(hc) - D_n, 0) / count(h) + D_n types(h) / count(h) p_{n-1}(c|h')

h' is h without its first byte, types(h) the distinct bytes seen after h, D_n = n1 / (n1 + 2 n2)
from the n-grams seen once and twice. Below the highest order Kneser-Ney counts the distinct
bytes in front of an n-gram instead of its occurrences. Both start from 1/256 per byte.
"""

import argparse
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BITS_PER_SYMBOL = 7
LONGEST_POSSIBLE = 64 // BITS_PER_SYMBOL
UNSEEN_SYMBOL = 2**BITS_PER_SYMBOL - 1


@dataclass(frozen=True)
class Table:
    """Sorted n-grams with their counts, and their contexts with totals and types."""

    grams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    totals: np.ndarray
    types: np.ndarray


def symbols_of(text: bytes, alphabet: bytes) -> np.ndarray:
    table = np.full(256, UNSEEN_SYMBOL, dtype=np.uint64)
    table[np.frombuffer(alphabet, dtype=np.uint8)] = np.arange(len(alphabet), dtype=np.uint64)
    return table[np.frombuffer(text, dtype=np.uint8)]


def pack_grams(symbols: np.ndarray, length: int) -> np.ndarray:
    """Every run of `length` symbols as one integer, the last symbol in the lowest bits."""
    packed = np.zeros(len(symbols) - length + 1, dtype=np.uint64)
    for offset in range(length):
        packed = (packed << np.uint64(BITS_PER_SYMBOL)) | symbols[offset : offset + len(packed)]
    return packed


def tabulate(grams: np.ndarray, counts: np.ndarray) -> Table:
    """`grams` sorted and distinct."""
    contexts, first, types = np.unique(grams >> np.uint64(BITS_PER_SYMBOL), return_index=True, return_counts=True)
    return Table(grams, counts, contexts, np.add.reduceat(counts, first), types)


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of each wanted key, 0 where it is absent."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def occurrence_table(symbols: np.ndarray, length: int) -> Table:
    return tabulate(*np.unique(pack_grams(symbols, length), return_counts=True))


def continuation_table(symbols: np.ndarray, length: int) -> Table:
    """Counts of n-grams by the distinct symbols in front of them."""
    longer = np.unique(pack_grams(symbols, length + 1))
    without_first = longer & np.uint64(2 ** (BITS_PER_SYMBOL * length) - 1)
    return tabulate(*np.unique(without_first, return_counts=True))


def look_up_all(table: Table, grams: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    contexts = grams >> np.uint64(BITS_PER_SYMBOL)
    return (
        look_up(table.grams, table.counts, grams),
        look_up(table.contexts, table.totals, contexts),
        look_up(table.contexts, table.types, contexts),
    )


def mix_witten_bell(table: Table, grams: np.ndarray, lower: np.ndarray) -> np.ndarray:
    count, total, types = look_up_all(table, grams)
    return np.where(total > 0, (count + types * lower) / np.maximum(total + types, 1), lower)


def mix_kneser_ney(table: Table, grams: np.ndarray, lower: np.ndarray) -> np.ndarray:
    count, total, types = look_up_all(table, grams)
    once, twice = (table.counts == 1).sum(), (table.counts == 2).sum()
    discount = once / (once + 2 * twice) if once else 0.5
    divisor = np.maximum(total, 1)
    mixed = np.maximum(count - discount, 0) / divisor + discount * types / divisor * lower
    return np.where(total > 0, mixed, lower)


def bits_per_byte(probability: np.ndarray) -> float:
    return float(-np.log2(probability).mean())


def measure_n_grams(train: bytes, val: bytes, longest: int) -> list[tuple[int, float, float]]:
    """Rows of context length in bytes, Witten-Bell and Kneser-Ney bits per byte."""
    alphabet = bytes(sorted(set(train)))
    symbols = symbols_of(train, alphabet)
    # The end of the training text stands in front, so that the first byte has a context too.
    target = np.concatenate((symbols[-longest:], symbols_of(val, alphabet)))
    witten_bell = lower_kneser_ney = np.full(len(val), 1 / 256)
    rows = []
    for length in range(1, longest + 1):
        grams = pack_grams(target, length)[-len(val) :]
        occurrences = occurrence_table(symbols, length)
        witten_bell = mix_witten_bell(occurrences, grams, witten_bell)
        kneser_ney = mix_kneser_ney(occurrences, grams, lower_kneser_ney)
        rows.append((length - 1, bits_per_byte(witten_bell), bits_per_byte(kneser_ney)))
        if length < longest:
            lower_kneser_ney = mix_kneser_ney(continuation_table(symbols, length), grams, lower_kneser_ney)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Bits per byte of simple models on the validation text.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train.txt.gz and val.txt.gz")
    parser.add_argument("--longest", type=int, default=8, choices=range(1, LONGEST_POSSIBLE + 1), help="longest n-gram in bytes")
    arguments = parser.parse_args()
    train = gzip.decompress((arguments.corpus / "train.txt.gz").read_bytes())
    val = gzip.decompress((arguments.corpus / "val.txt.gz").read_bytes())
    print(f"gzip -9, validation file alone: {8 * len(gzip.compress(val, 9)) / len(val):.3f} bits/byte")
    print("context bytes  Witten-Bell  Kneser-Ney")
    for context_bytes, witten_bell, kneser_ney in measure_n_grams(train, val, arguments.longest):
        print(f"{context_bytes:13d}  {witten_bell:11.3f}  {kneser_ney:10.3f}")


if __name__ == "__main__":
    main()
