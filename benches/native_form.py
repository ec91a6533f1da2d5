"""How far the form that the native engine computes with lies from a file: writes the file's numbers
and the form's as two GGUF files in F32, which llama.cpp scores without rounding anything.

    python3 benches/native_form.py MODEL.gguf OUT
    rebound score --engine llama --model OUT/file.gguf --text-file TEXT >OUT/file.json
    rebound score --engine llama --model OUT/form.gguf --text-file TEXT >OUT/form.json
    python3 benches/native_form.py OUT     # the mean difference, in nats a token

It needs numpy and gguf. The rules are those of models/native/src/stored.rs.
"""

import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize

KEPT = {Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0}


def halved(numbers):
    return numbers.astype(np.float16).astype(np.float32)


def in_bytes(rows):
    """32 numbers each between the least and the largest, in 8 bits."""
    blocks = rows.reshape(-1, 32)
    least, most = blocks.min(1, keepdims=True), blocks.max(1, keepdims=True)
    minimum, scale = halved(least), halved((most - least) / 255)
    steps = np.divide(blocks - minimum, scale, out=np.zeros_like(blocks), where=scale != 0)
    return (np.clip(np.rint(steps), 0, 255) * scale + minimum).reshape(rows.shape)


def eighths(raw, rows, fifth):
    """Q4_K and Q5_K with their scales rounded to f16."""
    blocks = raw.reshape(-1, 176 if fifth else 144)
    d, m = (blocks[:, at : at + 2].copy().view(np.float16).astype(np.float32) for at in (0, 2))
    s = blocks[:, 4:16].astype(np.uint8)
    low = np.concatenate([s[:, :4] & 63, s[:, 8:] & 15 | (s[:, :4] >> 6) << 4], 1)
    high = np.concatenate([s[:, 4:8] & 63, s[:, 8:] >> 4 | (s[:, 4:8] >> 6) << 4], 1)
    scale, minimum = d * low, m * high
    exact = rows.reshape(-1, 8, 32)
    scale, minimum = scale[:, :, None], minimum[:, :, None]
    steps = np.divide(exact + minimum, scale, out=np.zeros_like(exact), where=scale != 0)
    return (np.rint(steps) * halved(scale) - halved(minimum)).reshape(rows.shape)


def form(tensor, rows):
    kind = tensor.tensor_type
    if kind in KEPT or rows.ndim < 2:
        return rows
    if kind in (Kind.Q4_K, Kind.Q5_K):
        return eighths(np.asarray(tensor.data), rows, kind == Kind.Q5_K)
    return in_bytes(rows)


def write(reader, path, numbers):
    writer = GGUFWriter(path, reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind = field.types[0]
        writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == GGUFValueType.ARRAY else None)
    for tensor in reader.tensors:
        rows = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        writer.add_tensor(tensor.name, np.ascontiguousarray(numbers(tensor, rows)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def scores(path):
    return np.array(json.loads(path.read_text())["log_probs"][1:], dtype=float)


if len(sys.argv) == 3:
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    reader = GGUFReader(sys.argv[1])
    write(reader, out / "file.gguf", lambda _, rows: rows)
    write(reader, out / "form.gguf", form)
else:
    one, other = (scores(Path(sys.argv[1]) / name) for name in ("file.json", "form.json"))
    print(f"{len(one)} tokens, {np.abs(one - other).mean():.4f} nats a token")
