"""Reading the dialog corpus and cutting it into training batches.

The corpus is two gzip files of UTF-8 text. Every turn is one line, `USER: ...` or
`AGENT: ...`, and an empty line follows each dialog.
"""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

IGNORED_TARGET = -100
"""Target id of padding; the loss skips it."""

_SORT_WINDOW_DIALOGS = 1024
_ROW_LENGTH_STEP_TOKENS = 16


@dataclass(frozen=True)
class CorpusFile:
    """One file of the corpus, with what is needed to prove which one it was."""

    dialogs: list[str]
    """Each with its line ends, without the empty line that follows it."""
    text_bytes: int
    sha256: str
    """Of the uncompressed text."""


@dataclass(frozen=True)
class Batch:
    """Dialogs of similar length, one per row, padded at the right."""

    inputs: np.ndarray
    targets: np.ndarray


def read_corpus_file(path: Path) -> CorpusFile:
    """Reads one gzip file. Refuses text that does not end in an empty line."""
    raw = gzip.decompress(path.read_bytes())
    text = raw.decode("utf-8")
    if not text.endswith("\n\n"):
        raise ValueError(f"{path}: expected an empty line after the last dialog")
    dialogs = [dialog + "\n" for dialog in text[:-2].split("\n\n")]
    return CorpusFile(dialogs, len(raw), hashlib.sha256(raw).hexdigest())


def cut_batches(
    sequences: list[np.ndarray], batch_tokens: int, random: np.random.Generator | None
) -> Iterator[Batch]:
    """Goes over the sequences once, in batches of at most `batch_tokens` with padding.

    With a `random`, dialogs are shuffled, sorted by length only inside a window (so that
    little is lost to padding) and the batches of a window are shuffled again. Without one,
    the order is by length: right for evaluation, where order does not matter.
    """
    order = np.arange(len(sequences))
    window = len(sequences)
    if random is not None:
        random.shuffle(order)
        window = _SORT_WINDOW_DIALOGS
    for start in range(0, len(order), window):
        chunk = sorted(order[start : start + window], key=lambda i: len(sequences[i]))
        groups = _group_by_size([sequences[i] for i in chunk], batch_tokens)
        if random is not None:
            random.shuffle(groups)
        for group in groups:
            yield _pad(group)


def chain_sequences(
    sequences: list[np.ndarray], chained_ratio: float, chain_tokens: int, random: np.random.Generator
) -> list[np.ndarray]:
    """Joins a share of the sequences end to end, in rows of about `chain_tokens`.

    A dialog is seldom longer than a few hundred tokens. Without these rows the network would
    never have seen the later positions of its context.
    """
    order = random.permutation(len(sequences))
    chained = round(len(sequences) * chained_ratio)
    rows = [sequences[i] for i in order[chained:]]
    chain: list[np.ndarray] = []
    for i in order[:chained]:
        if chain and sum(map(len, chain)) + len(sequences[i]) > chain_tokens:
            rows.append(np.concatenate(chain))
            chain = []
        chain.append(sequences[i])
    return [*rows, np.concatenate(chain)] if chain else rows


def _row_length(sequence: np.ndarray) -> int:
    predictions = len(sequence) - 1
    return -(-predictions // _ROW_LENGTH_STEP_TOKENS) * _ROW_LENGTH_STEP_TOKENS


def _group_by_size(ascending: list[np.ndarray], batch_tokens: int) -> list[list[np.ndarray]]:
    groups: list[list[np.ndarray]] = [[]]
    for sequence in ascending:
        if groups[-1] and (len(groups[-1]) + 1) * _row_length(sequence) > batch_tokens:
            groups.append([])
        groups[-1].append(sequence)
    return groups


def _pad(group: list[np.ndarray]) -> Batch:
    width = max(_row_length(sequence) for sequence in group)
    inputs = np.zeros((len(group), width), dtype=np.int64)
    targets = np.full((len(group), width), IGNORED_TARGET, dtype=np.int64)
    for row, sequence in enumerate(group):
        inputs[row, : len(sequence) - 1] = sequence[:-1]
        targets[row, : len(sequence) - 1] = sequence[1:]
    return Batch(inputs, targets)
