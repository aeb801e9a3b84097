"""The network: a small decoder of the llama architecture, and nothing else.

RMS norm before each half block, rotary positions, grouped-query attention, SwiGLU, and one
matrix for the embedding and the output.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class NetworkShape:
    """Everything that decides the shapes of the weights."""

    vocabulary_size: int = 2048
    width: int = 256
    layers: int = 5
    heads: int = 4
    key_value_heads: int = 2
    feed_forward_width: int = 640
    context_tokens: int = 2048
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    def as_record(self) -> dict:
        return asdict(self)


def rope_tables(shape: NetworkShape) -> tuple[Tensor, Tensor]:
    """Cosines and sines, one row per position, one column per pair of a head."""
    pair = torch.arange(0, shape.head_width, 2, dtype=torch.float64)
    frequency = shape.rope_base ** (-pair / shape.head_width)
    angle = torch.outer(torch.arange(shape.context_tokens, dtype=torch.float64), frequency)
    return angle.cos().float(), angle.sin().float()


def rotate(heads: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotates each pair (i, i + half) of a head.

    Halves are contiguous, which is fast here; llama.cpp pairs (2i, 2i + 1), so the export
    reorders the rows of the query and key matrices.
    """
    first, second = heads.chunk(2, dim=-1)
    return torch.cat(
        (first * cosines - second * sines, second * cosines + first * sines), dim=-1
    )


class Attention(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        key_value_width = shape.key_value_heads * shape.head_width
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, key_value_width, bias=False)
        self.value = nn.Linear(shape.width, key_value_width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        rows, tokens, width = x.shape
        split = (rows, tokens, -1, self.shape.head_width)
        query = rotate(self.query(x).view(split).transpose(1, 2), cosines, sines)
        key = rotate(self.key(x).view(split).transpose(1, 2), cosines, sines)
        value = self.value(x).view(split).transpose(1, 2)
        copies = self.shape.heads // self.shape.key_value_heads
        mixed = functional.scaled_dot_product_attention(
            query,
            key.repeat_interleave(copies, dim=1),
            value.repeat_interleave(copies, dim=1),
            is_causal=True,
        )
        return self.output(mixed.transpose(1, 2).reshape(rows, tokens, width))


class FeedForward(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.gate = nn.Linear(shape.width, shape.feed_forward_width, bias=False)
        self.up = nn.Linear(shape.width, shape.feed_forward_width, bias=False)
        self.down = nn.Linear(shape.feed_forward_width, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(functional.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, shape: NetworkShape, dropout_ratio: float) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.attention = Attention(shape)
        self.feed_forward_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.feed_forward = FeedForward(shape)
        self.dropout = nn.Dropout(dropout_ratio)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x), cosines, sines))
        return x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))


class Network(nn.Module):
    """Token ids in, logits of the next token out."""

    def __init__(self, shape: NetworkShape, dropout_ratio: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary_size, shape.width)
        self.blocks = nn.ModuleList(Block(shape, dropout_ratio) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        cosines, sines = rope_tables(shape)
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        for block in self.blocks:
            nn.init.zeros_(block.attention.output.weight)
            nn.init.zeros_(block.feed_forward.down.weight)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)
        cosines = self.cosines[: ids.shape[1]].to(x.dtype)
        sines = self.sines[: ids.shape[1]].to(x.dtype)
        for block in self.blocks:
            x = block(x, cosines, sines)
        return functional.linear(self.output_norm(x), self.embedding.weight)
