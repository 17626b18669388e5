#!/usr/bin/env bash
# lm-evaluation-harness scores a small local task through /v1/completions, once with prompts as token
# ids and once as text. Needs lm_eval (pip install 'lm_eval[api]'); nothing is downloaded.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
start_server
here=$(cd "$(dirname "$0")" && pwd)
tasks=$(mktemp -d)
sed "s|DATA|$here/lm-eval/sums.jsonl|" "$here/lm-eval/sums.yaml" >"$tasks/sums.yaml"
export HF_HUB_OFFLINE=1 HF_DATASETS_CACHE=$tasks/cache
for tokenized in True False; do
  lm_eval --model local-completions --tasks lfm4j_sums --include_path "$tasks" --batch_size 4 \
    --model_args "model=lfm2-demo,base_url=$base/v1/completions,tokenizer=$root/demo-model/lfm2-demo,tokenized_requests=$tokenized,max_length=1024,num_concurrent=2" \
    --output_path "$tasks/out-$tokenized" --log_samples
done
[ -z "${KEEP:-}" ] || cp -r "$tasks" "$KEEP"
rm -rf "$tasks"
