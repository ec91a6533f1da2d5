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

emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Without --board: the tiny model's heads are too narrow for a cache of q8_0.
"$emulator" -cpu "$processor" -L /usr/aarch64-linux-gnu "$program" run --actor target/tiny.gguf \
  --threads 2 --tasks 2 --trials 2 --steps 4 --quiet --out "$out/run"
"$emulator" -cpu "$processor" -L /usr/aarch64-linux-gnu "$program" records stats "$out/run"
