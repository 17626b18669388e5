#!/usr/bin/env bash
# lm-evaluation-harness scores a small local task through /v1/completions. Needs lm_eval and
# transformers 5 (pip install 'lm_eval[api]' transformers); nothing is downloaded. KEEP names a folder
# for its notes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server
here=$(cd "$(dirname "$0")" && pwd)
tasks=$(mktemp -d)
sed "s|DATA|$here/lm-eval/sums.jsonl|" "$here/lm-eval/sums.yaml" >"$tasks/sums.yaml"
export HF_HUB_OFFLINE=1 HF_DATASETS_CACHE=$tasks/cache
# Token ids, since of a text the harness can't know how many tokens the server makes of it.
lm_eval --model local-completions --tasks lfm4j_sums --include_path "$tasks" --batch_size 4 \
  --model_args "model=lfm2-demo,base_url=$base/v1/completions,tokenizer=$root/demo-model/lfm2-demo,tokenized_requests=True,add_bos_token=True,max_length=1024,num_concurrent=2" \
  --output_path "$tasks/out" --log_samples
[ -z "${KEEP:-}" ] || cp -r "$tasks" "$KEEP"
rm -rf "$tasks"
