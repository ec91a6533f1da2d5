#!/usr/bin/env bash
# The evidence that the retrospective learns, on medium households: a loop of rounds, then
# 200 test tasks, looked at once. Every part goes on where it was stopped.
#
# Usage: benches/learning/run.sh [FOLDER]      FOLDER is runs/learning unless given
#
# PARALLEL and THREADS fit the test's arms to a machine; the loop's are in its file.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-runs/learning}
rebound=${REBOUND:-target/release/rebound}
mkdir -p "$out"
adapters=models/adapters
speed=(--parallel "${PARALLEL:-4}" --threads "${THREADS:-2}")

# Nothing that is installed on this machine takes part.
REBOUND_ADAPTERS=$out/adapters "$rebound" learn --config benches/learning/household.toml --out "$out/loop"
trained=$out/loop/$(sed -n '/"active"/,/}/s/.*"path": "\(.*\)".*/\1/p' "$out/loop/learning.json")

# No adapter is active in a folder of none.
export REBOUND_ADAPTERS=$out/none

play=(--environment household --split test/medium --tasks 200 --steps 8 --trials 5 --seed 7
  --actor-adapter $adapters/smollm2-135m-household.gguf
  --prompts $adapters/smollm2-135m-household)
# arm NAME OPTIONS…: begins a run, goes on with it, or finds it done. All take the first trials
# of the arm that came first.
arm() {
  local folder=$out/test/$1; shift
  [ -e "$folder/results.json" ] && return
  if [ -e "$folder/run.toml" ]; then
    "$rebound" run --resume "$folder" "${speed[@]}"
  else
    [ "$1 $2" = "--strategy none" ] || set -- "$@" --first-trials "$out/test/none"
    "$rebound" run "${play[@]}" "${speed[@]}" --out "$folder" "$@"
  fi
}
arm none --strategy none
arm reflexion --strategy reflexion
arm untrained --strategy retrospective
arm imitated --strategy retrospective \
  --retrospective-adapter $adapters/smollm2-135m-household-retrospective.gguf
arm trained --strategy retrospective --retrospective-adapter "$trained"
arm shuffled --strategy retrospective --retrospective-adapter "$trained" \
  --borrow-reflections "$out/test/trained"

arms=()
for name in none reflexion untrained imitated trained shuffled; do
  arms+=("$name=$out/test/$name")
done
cargo run --quiet --release -p benches --bin learning -- "${arms[@]}" | tee "$out/table.txt"
"$rebound" report "$out"/test/* --out "$out/report.html"
