package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The flags of vLLM that have nothing to set here. docs/flags.md shows the same table. */
final class VllmFlags {
  /** Names, value, effect, harmless values (with / between them) and the reason. */
  private static final String TABLE =
      """
      --uds                        |PATH   |REFUSED ||the server listens on TCP: use --host and --port
      --ssl-ca-certs               |FILE   |REFUSED ||client certificates are not asked for; put a proxy in front that does
      --ssl-cert-reqs              |N      |REFUSED |0|client certificates are not asked for; put a proxy in front that does
      --ssl-ciphers                |LIST   |REFUSED ||ciphers are Java's own choice
      --middleware                 |NAME   |REFUSED ||there is no Python to run it
      --api-server-count -asc      |N      |IGNORED |1|one process uses all processors
      --disable-frontend-multiprocessing|  |ACCEPTED||there is one process anyway
      --headless                   |       |REFUSED ||one process is the whole server
      --disable-uvicorn-access-log |       |ACCEPTED||requests are logged only where an access log is asked for
      --disable-access-log-for-endpoints|PATHS|ACCEPTED||requests are logged only where an access log is asked for
      --enable-log-requests        |       |IGNORED ||what users write is never logged
      --no-enable-log-requests     |       |ACCEPTED||what users write is never logged
      --disable-log-requests       |       |ACCEPTED||what users write is never logged
      --enable-log-outputs         |       |IGNORED ||what models answer is never logged
      --max-log-len                |N      |ACCEPTED||what users write is never logged
      --log-config-file            |FILE   |IGNORED ||logging is Java's: set -Djava.util.logging.config.file
      --log-error-stack            |       |ACCEPTED||unexpected errors are logged with their stack anyway
      --enable-request-id-headers  |       |ACCEPTED||answers always have X-Request-Id
      --return-tokens-as-token-ids |       |REFUSED ||log-probabilities name tokens by their text
      --enable-offline-docs        |       |ACCEPTED||the pages load nothing from elsewhere
      --tool-server                |ADDRESS|REFUSED ||tools are run by clients
      --tokens-only                |       |REFUSED ||requests and answers are text
      --disable-fastapi-docs       |       |IGNORED ||the pages are static and show nothing of the model
      --disable-log-stats          |       |ACCEPTED||numbers are in /metrics, not in the log
      --tokenizer                  |PATH   |REFUSED ||the model's own tokenizer.json is used: put another one into its directory
      --tokenizer-mode             |MODE   |REFUSED |auto/hf|there is one tokenizer, from tokenizer.json
      --skip-tokenizer-init        |       |REFUSED ||requests are text
      --revision                   |NAME   |REFUSED ||write it behind the name: ORG/NAME@REVISION
      --code-revision              |NAME   |IGNORED ||no code is ever loaded from a model
      --tokenizer-revision         |NAME   |REFUSED ||the tokenizer comes with the model: ORG/NAME@REVISION names both
      --hf-token                   |TOKEN  |REFUSED ||others could see it here: set HF_TOKEN
      --model-impl                 |NAME   |IGNORED |auto|there is one implementation
      --trust-remote-code          |       |IGNORED ||no code is ever loaded from a model
      --quantization -q            |NAME   |REFUSED ||weights are used as they are stored
      --model-loader-extra-config  |JSON   |REFUSED ||weights come from safetensors, which need no further settings
      --safetensors-load-strategy  |NAME   |IGNORED |auto/lazy|weights are mapped from their files
      --pt-load-map-location       |NAME   |ACCEPTED||weights come from safetensors
      --ignore-patterns            |NAME...|IGNORED ||only what is needed is downloaded
      --use-tqdm-on-load           |       |IGNORED ||progress is in /health and on the terminal
      --max-parallel-loading-workers|N     |IGNORED ||weights are mapped from their files
      --download-dir               |PATH   |IGNORED ||downloads go to the cache that all Hugging Face tools share: set HF_HUB_CACHE
      --hf-overrides               |JSON   |REFUSED ||change config.json of the model instead
      --rope-scaling               |JSON   |REFUSED ||change config.json of the model instead
      --rope-theta                 |N      |REFUSED ||change config.json of the model instead
      --disable-sliding-window     |       |ACCEPTED||LFM2 has no sliding window
      --hf-config-path             |PATH   |REFUSED ||config.json of the model is used
      --config-format              |NAME   |REFUSED |auto/hf|config.json is in Hugging Face's format
      --seed                       |N      |IGNORED ||requests without a seed are random: send seed to repeat one
      --task --runner              |NAME   |REFUSED |auto/generate|the server generates text
      --convert                    |NAME   |REFUSED |auto/none|the server generates text
      --pooler-config --override-pooler-config|JSON|REFUSED||the server generates text
      --logits-processors          |NAME...|REFUSED ||there is no Python to run it
      --logits-processor-pattern   |PATTERN|REFUSED ||there is no Python to run it
      --io-processor-plugin        |NAME   |REFUSED ||there is no Python to run it
      --logprobs-mode              |NAME   |REFUSED |raw_logprobs|log-probabilities are those of the model before sampling
      --enable-prompt-embeds       |       |REFUSED ||requests are text
      --max-logprobs               |N      |IGNORED |20|requests may ask for 20 log-probabilities, or -1 for all of a few tokens
      --kv-cache-dtype             |TYPE   |REFUSED |auto/float32|keys and values are cached in BF16 or FP32
      --block-size                 |N      |IGNORED |64|pages hold 64 tokens
      --prefix-caching-hash-algo   |NAME   |IGNORED ||pages are compared by their tokens
      --calculate-kv-scales        |       |IGNORED ||keys and values are cached in BF16 or FP32
      --kv-sharing-fast-prefill    |       |IGNORED ||LFM2's layers share no cache
      --mamba-ssm-cache-dtype      |TYPE   |REFUSED |auto/float32|keys and values are cached in BF16 or FP32
      --mamba-cache-mode           |MODE   |IGNORED |auto/all/align|convolution state lies in every page
      --mamba-block-size           |N      |IGNORED ||convolution state lies in every page
      --mamba-cache-dtype          |TYPE   |REFUSED |auto/float32|keys and values are cached in BF16 or FP32
      --num-gpu-blocks-override    |N      |IGNORED ||--kv-cache-memory-bytes sets the memory for cached tokens
      --swap-space                 |GB     |IGNORED ||preempted requests are computed again, not swapped
      --cpu-offload-gb             |GB     |IGNORED |0|weights lie on the GPU or on the CPU, not on both
      --enable-chunked-prefill     |       |ACCEPTED||long prompts are always computed in chunks
      --no-enable-chunked-prefill  |       |REFUSED ||long prompts are always computed in chunks of --max-num-batched-tokens
      --max-num-partial-prefills   |N      |IGNORED ||as many prompts are computed at once as --max-num-batched-tokens leaves room for
      --max-long-partial-prefills  |N      |IGNORED ||as many prompts are computed at once as --max-num-batched-tokens leaves room for
      --num-lookahead-slots        |N      |IGNORED |0|there is no speculative decoding
      --num-scheduler-steps        |N      |IGNORED |1|steps are scheduled one at a time
      --preemption-mode            |MODE   |IGNORED |recompute|preempted requests are computed again
      --scheduler-delay-factor     |N      |IGNORED |0(\\.0*)?|requests are scheduled at once
      --scheduler-cls              |NAME   |REFUSED ||there is no Python to run it
      --disable-hybrid-kv-cache-manager|   |IGNORED ||one cache holds keys, values and convolution state
      --long-prefill-token-threshold|N     |IGNORED ||as many prompts are computed at once as --max-num-batched-tokens leaves room for
      --async-scheduling --no-async-scheduling|  |ACCEPTED||steps are scheduled by one thread either way
      --stream-interval            |N      |IGNORED |1|every piece of text is sent at once
      --max-seq-len-to-capture     |N      |ACCEPTED||sizes are chosen here
      --tensor-parallel-size -tp   |N      |REFUSED |1|one process computes the whole model
      --pipeline-parallel-size -pp |N      |REFUSED |1|one process computes the whole model
      --data-parallel-size -dp     |N      |REFUSED |1|start several servers behind a balancer
      --data-parallel-size-local -dpl|N    |REFUSED |1|start several servers behind a balancer
      --data-parallel-rank -dpn    |N      |REFUSED ||start several servers behind a balancer
      --data-parallel-start-rank -dpr|N    |REFUSED ||start several servers behind a balancer
      --data-parallel-address -dpa |ADDRESS|REFUSED ||start several servers behind a balancer
      --data-parallel-rpc-port -dpp|PORT   |REFUSED ||start several servers behind a balancer
      --data-parallel-backend -dpb |NAME   |IGNORED ||start several servers behind a balancer
      --data-parallel-hybrid-lb -dph|      |REFUSED ||start several servers behind a balancer
      --data-parallel-external-lb -dpe|    |REFUSED ||start several servers behind a balancer
      --decode-context-parallel-size -dcp|N|REFUSED |1|one process computes the whole model
      --nnodes -n                  |N      |REFUSED |1|one machine computes the whole model
      --node-rank -r               |N      |REFUSED |0|one machine computes the whole model
      --master-addr                |ADDRESS|IGNORED ||one machine computes the whole model
      --master-port                |PORT   |IGNORED ||one machine computes the whole model
      --enable-eplb                |       |IGNORED ||one process has all experts
      --eplb-config                |JSON   |IGNORED ||one process has all experts
      --num-redundant-experts      |N      |IGNORED |0|one process has all experts
      --expert-placement-strategy  |NAME   |IGNORED ||one process has all experts
      --all2all-backend            |NAME   |IGNORED ||one process has all experts
      --enable-dbo                 |       |IGNORED ||one process computes the whole model
      --disable-custom-all-reduce  |       |ACCEPTED||one process computes the whole model
      --ray-workers-use-nsight     |       |IGNORED ||there are no Ray workers
      --worker-cls                 |NAME   |REFUSED ||there is no Python to run it
      --worker-extension-cls       |NAME   |REFUSED ||there is no Python to run it
      --enable-expert-parallel -ep |       |IGNORED ||one process has all experts
      --distributed-executor-backend|NAME  |IGNORED ||one process computes the whole model
      --enforce-eager              |       |ACCEPTED||decode steps are recorded on a GPU anyway
      --compilation-config -O -cc  |VALUE  |ACCEPTED||decode steps are recorded on a GPU anyway
      --cudagraph-capture-sizes --cuda-graph-sizes|N...|ACCEPTED||sizes are chosen here
      --moe-backend                |NAME   |IGNORED |auto|there is one implementation
      --attention-backend          |NAME   |IGNORED |auto|there is one implementation
      --disable-cascade-attn       |       |ACCEPTED||there is one implementation
      --optimization-level         |N      |ACCEPTED||decode steps are recorded on a GPU anyway
      --additional-config          |JSON   |REFUSED ||there is no platform that reads it
      --speculative-config -sc     |JSON   |REFUSED ||there is no speculative decoding
      --chat-template              |FILE   |REFUSED ||the model's own template is used: put chat_template.jinja into its directory
      --chat-template-content-format|NAME  |IGNORED |auto/string|templates get plain text
      --default-chat-template-kwargs|JSON  |REFUSED ||send chat_template_kwargs in requests
      --enable-auto-tool-choice    |       |ACCEPTED||it is always on
      --tool-call-parser           |NAME   |REFUSED |auto/lfm2.*|calls are read as LFM2 writes them
      --tool-parser-plugin         |FILE   |REFUSED ||there is no Python to run it
      --reasoning-parser           |NAME   |ACCEPTED||there is one way in which LFM2 thinks
      --reasoning-parser-plugin    |FILE   |REFUSED ||there is no Python to run it
      --response-role              |NAME   |REFUSED |assistant|answers have the role assistant
      --exclude-tools-when-tool-choice-none||ACCEPTED||tool_choice none always hides the tools
      --structured-outputs-config --guided-decoding-backend|VALUE|IGNORED|auto|grammars are compiled by lfm4j itself
      --guided-decoding-disable-fallback|  |ACCEPTED||grammars are compiled by lfm4j itself
      --guided-decoding-disable-any-whitespace||IGNORED||answers have the white space that the model writes
      --guided-decoding-disable-additional-properties||IGNORED||send additionalProperties false in the schema
      --enable-prompt-tokens-details|      |ACCEPTED||usage always has them
      --enable-force-include-usage |       |IGNORED ||streams end with usage where stream_options.include_usage asks for it
      --enable-server-load-tracking|       |ACCEPTED||/load always counts
      --kv-cache-metrics           |       |IGNORED ||how long pages live is not measured
      --enable-mfu-metrics         |       |IGNORED ||operations are not counted
      --collect-detailed-traces    |NAME   |IGNORED ||traces have one span a request
      --show-hidden-metrics-for-version|VERSION|ACCEPTED||old names are always shown
      --enable-tokenizer-info-endpoint|    |IGNORED ||tokenizer.json has everything
      --enable-lora                |       |REFUSED ||adapters can't be loaded: merge them into the weights
      --lora-modules               |NAME=PATH...|REFUSED||adapters can't be loaded: merge them into the weights
      --max-loras                  |N      |IGNORED ||adapters can't be loaded
      --max-lora-rank              |N      |IGNORED ||adapters can't be loaded
      --max-cpu-loras              |N      |IGNORED ||adapters can't be loaded
      --lora-dtype                 |TYPE   |IGNORED ||adapters can't be loaded
      --lora-extra-vocab-size      |N      |IGNORED ||adapters can't be loaded
      --fully-sharded-loras        |       |IGNORED ||adapters can't be loaded
      --default-mm-loras           |JSON   |IGNORED ||adapters can't be loaded
      --kv-offloading-size         |GB     |REFUSED ||cached tokens stay in memory
      --kv-offloading-backend      |NAME   |REFUSED ||cached tokens stay in memory
      --kv-transfer-config         |JSON   |REFUSED ||cached tokens stay in this process
      --kv-events-config           |JSON   |IGNORED ||nobody outside is told what is cached
      --ec-transfer-config         |JSON   |REFUSED ||cached tokens stay in this process
      --enable-sleep-mode          |       |REFUSED ||the server doesn't sleep
      --limit-mm-per-prompt        |JSON   |IGNORED ||requests are text
      --mm-processor-kwargs        |JSON   |IGNORED ||requests are text
      --allowed-local-media-path   |PATH   |IGNORED ||requests are text
      --allowed-media-domains      |NAME...|IGNORED ||requests are text
      --media-io-kwargs            |JSON   |IGNORED ||requests are text
      --mm-processor-cache-gb      |GB     |IGNORED ||requests are text
      --mm-processor-cache-type    |NAME   |IGNORED ||requests are text
      --mm-encoder-tp-mode         |NAME   |IGNORED ||requests are text
      --disable-mm-preprocessor-cache|     |ACCEPTED||requests are text
      --disable-chunked-mm-input   |       |ACCEPTED||requests are text
      --interleave-mm-strings      |       |IGNORED ||requests are text
      --skip-mm-profiling          |       |ACCEPTED||requests are text
      --video-pruning-rate         |SHARE  |IGNORED ||requests are text
      --language-model-only        |       |ACCEPTED||requests are text
      """;

