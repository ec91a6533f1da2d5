#!/usr/bin/env bash
# The evidence that returns teach a retrospective more than imitation did, decided before any of its
# test tasks was looked at. Every part goes on where it was stopped.
#
# World      households that keep a wish, chosen on validation by `rebound ceiling`: the truth is
#            worth 84 points to this actor at the second trial, a plain retry nothing
# Actor      models/adapters/smollm2-135m-wishes.gguf, frozen, at temperature 0.7
# Start      imitation of 30 pieces of the expert's advice; of 306 it is an arm. Before any test task was
#            played, a loop of four rounds from 306 pieces had shown on validation that it cannot
#            learn: 170 of its 171 groups earned the same throughout, 91.0 % became 91.7 (+0.7
#            [-0.6, +2.4]); the trainings were then made to begin at 30, and to have six rounds
# Trainings  three loops, seeds 1, 2 and 3, of six rounds: 200 tasks of train/wishes each, groups of
#            six texts; of their adapters the one that solves most of 300 tasks of validation/wishes
#            by the second trial, the start among them
# Endpoint   success by the second trial on 600 tasks of test/wishes, seed 9, none of which was ever
#            played before
# Primary    the trainings over that imitation which solves more on validation. It holds if their mean
#            is at least 4 points over it, the 95 % interval (bootstrap over tasks, trainings
#            averaged) excludes zero, and each training is over it
# Then, in order, each only if those before hold:
#            the trainings at least 10 points over `none` at its best temperature on validation;
#            the trainings over `permuted`, the same loop on rewards given to other texts of the
#            group, whose interval excludes zero
# All else   is told without a claim
# Control    that the trainer can learn from returns at all: the same loop with a scripted actor, from
#            imitation of 30 pieces, which is nearly nothing. Three trainings over their start on 300
#            tasks of test/wishes, seed 10, by at least 15 points in the mean, the interval above zero
#
# Usage: benches/learning/evidence.sh [PART…]
#
#   imitated-30 imitated-100 imitated-306 control-1 control-2 control-3 control-test control-table
#   actor validation loop-1 loop-2 loop-3 permuted test table
#                                                     all, in this order, unless named
#
# OUT is the folder, runs/evidence unless given; PARALLEL and THREADS fit it to a machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${OUT:-runs/evidence}
rebound=${REBOUND:-${CARGO_TARGET_DIR:-target}/release/rebound}
learning=${LEARNING:-${CARGO_TARGET_DIR:-target}/release/learning}
adapters=models/adapters
prompts=(--prompts $adapters/smollm2-135m-household)
speed=(--parallel "${PARALLEL:-8}" --threads "${THREADS:-2}")
mkdir -p "$out"
# Nothing that is installed on this machine takes part.
export REBOUND_ADAPTERS=$out/none

# played FOLDER COMMAND OPTION…: begins a run, goes on with it, or finds it done.
played() {
  local folder=$1 command=$2
  shift 2
  if [ -e "$folder/results.json" ] || [ -e "$folder/collection.json" ]; then
    return
  elif [ -e "$folder/run.toml" ]; then
    "$rebound" "$command" --resume "$folder" "${speed[@]}"
  else
    "$rebound" "$command" "$@" "${speed[@]}" --out "$folder"
  fi
}

# trained FOLDER: trains what FOLDER/train.toml says.
trained() {
  if [ -e "$1/training/adapter.gguf" ]; then
    return
  elif [ -e "$1/training/train.toml" ]; then
    "$rebound" train resume "$1/training" --threads "${THREADS:-2}"
  else
    "$rebound" train run "$1/train.toml" --out "$1/training" --threads "${THREADS:-2}"
  fi
}

# imitated COUNT TASKS SEED: of so many failures of the expert's, its advice.
imitated() {
  local folder=$out/imitated-$1
  mkdir -p "$folder"
  [ -e "$folder/demonstrated/results.json" ] || "$rebound" demonstrate --split train/wishes -n "$2" \
    --trials 2 --seed "$3" "${prompts[@]}" --out "$folder/demonstrated" --quiet
  sed -e "s|^records = .*|records = [\"demonstrated\"]|" \
    $adapters/smollm2-135m-household-retrospective.toml >"$folder/train.toml"
  sed -i 's/^validation_share = .*/validation_share = 0.0/' "$folder/train.toml"
  trained "$folder"
  cp "$folder/training/adapter.gguf" "$folder/adapter.gguf"
}

# looped NAME FILE SED: a loop by that file, changed so.
looped() {
  mkdir -p "$out/loops"
  sed -e "$3" "benches/learning/$2.toml" >"benches/learning/.$1.toml"
  "$rebound" learn --config "benches/learning/.$1.toml" --out "$out/loops/$1"
  cp "$out/loops/$1/$(sed -n '/"best"/,/}/s/.*"path": "\(.*\)".*/\1/p' "$out/loops/$1/learning.json")" \
    "$out/loops/$1.gguf"
}

