"""Writes the trained network and its tokenizer as one GGUF file of the llama architecture.

Also a command, to export a checkpoint of a run that is still going:

    python export_gguf.py --run FOLDER --out FILE.gguf
"""

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import quantize

from network import NetworkShape
from tokenizer import BEGIN_ID, END_ID, UNKNOWN_ID, load_tokenizer

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}{{ 'USER: ' + message['content'] + '\\n' }}"
    "{%- elif message['role'] == 'assistant' -%}{{ 'AGENT: ' + message['content'] + '\\n' }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ 'AGENT:' }}{%- endif -%}"
)

_BLOCK_MATRICES = {
    "attention.value": "attn_v",
    "attention.output": "attn_output",
    "feed_forward.gate": "ffn_gate",
    "feed_forward.up": "ffn_up",
    "feed_forward.down": "ffn_down",
}
_BLOCK_NORMS = {"attention_norm": "attn_norm", "feed_forward_norm": "ffn_norm"}


def interleave_pairs(matrix: np.ndarray, heads: int) -> np.ndarray:
    """Reorders the rows of each head from (first halves, second halves) to pairs.

    Training rotates (i, i + half), llama.cpp rotates (2i, 2i + 1); queries and keys move
    together, so their products stay the same.
    """
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows, columns)


def _matrices(weights: dict[str, np.ndarray], shape: NetworkShape) -> dict[str, np.ndarray]:
    named = {"token_embd": weights["embedding.weight"]}
    for layer in range(shape.layers):
        source, target = f"blocks.{layer}", f"blk.{layer}"
        query = weights[f"{source}.attention.query.weight"]
        key = weights[f"{source}.attention.key.weight"]
        named[f"{target}.attn_q"] = interleave_pairs(query, shape.heads)
        named[f"{target}.attn_k"] = interleave_pairs(key, shape.key_value_heads)
        for ours, theirs in _BLOCK_MATRICES.items():
            named[f"{target}.{theirs}"] = weights[f"{source}.{ours}.weight"]
    return named


def _norms(weights: dict[str, np.ndarray], shape: NetworkShape) -> dict[str, np.ndarray]:
    named = {"output_norm": weights["output_norm.weight"]}
    for layer in range(shape.layers):
        for ours, theirs in _BLOCK_NORMS.items():
            named[f"blk.{layer}.{theirs}"] = weights[f"blocks.{layer}.{ours}.weight"]
    return named


def _add_shape(writer: gguf.GGUFWriter, shape: NetworkShape) -> None:
    writer.add_context_length(shape.context_tokens)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward_width)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_value_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_vocab_size(shape.vocabulary_size)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer_path: Path) -> None:
    tokenizer = load_tokenizer(tokenizer_path)
    ids = range(tokenizer.vocab_size())
    user_defined = {tokenizer.piece_to_id(symbol) for symbol in ("\n", "USER:", "AGENT:")}

    def token_type(token: int) -> gguf.TokenType:
        if tokenizer.is_unknown(token):
            return gguf.TokenType.UNKNOWN
        if tokenizer.is_control(token):
            return gguf.TokenType.CONTROL
        if tokenizer.is_byte(token):
            return gguf.TokenType.BYTE
        return gguf.TokenType.USER_DEFINED if token in user_defined else gguf.TokenType.NORMAL

    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([tokenizer.id_to_piece(token).encode() for token in ids])
    writer.add_token_scores([tokenizer.get_score(token) for token in ids])
    writer.add_token_types([token_type(token) for token in ids])
    writer.add_unk_token_id(UNKNOWN_ID)
    writer.add_bos_token_id(BEGIN_ID)
    writer.add_eos_token_id(END_ID)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export_gguf(
    state: dict[str, torch.Tensor], shape: NetworkShape, tokenizer_path: Path, gguf_path: Path, quantisation: str
) -> None:
    """`quantisation` is `q8_0` or `f16` and holds for matrices; norms stay in 32 bits."""
    quantised_type = {"q8_0": gguf.GGMLQuantizationType.Q8_0, "f16": gguf.GGMLQuantizationType.F16}[quantisation]
    file_type = {"q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "f16": gguf.LlamaFileType.MOSTLY_F16}[quantisation]
    weights = {name: tensor.detach().float().numpy() for name, tensor in state.items()}

    writer = gguf.GGUFWriter(gguf_path, "llama")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("busyhour demo")
    writer.add_description("Tiny dialog model for demonstrations and measurements; see MODEL_CARD.md")
    writer.add_size_label(f"{sum(w.size for w in weights.values()) / 1e6:.1f}M")
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_shape(writer, shape)
    _add_tokenizer(writer, tokenizer_path)
    for name, matrix in _matrices(weights, shape).items():
        writer.add_tensor(f"{name}.weight", quantize(matrix, quantised_type), raw_dtype=quantised_type)
    for name, norm in _norms(weights, shape).items():
        writer.add_tensor(f"{name}.weight", norm)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports a checkpoint to GGUF.")
    parser.add_argument("--run", type=Path, required=True, help="the --out folder of train.py")
    parser.add_argument("--out", type=Path, required=True, help="the GGUF file to write")
    parser.add_argument("--quantisation", choices=("q8_0", "f16"), default="q8_0")
    arguments = parser.parse_args()
    state = torch.load(arguments.run / "checkpoint.pt", weights_only=True)
    export_gguf(state, NetworkShape(), arguments.run / "tokenizer.model", arguments.out, arguments.quantisation)


if __name__ == "__main__":
    main()
