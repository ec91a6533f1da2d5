#!/usr/bin/env bash
# Writes manual pages and completions for bash, zsh and fish to where a system looks for them.
#
# Usage: targets/pages.sh FOLDER_OF_THE_PROGRAMS SHARE
set -euo pipefail
programs=$1 share=$2
bash=$share/bash-completion/completions zsh=$share/zsh/site-functions
fish=$share/fish/vendor_completions.d
mkdir -p "$bash" "$zsh" "$fish"
for name in rebound rebound-train; do
  "$programs/$name" man "$share/man/man1"
  "$programs/$name" completions bash >"$bash/$name"
  "$programs/$name" completions zsh >"$zsh/_$name"
  "$programs/$name" completions fish >"$fish/$name.fish"
done
