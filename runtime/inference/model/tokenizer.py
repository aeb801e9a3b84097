"""The SentencePiece tokenizer of the demo model.

Its rules are the ones llama.cpp can follow exactly: no normalisation, no invented space in
front of the text, bytes as the fallback. A line end is one token, and so are the two role
marks, because every turn needs them.
"""

import io
from pathlib import Path

import numpy as np
import sentencepiece

UNKNOWN_ID, BEGIN_ID, END_ID = 0, 1, 2
ROLE_SYMBOLS = ("USER:", "AGENT:")
LINE_END = "\n"


def train_tokenizer(dialogs: list[str], vocabulary_size: int, model_path: Path) -> None:
    """Trains a byte-pair vocabulary on the training dialogs alone and writes it."""
    lines = (line for dialog in dialogs for line in dialog.splitlines())
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines,
        model_writer=model,
        model_type="bpe",
        vocab_size=vocabulary_size,
        user_defined_symbols=[LINE_END, *ROLE_SYMBOLS],
        byte_fallback=True,
        split_digits=True,
        character_coverage=0.99999,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        unk_id=UNKNOWN_ID,
        bos_id=BEGIN_ID,
        eos_id=END_ID,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    model_path.write_bytes(model.getvalue())


def load_tokenizer(model_path: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(model_path))


def encode_dialogs(
    tokenizer: sentencepiece.SentencePieceProcessor, dialogs: list[str]
) -> list[np.ndarray]:
    """One sequence per dialog: begin, the text, end.

    The end token stands for the empty line after the dialog, so a sequence says everything
    the file says and its bits can be divided by the bytes of the file.
    """
    encoded = tokenizer.encode(dialogs)
    return [np.array([BEGIN_ID, *ids, END_ID], dtype=np.int64) for ids in encoded]