  private VllmFlags() {}

  /** Returns those of the table. */
  static List<VllmFlag> table() {
    return TABLE.lines().map(VllmFlag::parse).toList();
  }

  /** Returns all of them: those of the table, and the negations of switches beside them. */
  static List<VllmFlag> all() {
    List<VllmFlag> all = new ArrayList<>(table());
    Set<String> named = new HashSet<>();
    all.forEach(flag -> named.addAll(flag.names()));
    for (VllmFlag flag : List.copyOf(all)) {
      flag.negation()
          .filter(negation -> negation.names().stream().noneMatch(named::contains))
          .ifPresent(all::add);
    }
    return all;
  }

  /** Lets a command accept those that it doesn't have itself. */
  static void addTo(CommandSpec command) {
    for (VllmFlag flag : all()) {
      if (flag.names().stream()
          .noneMatch(name ->
              command.optionsMap().containsKey(name)
                  || command.negatedOptionsMap().containsKey(name))) {
        command.addOption(flag.option());
      }
    }
  }

  /**
   * Looks at those that were given.
   *
   * @param warn gets a line for each that is ignored
   * @throws CliException if one is refused
   */
  static void check(ParseResult given, Consumer<String> warn) {
    boolean any = false;
    for (OptionSpec option : given.matchedOptionsSet()) {
      any |= option.hidden();
    }
    if (!any) {
      return;
    }
    for (VllmFlag flag : all()) {
      OptionSpec option = given.matchedOption(flag.names().getFirst());
      if (option != null && option.hidden() && !flag.isHarmless(option.originalStringValues())) {
        String values =
            flag.label().isEmpty() ? "" : " " + String.join(" ", option.originalStringValues());
        switch (flag.effect()) {
          case ACCEPTED -> {}
          case IGNORED ->
              warn.accept("%s is ignored: %s.".formatted(flag.names().getFirst(), flag.reason()));
          case REFUSED ->
              throw new CliException(
                  "%s%s is not supported: %s."
                      .formatted(flag.names().getFirst(), values, flag.reason()));
        }
      }
    }
  }
}
