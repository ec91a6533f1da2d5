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
# the arms, in order: all take the first trials of `none`, and `shuffled` needs `trained`. More of
# them, each trained on what the loop's last round learned from where that says how:
#
#   last-attempt              what is told is the failed trial itself
#   ppo, reward-weighted      another stage, as `stages/` has it
#   supervised                imitation of those that earned something
#   seed-2, seed-3            the loop's stage, with another seed
#   best-of                   of four reflections of `trained`, what a reward model scores highest
set -euo pipefail
cd "$(dirname "$0")/../.."
world=${1:-household}
out=${2:-runs/learning-$world}
rebound=${REBOUND:-${CARGO_TARGET_DIR:-target}/release/rebound}
adapters=models/adapters
learned_from=(--environment household --split train/medium -n 130 --seed 101 --group 6)
case $world in
  household) tested_on=(--environment household --split test/medium --tasks 200 --trials 5); steps=8 ;;
  alfworld) tested_on=(--environment alfworld --split valid_unseen --tasks 134 --trials 3); steps=12 ;;
  *) echo "WORLD is $world; there are household and alfworld" >&2; exit 2 ;;
esac
actor=(--actor runs/household-actor.gguf --prompts $adapters/smollm2-135m-household --steps $steps
  --temperature 0.3)
mkdir -p "$out"

# The actor, and test's retrospectives, as files of Q8_0: llama.cpp plays with such an actor 1.8
# times as fast as with an adapter beside weights in Q4_1.
merged() {
  mkdir -p "$(dirname "$2")"
  [ -e "$2" ] || "$rebound" models merge --base smollm2-135m-instruct --adapter "$1" --to q8_0 "$2"
}

# played FOLDER COMMAND OPTION…: begins a run, goes on with it, or finds it done.
played() {
  local folder=$1 command=$2 speed=(--parallel "${PARALLEL:-4}" --threads "${THREADS:-2}")
  shift 2
  if [ -e "$folder/results.json" ] || [ -e "$folder/collection.json" ]; then
    return
  elif [ -e "$folder/run.toml" ]; then
    "$rebound" "$command" --resume "$folder" "${speed[@]}"
  else
    "$rebound" "$command" "$@" "${actor[@]}" "${speed[@]}" --out "$folder"
  fi
}

# Nothing that is installed on this machine takes part.
export REBOUND_ADAPTERS=$out/adapters
imitated=$adapters/smollm2-135m-household-retrospective.gguf
merged $adapters/smollm2-135m-household.gguf runs/household-actor.gguf
if [ "$world" = household ]; then
  played runs/household-collected collect "${learned_from[@]}" --reflection-temperature 1.0 \
    --retrospective smollm2-135m-instruct --retrospective-adapter $imitated
fi
"$rebound" learn --config "benches/learning/$world.toml" --out "$out/loop"
# The one that solved most validation tasks.
trained=$out/loop/$(sed -n '/"best"/,/}/s/.*"path": "\(.*\)".*/\1/p' "$out/loop/learning.json")

# No adapter is active in a folder of none.
export REBOUND_ADAPTERS=$out/none
merged $imitated "$out/imitated.gguf"
merged "$trained" "$out/trained.gguf"

# learned NAME: an adapter as the loop's last round begins one, by the stage or seed of that name.
learned() {
  local round others folder=$out/learned/$1
  round=$(ls -d "$out"/loop/rounds/*/training | sort -V | tail -1)
  mkdir -p "$folder"
  if [ -e "$folder/training/adapter.gguf" ]; then
    return
  elif [ -e "$folder/training/train.toml" ]; then
    "$rebound" train resume "$folder/training" --threads "${THREADS:-2}"
    return
  fi
  others=$(awk '/^\[/ { staged = /^\[stage/ } !staged' "$round/train.toml")
  case $1 in
    seed-*) sed "s/^seed = .*/seed = ${1#seed-}/" "$round/train.toml" ;;
    supervised) echo 'stage = "supervised"'; sed 's/^select = .*/select = "positive"/' <<<"$others" ;;
    reward-model)
      # Only it says how good it is on what it never saw.
      sed 's/^validation_share = .*/validation_share = 0.2/' <<<"$others"
      cat benches/learning/stages/reward-model.toml
      ;;
    *) echo "$others"; cat "benches/learning/stages/$1.toml" ;;
  esac >"$folder/train.toml"
  "$rebound" train run "$folder/train.toml" --out "$folder/training" --threads "${THREADS:-2}"
}

arm() {
  local retrospective=(--reflection-temperature 0.7 --strategy retrospective --retrospective)
  local first=(--first-trials "$out/test/none") how
  case $1 in
    none) how=(--strategy none); first=() ;;
    reflexion) how=(--strategy reflexion --reflection-temperature 0.7) ;;
    untrained) how=("${retrospective[@]}" smollm2-135m-instruct) ;;
    imitated | trained) how=("${retrospective[@]}" "$out/$1.gguf") ;;
    shuffled)
      how=("${retrospective[@]}" "$out/trained.gguf" --borrow-reflections "$out/test/trained")
      ;;
    last-attempt) how=(--strategy last-attempt) ;;
    ppo | reward-weighted | supervised | seed-*)
      learned "$1"
      merged "$out/learned/$1/training/adapter.gguf" "$out/$1.gguf"
      how=("${retrospective[@]}" "$out/$1.gguf")
      ;;
    best-of)
      learned reward-model
      # Its states are those of the model that it learned on.
      how=("${retrospective[@]}" smollm2-135m-instruct --retrospective-adapter "$trained"
        --best-of 4 --reward-model "$out/learned/reward-model/training/adapter.gguf")
      ;;
    *) echo "ARMS has $1, which is none of those above" >&2; exit 2 ;;
  esac
  played "$out/test/$1" run "${tested_on[@]}" --seed 8 "${how[@]}" "${first[@]}"
}
arms=()
for name in ${ARMS:-none untrained trained shuffled imitated reflexion}; do
  arm "$name"
  arms+=("$name=$out/test/$name")
done
cargo run --quiet --release -p benches --bin learning -- "${arms[@]}" --plot "$out/success.svg" \
  | tee "$out/table.txt"
"$rebound" report "$out"/test/* --out "$out/report.html"
