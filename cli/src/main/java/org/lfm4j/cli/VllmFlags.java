package org.lfm4j.cli;

import java.util.List;
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
      --disable-fastapi-docs       |       |IGNORED ||the pages are static and show nothing of the model
      --disable-log-stats          |       |ACCEPTED||numbers are in /metrics, not in the log
      --tokenizer                  |PATH   |REFUSED ||the model's own tokenizer.json is used: put another one into its directory
      --tokenizer-mode             |MODE   |REFUSED |auto/hf|there is one tokenizer, from tokenizer.json
      --skip-tokenizer-init        |       |REFUSED ||requests are text
      --revision                   |NAME   |REFUSED ||write it behind the name: ORG/NAME@REVISION
      --code-revision              |NAME   |IGNORED ||no code is ever loaded from a model
      --trust-remote-code          |       |IGNORED ||no code is ever loaded from a model
      --quantization -q            |NAME   |REFUSED ||weights are used as they are stored
      --load-format                |FORMAT |REFUSED |auto/hf/safetensors|weights come from safetensors
      --download-dir               |PATH   |IGNORED ||downloads go to the cache that all Hugging Face tools share: set HF_HUB_CACHE
      --hf-overrides               |JSON   |REFUSED ||change config.json of the model instead
      --hf-config-path             |PATH   |REFUSED ||config.json of the model is used
      --config-format              |NAME   |REFUSED |auto/hf|config.json is in Hugging Face's format
      --seed                       |N      |IGNORED ||requests without a seed are random: send seed to repeat one
      --task --runner              |NAME   |REFUSED |auto/generate|the server generates text
      --convert                    |NAME   |REFUSED |auto/none|the server generates text
      --max-logprobs               |N      |IGNORED |20|requests may ask for 20 log-probabilities, or -1 for all of a few tokens
      --gpu-memory-utilization     |SHARE  |IGNORED ||the model runs on the CPU: --cpu-cache-gb sets the memory for cached tokens
      --kv-cache-dtype             |TYPE   |REFUSED |auto/float32|the CPU caches float32
      --block-size                 |N      |IGNORED |64|pages hold 64 tokens
      --mamba-cache-mode           |MODE   |IGNORED |auto/all/align|convolution state lies in every page
      --mamba-block-size           |N      |IGNORED ||convolution state lies in every page
      --mamba-cache-dtype          |TYPE   |REFUSED |auto/float32|the CPU caches float32
      --num-gpu-blocks-override    |N      |IGNORED ||--cpu-cache-gb sets the memory for cached tokens
      --swap-space                 |GB     |IGNORED ||preempted requests are computed again, not swapped
      --cpu-offload-gb             |GB     |IGNORED |0|weights are mapped from their files
      --enable-chunked-prefill     |       |ACCEPTED||long prompts are always computed in chunks
      --no-enable-chunked-prefill  |       |REFUSED ||long prompts are always computed in chunks of --max-num-batched-tokens
      --max-num-partial-prefills   |N      |IGNORED ||as many prompts are computed at once as --max-num-batched-tokens leaves room for
      --long-prefill-token-threshold|N     |IGNORED ||as many prompts are computed at once as --max-num-batched-tokens leaves room for
      --async-scheduling --no-async-scheduling|  |ACCEPTED||steps are scheduled by one thread either way
      --stream-interval            |N      |IGNORED |1|every piece of text is sent at once
      --max-seq-len-to-capture     |N      |ACCEPTED||nothing is captured
      --tensor-parallel-size -tp   |N      |REFUSED |1|one process computes the whole model
      --pipeline-parallel-size -pp |N      |REFUSED |1|one process computes the whole model
      --data-parallel-size -dp     |N      |REFUSED |1|start several servers behind a balancer
      --enable-expert-parallel -ep |       |IGNORED ||one process has all experts
      --distributed-executor-backend|NAME  |IGNORED ||one process computes the whole model
      --device                     |NAME   |REFUSED |auto/cpu|the model runs on the CPU
      --enforce-eager              |       |ACCEPTED||nothing is compiled or captured
      --compilation-config -O -cc  |VALUE  |ACCEPTED||nothing is compiled or captured
      --cudagraph-capture-sizes --cuda-graph-sizes|N...|ACCEPTED||nothing is captured
      --moe-backend                |NAME   |IGNORED |auto|there is one implementation
      --attention-backend          |NAME   |IGNORED |auto|there is one implementation
      --speculative-config -sc     |JSON   |REFUSED ||there is no speculative decoding
      --chat-template              |FILE   |REFUSED ||the model's own template is used: put chat_template.jinja into its directory
      --chat-template-content-format|NAME  |IGNORED |auto/string|templates get plain text
      --default-chat-template-kwargs|JSON  |REFUSED ||send chat_template_kwargs in requests
      --enable-auto-tool-choice    |       |ACCEPTED||it is always on
      --tool-call-parser           |NAME   |REFUSED |auto/lfm2.*|calls are read as LFM2 writes them
      --tool-parser-plugin         |FILE   |REFUSED ||there is no Python to run it
      --reasoning-parser           |NAME   |ACCEPTED||there is one way in which LFM2 thinks
      --response-role              |NAME   |REFUSED |assistant|answers have the role assistant
      --exclude-tools-when-tool-choice-none||ACCEPTED||tool_choice none always hides the tools
      --structured-outputs-config --guided-decoding-backend|VALUE|IGNORED|auto|grammars are compiled by lfm4j itself
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
      --kv-offloading-size         |GB     |REFUSED ||cached tokens stay in memory
      --kv-offloading-backend      |NAME   |REFUSED ||cached tokens stay in memory
      --kv-transfer-config         |JSON   |REFUSED ||cached tokens stay in this process
      --enable-sleep-mode          |       |REFUSED ||the server doesn't sleep
      --limit-mm-per-prompt        |JSON   |IGNORED ||requests are text
      --mm-processor-kwargs        |JSON   |IGNORED ||requests are text
      --language-model-only        |       |ACCEPTED||requests are text
      """;

  private VllmFlags() {}

  /** Returns all of them. */
  static List<VllmFlag> all() {
    return TABLE.lines().map(VllmFlag::parse).toList();
  }

  /** Lets a command accept those that it doesn't have itself. */
  static void addTo(CommandSpec command) {
    for (VllmFlag flag : all()) {
      if (flag.names().stream().noneMatch(command.optionsMap()::containsKey)) {
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
