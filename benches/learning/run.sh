#!/usr/bin/env bash
# The evidence that the retrospective learns: a loop of rounds, then test tasks, looked at once.
# Every part goes on where it was stopped.
#
# Usage: benches/learning/run.sh [WORLD] [FOLDER]
#
#   WORLD    household (200 tasks of test/medium) or alfworld (the 134 games of valid_unseen);
#            household unless given
#   FOLDER   runs/learning-WORLD unless given
#
# PARALLEL and THREADS fit the test's arms to a machine; the loop's are in its file. ARMS names
# the arms, in order: all take the first trials of `none`, and `shuffled` needs `trained`.
set -euo pipefail
cd "$(dirname "$0")/../.."
world=${1:-household}
out=${2:-runs/learning-$world}
rebound=${REBOUND:-target/release/rebound}
case $world in
  household) play=(--environment household --split test/medium --tasks 200 --steps 8 --trials 5) ;;
  alfworld) play=(--environment alfworld --split valid_unseen --tasks 134 --steps 8 --trials 3) ;;
  *) echo "WORLD is $world; there are household and alfworld" >&2; exit 2 ;;
esac
mkdir -p "$out"
adapters=models/adapters
speed=(--parallel "${PARALLEL:-4}" --threads "${THREADS:-2}")

# The actor, and test's retrospectives, as files of Q8_0: llama.cpp computes these 1.9 times as
# fast as an adapter beside weights in Q4_1.
merged() {
  [ -e "$2" ] || "$rebound" models merge --base smollm2-135m-instruct --adapter "$1" --to q8_0 "$2"
}
merged $adapters/smollm2-135m-household.gguf runs/household-actor.gguf

# Nothing that is installed on this machine takes part.
REBOUND_ADAPTERS=$out/adapters "$rebound" learn --config "benches/learning/$world.toml" --out "$out/loop"
# The one that solved most validation tasks.
trained=$out/loop/$(sed -n '/"best"/,/}/s/.*"path": "\(.*\)".*/\1/p' "$out/loop/learning.json")

# No adapter is active in a folder of none.
export REBOUND_ADAPTERS=$out/none
merged $adapters/smollm2-135m-household-retrospective.gguf "$out/imitated.gguf"
merged "$trained" "$out/trained.gguf"

play+=(--actor runs/household-actor.gguf --prompts $adapters/smollm2-135m-household --seed 7)
# arm NAME: begins a run, goes on with it, or finds it done.
arm() {
  local folder=$out/test/$1 first=(--first-trials "$out/test/none") how
  [ -e "$folder/results.json" ] && return
  case $1 in
    none) how=(--strategy none); first=() ;;
    reflexion) how=(--strategy reflexion) ;;
    untrained) how=(--strategy retrospective --retrospective smollm2-135m-instruct) ;;
    imitated | trained) how=(--strategy retrospective --retrospective "$out/$1.gguf") ;;
    shuffled)
      how=(--strategy retrospective --retrospective "$out/trained.gguf"
        --borrow-reflections "$out/test/trained")
      ;;
  esac
  if [ -e "$folder/run.toml" ]; then
    "$rebound" run --resume "$folder" "${speed[@]}"
  else
    "$rebound" run "${play[@]}" "${speed[@]}" --out "$folder" "${how[@]}" "${first[@]}"
  fi
}
arms=()
for name in ${ARMS:-none untrained trained shuffled imitated reflexion}; do
  arm "$name"
  arms+=("$name=$out/test/$name")
done
cargo run --quiet --release -p benches --bin learning -- "${arms[@]}" --plot "$out/success.svg" \
  | tee "$out/table.txt"
"$rebound" report "$out"/test/* --out "$out/report.html"
