#!/usr/bin/env bash
# Plays with a program for aarch64 in an emulator, and looks whether it has the instructions that
# its board has, on a processor with no others. The emulator's speed says nothing about a board.
#
# Usage: targets/smoke-aarch64.sh PROGRAM ARCH
set -euo pipefail
program=$1 arch=$2

dot_products=$(aarch64-linux-gnu-objdump -d "$program" | grep -cE '\s[su]dot\s' || true)
echo "$program: $(stat -c %s "$program") bytes, $dot_products dot products ($arch)"
case $arch in
  *dotprod*) [ "$dot_products" -gt 0 ] || { echo "the board has dot products, the program none"; exit 1; }
    processor=cortex-a76 ;;
  # The native engine's kernels with dot products are there, and must not be picked.
  *) processor=cortex-a72 ;;
esac

emulated() {
  "$(command -v qemu-aarch64 || command -v qemu-aarch64-static)" -cpu "$processor" -L /usr/aarch64-linux-gnu \
    "$program" "$@"
}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Without --board: the tiny model's heads are too narrow for a cache of q8_0.
emulated run --actor target/tiny.gguf --threads 2 --tasks 2 --trials 2 --steps 4 --quiet --out "$out/run"
emulated records stats "$out/run"
emulated doctor | grep -i neon || { echo "doctor names no NEON kernels"; exit 1; }
score() { echo "The egg 1 is at sinkbasin 1." | emulated score --engine native --model target/tiny.gguf; }
score >"$out/neon" && REBOUND_CPU=scalar score >"$out/scalar"
cmp "$out/neon" "$out/scalar" || { echo "NEON and plain Rust differ"; exit 1; }
