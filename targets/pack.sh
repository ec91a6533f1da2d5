#!/usr/bin/env bash
# Packs a build with the feature `llama-dynamic` into an archive that runs on any
# machine of this system:
#
#   rebound, rebound-train   the programs
#   lib                      llama.cpp's libraries, and the compiler's that a
#                            small system may lack
#   lib/kernels              kernels for processors, of which one is picked
#   models, targets          adapters and boards to look at and to change
#   share                    manual pages, and completions for bash, zsh and fish
#
# Usage: targets/pack.sh TARGET_FOLDER FOLDER_OF_THE_ARCHIVE
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1/release out=$2

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=rebound-$version-$(uname -m)-$(uname -s | tr '[:upper:]' '[:lower:]')
folder=$out/$name
rm -rf "$folder"
mkdir -p "$folder/lib/kernels" "$folder/models" "$folder/targets"

cp "$build/rebound" "$build/rebound-train" "$folder"
# The newest, where several builds left theirs.
llama=$(ls -td "$build"/build/llama-cpp-sys-2-*/out | head -n 1)
# What a file needs, as `name path`.
needed() { LD_LIBRARY_PATH=$folder/lib ldd "$@" | awk '$2 == "=>" {print $1, $3}' | sort -u; }
# Each library under the name that the linker noted.
cp -L "$llama"/lib*/lib{llama,ggml,ggml-base}.so.? "$folder/lib"
cp "$llama"/backends/* "$folder/lib/kernels"
needed "$folder"/rebound* "$folder"/lib/*.so* "$folder"/lib/kernels/* | while read -r library path; do
  case $library in
    libgomp*|libstdc++*|libgcc_s*) cp -L "$path" "$folder/lib" ;;
  esac
done
strip "$folder"/rebound* "$folder"/lib/*.so* "$folder"/lib/kernels/*
targets/pages.sh "$folder" "$folder/share"
cp README.md LICENSE "$folder"
cp -r models/adapters "$folder/models"
cp -r targets/boards "$folder/targets"

tar -C "$out" -czf "$out/$name.tar.gz" "$name"
du -sh "$folder" "$out/$name.tar.gz"