# run ARM SPLIT TASKS SEED TRIALS OPTION…
run() {
  local folder=$out/$1 split=$2 tasks=$3 seed=$4 trials=$5
  shift 5
  played "$folder" run --split "$split" --tasks "$tasks" --seed "$seed" --trials "$trials" \
    --actor "${actor:-$out/actor.gguf}" "${prompts[@]}" --quiet "$@"
}
reflecting=(--strategy retrospective --reflection-temperature 1.0 --retrospective)

part() {
  case $1 in
    actor)
      [ -e "$out/actor.gguf" ] || "$rebound" models merge --base smollm2-135m-instruct \
        --adapter $adapters/smollm2-135m-wishes.gguf --to q8_0 "$out/actor.gguf"
      ;;
    imitated-30) imitated 30 40 31 ;;
    imitated-100) imitated 100 132 32 ;;
    imitated-306) imitated 306 405 33 ;;
    validation)
      local at=validation split=validation/wishes
      for t in 0.3 0.7 1.0; do run $at/none-$t $split 300 5 2 --strategy none --temperature $t; done
      for n in 30 100 306; do
        run $at/imitated-$n $split 300 5 2 --temperature 0.7 --first-trials "$out/$at/none-0.7" \
          "${reflecting[@]}" smollm2-135m-instruct --retrospective-adapter "$out/imitated-$n/adapter.gguf"
      done
      ;;
    control-[123]) looped "$1" control "s/^seed = 1/seed = ${1#control-}/" ;;
    control-test)
      local at=control actor=expert known=(--actor-noise 0.1 --temperature 1.0)
      run $at/none test/wishes 300 10 2 --strategy none "${known[@]}"
      for arm in imitated-30 imitated-100 imitated-306 control-1 control-2 control-3; do
        local adapter=$out/$arm/adapter.gguf
        [ -e "$adapter" ] || adapter=$out/loops/$arm.gguf
        run "$at/$arm" test/wishes 300 10 2 "${known[@]}" --first-trials "$out/$at/none" \
          "${reflecting[@]}" smollm2-135m-instruct --retrospective-adapter "$adapter"
      done
      ;;
    control-table)
      local at=$out/control
      "$learning" none=$at/none imitated-30=$at/imitated-30 imitated-100=$at/imitated-100 \
        imitated-306=$at/imitated-306 returns=$at/control-1 \
        --claim "returns=$at/control-1,$at/control-2,$at/control-3>imitated-30+15" | tee "$out/control.txt"
      ;;
    loop-*) looped "$1" wishes "s/^seed = 1/seed = ${1#loop-}/" ;;
    permuted) looped permuted wishes 's/select = "all"/select = "all", permute = 17/' ;;
    test)
      local at=test split=test/wishes
      for t in 0.7 0.3 1.0; do run $at/none-$t $split 600 9 5 --strategy none --temperature $t; done
      local first=(--temperature 0.7 --first-trials "$out/$at/none-0.7")
      for arm in imitated-306 imitated-30 loop-1 loop-2 loop-3 permuted; do
        local adapter=$out/$arm/adapter.gguf
        [ -e "$adapter" ] || adapter=$out/loops/$arm.gguf
        run "$at/$arm" $split 600 9 5 "${first[@]}" "${reflecting[@]}" smollm2-135m-instruct \
          --retrospective-adapter "$adapter"
      done
      run "$at/shuffled" $split 600 9 5 "${first[@]}" "${reflecting[@]}" smollm2-135m-instruct \
        --retrospective-adapter "$out/loops/loop-1.gguf" --borrow-reflections "$out/$at/loop-1"
      for known in expert oracle; do run $at/$known $split 600 9 5 "${first[@]}" "${reflecting[@]}" $known; done
      ;;
    table)
      local at=$out/test trainings
      trainings=$at/loop-1,$at/loop-2,$at/loop-3
      "$learning" none=$at/none-0.7 none-0.3=$at/none-0.3 none-1.0=$at/none-1.0 imitated-30=$at/imitated-30 \
        imitated-306=$at/imitated-306 permuted=$at/permuted shuffled=$at/shuffled trained=$at/loop-1 \
        expert=$at/expert oracle=$at/oracle --plot "$out/success.svg" \
        --claim "trained=$trainings>imitated-306+4" --claim "trained=$trainings>none+10" \
        --claim "trained=$trainings>permuted+0" | tee "$out/table.txt"
      ;;
    *) echo "there is no part $1; see the head of $0" >&2; exit 2 ;;
  esac
}
control="control-1 control-2 control-3 control-test control-table"
for name in ${*:-imitated-30 imitated-100 imitated-306 $control actor validation loop-1 loop-2 loop-3 permuted test table}; do
  echo "== $name"
  part "$name"
done
