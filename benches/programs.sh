#!/bin/bash
# What small models make of HumanEval, 100 test problems of MBPP and Reflexion's hardest fifty in Rust:
# each strategy with the same trials and tokens, with the examples in the problems and with tests that the
# model proposed, and greedy and sampled programs of the first trial.
#
#   benches/programs.sh OUT        PARALLEL and THREADS fit it to a machine
#
# A greedy row of 164 problems took two minutes of two idle cores with Qwen2.5-Coder-0.5B and one with SmolLM2-135M, eight
# problems at once. By that the rows without internal tests are some four hours, and those with them, by the number of their
# arms, twice that; neither was timed.
#
# Reflexion's arms: `simple` is the first trial of `none`, `immediate-refinement` is `last-attempt`, `reflexion-ucs`
# is `search`, and `test-acc` is what `rebound tests accuracy` prints at the end.
# It may be stopped or killed at any time: begun runs are resumed, finished ones left as they are.
set -euo pipefail
out=$1
rebound=${REBOUND:-rebound}
speed=(--parallel "${PARALLEL:-8}" --threads "${THREADS:-2}")
mkdir -p "$out"

# row NAME OPTIONS…: one run, resumed where it was begun.
row() {
  local name=$1
  shift
  [ -e "$out/$name/finished" ] && return
  if [ -e "$out/$name/run.toml" ]; then
    "$rebound" compare --resume "$out/$name" "${speed[@]}"
  else
    "$rebound" compare --out "$out/$name" "$@" "${speed[@]}"
  fi
  touch "$out/$name/finished"
}

for model in qwen2.5-coder-0.5b-instruct smollm2-135m-instruct; do
  arms=(--actor "$model" --strategies none,last-attempt,reflexion --feedback shown --trials 3 --seed 1)
  row "$model-humaneval" --environment humaneval --split test --tasks 164 "${arms[@]}"
  row "$model-mbpp" --environment mbpp --split test --tasks 100 "${arms[@]}"
  row "$model-rust" --environment reflexion-programs --split humaneval-rs-hardest50/test --tasks 50 "${arms[@]}"
  for list in humaneval mbpp rust; do
    case $list in
      humaneval) problems=(--environment humaneval --split test --tasks 164) ;;
      mbpp) problems=(--environment mbpp --split test --tasks 100) ;;
      rust) problems=(--environment reflexion-programs --split humaneval-rs-hardest50/test --tasks 50) ;;
    esac
    # What is proposed already is kept.
    tests=$out/$model-$list-tests.jsonl
    "$rebound" tests propose "${problems[@]}" --actor "$model" --seed 1 --out "$tests"
    row "$model-$list-internal" "${problems[@]}" --actor "$model" --seed 1 --trials 3 --feedback shown \
      --strategies none,rerank,last-attempt,reflexion,immediate-reflexion,search \
      --shown-tests internal --internal-tests "$tests"
    "$rebound" tests accuracy "$out/$model-$list-internal"
  done
  once=(--environment humaneval --split test --tasks 164 --actor "$model" --strategies none --trials 1)
  row "$model-greedy" "${once[@]}" --temperature 0
  for seed in $(seq 1 20); do
    row "$model-sample-$seed" "${once[@]}" --seed "$seed"
  done
done
