"""Trains the demo language model and exports it to GGUF: one command, seeded.

    python train.py --corpus FOLDER --out FOLDER --budget-s 2520

FOLDER holds train.txt.gz and val.txt.gz. The learning rate falls to zero at the end of the
time budget, or after --steps batches when that is given (the way to repeat a run exactly on
a machine of another speed).
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from corpus import IGNORED_TARGET, Batch, CorpusFile, chain_sequences, cut_batches, read_corpus_file
from export_gguf import export_gguf
from network import Network, NetworkShape
from tokenizer import encode_dialogs, load_tokenizer, train_tokenizer

WARM_UP_RATIO = 0.02
DECAY_RATIO = 0.6


@dataclass(frozen=True)
class Progress:
    """How far the run is, by the clock or by the count of steps."""

    step: int
    elapsed_s: float
    ratio: float


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder with train.txt.gz and val.txt.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, tokenizer, metrics and GGUF")
    parser.add_argument("--budget-s", type=float, default=2520.0, help="training time")
    parser.add_argument("--steps", type=int, help="train this many batches instead of a time budget")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--chained-ratio", type=float, default=0.1, help="share of the dialogs joined to rows of a whole context")
    parser.add_argument("--matrix-learning-rate", type=float, default=6e-3, help="Muon, for the matrices of the blocks")
    parser.add_argument("--other-learning-rate", type=float, default=4e-3, help="AdamW, for the embedding and the norms")
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--dropout-ratio", type=float, default=0.05)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--quantisation", choices=("q8_0", "f16"), default="q8_0")
    parser.add_argument("--report-interval-s", type=float, default=60.0)
    parser.add_argument("--checkpoint-interval-s", type=float, default=240.0)
    return parser.parse_args()


def learning_rate_ratio(progress_ratio: float) -> float:
    """Rises over the warm-up, stays, then falls in a straight line to zero."""
    rise = progress_ratio / WARM_UP_RATIO
    fall = (1.0 - progress_ratio) / DECAY_RATIO
    return max(0.0, min(1.0, rise, fall))


def create_optimisers(network: Network, arguments: argparse.Namespace) -> list[torch.optim.Optimizer]:
    matrices = [p for p in network.blocks.parameters() if p.dim() == 2]
    norms = [p for p in network.parameters() if p.dim() == 1]
    muon = torch.optim.Muon(
        matrices,
        lr=arguments.matrix_learning_rate,
        weight_decay=arguments.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
    adam = torch.optim.AdamW(
        [
            {"params": [network.embedding.weight], "weight_decay": arguments.weight_decay},
            {"params": norms, "weight_decay": 0.0},
        ],
        lr=arguments.other_learning_rate,
        betas=(0.9, 0.95),
    )
    for optimiser in (muon, adam):
        for group in optimiser.param_groups:
            group["peak_learning_rate"] = group["lr"]
    return [muon, adam]


def batch_loss_nats(network: nn.Module, batch: Batch, reduction: str) -> torch.Tensor:
    logits = network(torch.from_numpy(batch.inputs))
    return functional.cross_entropy(
        logits.float().flatten(0, 1),
        torch.from_numpy(batch.targets).flatten(),
        ignore_index=IGNORED_TARGET,
        reduction=reduction,
    )


def measure_bits(network: Network, sequences: list[np.ndarray]) -> float:
    """Bits that the network needs for all the sequences, in 32-bit arithmetic."""
    network.eval()
    with torch.inference_mode():
        nats = sum(
            batch_loss_nats(network, batch, "sum").item()
            for batch in cut_batches(sequences, 8192, None)
        )
    network.train()
    return nats / math.log(2)


def endless_batches(
    sequences: list[np.ndarray], context_tokens: int, arguments: argparse.Namespace
) -> Iterator[Batch]:
    """Epoch after epoch, each with an order and chains of its own."""
    random = np.random.default_rng(arguments.seed)
    while True:
        rows = chain_sequences(sequences, arguments.chained_ratio, context_tokens, random)
        yield from cut_batches(rows, arguments.batch_tokens, random)


def take_step(network: Network, optimisers: list, batch: Batch, progress: Progress, precision: str) -> float:
    """One update; returns the mean loss of the batch in nats per token."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["peak_learning_rate"] * learning_rate_ratio(progress.ratio)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        loss = batch_loss_nats(network, batch, "mean")
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return loss.item()


