#!/usr/bin/env python3
"""Records what llama.cpp's reference makes of random blocks and of random values.

    python3 record.py LLAMA_CPP_FOLDER

compiles its ggml-quants.c without fused operations and writes beside this script
    NAME.bin             blocks of that type, then the f32 values that they stand for
    NAME.quantized.bin   f32 values, then the blocks that they are rounded to
"""

import ctypes
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

# Block sizes in values and bytes, and where the halves stand that scale a block.
TYPES = {
    "f32": (1, 4, None),
    "f16": (1, 2, None),
    "bf16": (1, 2, None),
    "q4_0": (32, 18, [0]),
    "q4_1": (32, 20, [0, 2]),
    "q5_0": (32, 22, [0]),
    "q5_1": (32, 24, [0, 2]),
    "q8_0": (32, 34, [0]),
    "q2_K": (256, 84, [80, 82]),
    "q3_K": (256, 110, [108]),
    "q4_K": (256, 144, [0, 2]),
    "q5_K": (256, 176, [0, 2]),
    "q6_K": (256, 210, [208]),
}
QUANTIZED = ["f32", "f16", "bf16", "q4_0", "q8_0"]
VALUES = 1536

# What the file leaves to others, and functions for the types that have no blocks.
REST = """
#include "ggml-quants.c"
void ggml_abort(const char * file, int line, const char * text, ...) { abort(); }
size_t ggml_row_size(enum ggml_type type, int64_t count) { abort(); }
size_t ggml_type_size(enum ggml_type type) { abort(); }
const char * ggml_type_name(enum ggml_type type) { abort(); }
void dequantize_row_f32(const float * x, float * y, int64_t k) { memcpy(y, x, 4*k); }
void quantize_row_f32_ref(const float * x, float * y, int64_t k) { memcpy(y, x, 4*k); }
void dequantize_row_f16(const ggml_fp16_t * x, float * y, int64_t k) {
    for (int64_t i = 0; i < k; i++) y[i] = GGML_FP16_TO_FP32(x[i]);
}
void quantize_row_f16_ref(const float * x, ggml_fp16_t * y, int64_t k) {
    for (int64_t i = 0; i < k; i++) y[i] = GGML_FP32_TO_FP16(x[i]);
}
void dequantize_row_bf16(const ggml_bf16_t * x, float * y, int64_t k) {
    for (int64_t i = 0; i < k; i++) y[i] = GGML_BF16_TO_FP32(x[i]);
}
void quantize_row_bf16_ref(const float * x, ggml_bf16_t * y, int64_t k) {
    for (int64_t i = 0; i < k; i++) y[i] = GGML_FP32_TO_BF16(x[i]);
}
"""


def compiled(llama_cpp, folder):
    source, library = folder / "rest.c", folder / "quants.so"
    source.write_text(REST)
    ggml = Path(llama_cpp) / "ggml"
    include = [f"-I{ggml / 'include'}", f"-I{ggml / 'src'}"]
    flags = ["-O1", "-ffp-contract=off", "-shared", "-fPIC", "-w"]
    subprocess.run(["cc", *flags, *include, source, "-o", library, "-lm"], check=True)
    return ctypes.CDLL(str(library))


def random_blocks(draw, values_a_block, bytes_a_block, halves):
    """Every other block has scales of a usual size, the others any."""
    blocks = bytearray()
    for index in range(VALUES // values_a_block):
        block = bytearray(draw.randbytes(bytes_a_block))
        if halves and index % 2 == 0:
            for at in halves:
                struct.pack_into("<e", block, at, draw.uniform(-0.1, 0.1))
        blocks += block
    return bytes(blocks)


def random_values(draw):
    """Rows of 32 of one magnitude: weights, large and tiny ones, halves, zeros."""
    values = []
    for index in range(VALUES // 32):
        size = 10.0 ** draw.uniform(-12, 4) if index % 3 == 0 else 0.05
        row = [draw.gauss(0.0, size) for _ in range(32)]
        if index % 6 == 1:
            row = [draw.randrange(-254, 255) / 2 for _ in range(31)] + [127.0]
        if index % 6 == 4:
            row = [draw.choice([0.0, -0.0, size, -size]) for _ in range(32)]
        if index == 10:
            row = [0.0] * 32
        values += row
    return struct.pack(f"<{VALUES}f", *values)


def converted(function, given, length):
    out = ctypes.create_string_buffer(length)
    function(given, out, ctypes.c_int64(VALUES))
    return out.raw


def main():
    draw = random.Random(1)
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(sys.argv[1], Path(folder))
        for name, (values_a_block, bytes_a_block, halves) in TYPES.items():
            blocks = random_blocks(draw, values_a_block, bytes_a_block, halves)
            values = converted(library[f"dequantize_row_{name}"], blocks, 4 * VALUES)
            (here / f"{name.lower()}.bin").write_bytes(blocks + values)
        for name in QUANTIZED:
            values = random_values(draw)
            length = VALUES // TYPES[name][0] * TYPES[name][1]
            blocks = converted(library[f"quantize_row_{name}_ref"], values, length)
            (here / f"{name.lower()}.quantized.bin").write_bytes(values + blocks)


main()