class Report:
    """Prints the course of the run and saves checkpoints, each at its own interval."""

    def __init__(self, arguments: argparse.Namespace, val_sample: list[np.ndarray], val_sample_bytes: int) -> None:
        self.arguments = arguments
        self.val_sample = val_sample
        self.val_sample_bytes = val_sample_bytes
        self.tokens = 0
        self.losses: list[float] = []
        self.reported_at_s = 0.0
        self.checkpoint_at_s = 0.0

    def after_step(self, network: Network, progress: Progress, batch: Batch, loss: float) -> None:
        self.tokens += int((batch.targets != IGNORED_TARGET).sum())
        self.losses.append(loss)
        if progress.elapsed_s - self.reported_at_s >= self.arguments.report_interval_s:
            self.reported_at_s = progress.elapsed_s
            self._print(network, progress)
        if progress.elapsed_s - self.checkpoint_at_s >= self.arguments.checkpoint_interval_s:
            self.checkpoint_at_s = progress.elapsed_s
            torch.save(network.state_dict(), self.arguments.out / "checkpoint.pt")

    def _print(self, network: Network, progress: Progress) -> None:
        bits_per_byte = measure_bits(network, self.val_sample) / self.val_sample_bytes
        mean_loss = sum(self.losses) / len(self.losses)
        self.losses = []
        print(
            f"{progress.elapsed_s:7.0f} s  step {progress.step:6d}  "
            f"{self.tokens / progress.elapsed_s:7.0f} tokens/s  "
            f"train {mean_loss:.4f} nats/token  val sample {bits_per_byte:.4f} bits/byte",
            flush=True,
        )


def fit(network: Network, train: list[np.ndarray], report: Report) -> dict:
    """Trains until the budget is spent. Returns what the run took."""
    arguments = report.arguments
    optimisers = create_optimisers(network, arguments)
    batches = endless_batches(train, network.shape.context_tokens, arguments)
    started_s = time.monotonic()
    step = 0
    while True:
        elapsed_s = time.monotonic() - started_s
        ratio = step / arguments.steps if arguments.steps else elapsed_s / arguments.budget_s
        if ratio >= 1.0:
            break
        batch = next(batches)
        step += 1
        progress = Progress(step, elapsed_s, ratio)
        loss = take_step(network, optimisers, batch, progress, arguments.precision)
        report.after_step(network, progress, batch, loss)
    return {
        "steps": step,
        "training_s": round(elapsed_s, 1),
        "trained_tokens": report.tokens,
        "tokens_per_s": round(report.tokens / elapsed_s),
        "epochs": round(report.tokens / sum(len(s) - 1 for s in train), 2),
    }


def provenance(files: dict[str, CorpusFile]) -> dict:
    return {
        name: {"sha256": file.sha256, "text_bytes": file.text_bytes, "dialogs": len(file.dialogs)}
        for name, file in files.items()
    }


def main() -> None:
    arguments = read_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)

    shape = NetworkShape()
    files = {name: read_corpus_file(arguments.corpus / name) for name in ("train.txt.gz", "val.txt.gz")}
    train_file, val_file = files["train.txt.gz"], files["val.txt.gz"]
    tokenizer_path = arguments.out / "tokenizer.model"
    train_tokenizer(train_file.dialogs, shape.vocabulary_size, tokenizer_path)
    tokenizer = load_tokenizer(tokenizer_path)
    train = encode_dialogs(tokenizer, train_file.dialogs)
    val = encode_dialogs(tokenizer, val_file.dialogs)

    network = Network(shape, arguments.dropout_ratio)
    parameters = sum(p.numel() for p in network.parameters())
    print(
        f"{parameters} parameters; {sum(map(len, train))} training tokens; "
        f"{val_file.text_bytes / sum(len(s) - 1 for s in val):.3f} bytes per token on val; "
        f"longest val dialog {max(map(len, val))} tokens",
        flush=True,
    )
    sample_bytes = sum(len(dialog.encode()) + 1 for dialog in val_file.dialogs[::5])
    run = fit(network, train, Report(arguments, val[::5], sample_bytes))

    torch.save(network.state_dict(), arguments.out / "checkpoint.pt")
    gguf_path = arguments.out / "demo.gguf"
    export_gguf(network.state_dict(), shape, tokenizer_path, gguf_path, arguments.quantisation)
    metrics = {
        "val_bits_per_byte": round(measure_bits(network, val) / val_file.text_bytes, 4),
        "train_bits_per_byte": round(
            measure_bits(network, train[::20])
            / sum(len(dialog.encode()) + 1 for dialog in train_file.dialogs[::20]), 4
        ),
        "parameters": parameters,
        "shape": shape.as_record(),
        "run": run,
        "seed": arguments.seed,
        "threads": arguments.threads,
        "gguf_bytes": gguf_path.stat().st_size,
        "corpus": provenance(files),
    }
    (arguments.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
