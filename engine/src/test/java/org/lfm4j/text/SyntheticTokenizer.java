package org.lfm4j.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a tokenizer.json of the same build as LFM2's: 14 named special tokens, reserved ones, the
 * byte alphabet, then merges learned word by word from {@link TestStrings#word}.
 */
final class SyntheticTokenizer {
  static final String PATTERN_65K =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  static final String PATTERN_128K =
      "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";

  static final List<String> NAMED =
      List.of(
          "<|pad|>",
          "<|startoftext|>",
          "<|endoftext|>",
          "<|fim_pre|>",
          "<|fim_mid|>",
          "<|fim_suf|>",
          "<|im_start|>",
          "<|im_end|>",
          "<|tool_list_start|>",
          "<|tool_list_end|>",
          "<|tool_call_start|>",
          "<|tool_call_end|>",
          "<|tool_response_start|>",
          "<|tool_response_end|>");

  private final Map<String, Integer> vocab = new LinkedHashMap<>();
  private final Map<String, Integer> ranks = new HashMap<>();
  private final List<Object> merges = new ArrayList<>();
  private final List<Map<String, Object>> added = new ArrayList<>();
  private final String pattern;
  private final boolean ignoreMerges;
  private final boolean mergesAsPairs;

  private SyntheticTokenizer(String pattern, boolean ignoreMerges, boolean mergesAsPairs) {
    this.pattern = pattern;
    this.ignoreMerges = ignoreMerges;
    this.mergesAsPairs = mergesAsPairs;
  }

  /** Writes a tokenizer with {@code entries} ids in the form LFM2's is published in. */
  static Path write(Path folder, int entries, long seed) throws IOException {
    return write(folder, entries, seed, PATTERN_65K, false, false);
  }

  static Path write(
      Path folder,
      int entries,
      long seed,
      String pattern,
      boolean ignoreMerges,
      boolean mergesAsPairs)
      throws IOException {
    SyntheticTokenizer tokenizer = new SyntheticTokenizer(pattern, ignoreMerges, mergesAsPairs);
    tokenizer.build(entries, random(seed));
    Path path = folder.resolve("tokenizer.json");
    Files.writeString(path, JsonMapper.shared().writeValueAsString(tokenizer.json()));
    return path;
  }

  static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  private void build(int entries, RandomGenerator random) {
    for (String name : NAMED) {
      add(name, true);
    }
    for (int i = 0; i < 20; i++) {
      add("<|reserved_" + i + "|>", i % 2 == 0);
    }
    add("<think>", false);
    add("</think>", false);
    for (int b = 0; b < 256; b++) {
      vocab.put(spell(new byte[] {(byte) b}), vocab.size());
    }
    while (vocab.size() < entries) {
      learn(TestStrings.word(random), random);
    }
  }

  private void add(String content, boolean special) {
    Map<String, Object> token = new LinkedHashMap<>();
    token.put("id", vocab.size());
    token.put("content", content);
    token.put("single_word", false);
    token.put("lstrip", false);
    token.put("rstrip", false);
    token.put("normalized", false);
    token.put("special", special);
    added.add(token);
    vocab.put(content, vocab.size());
  }

  /** Encodes a word with the merges so far and adds one merge of neighbours that are left. */
  private void learn(String word, RandomGenerator random) {
    List<String> symbols = new ArrayList<>();
    for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
      symbols.add(spell(new byte[] {b}));
    }
    for (int at = lowest(symbols); at >= 0; at = lowest(symbols)) {
      symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
    }
    if (symbols.size() > 1) {
      int at = random.nextInt(symbols.size() - 1);
      String left = symbols.get(at);
      String right = symbols.get(at + 1);
      ranks.put(left + " " + right, merges.size());
      merges.add(mergesAsPairs ? List.of(left, right) : left + " " + right);
      vocab.putIfAbsent(left + right, vocab.size());
    }
  }

  private int lowest(List<String> symbols) {
    int lowest = Integer.MAX_VALUE;
    int at = -1;
    for (int i = 0; i + 1 < symbols.size(); i++) {
      int rank = ranks.getOrDefault(symbols.get(i) + " " + symbols.get(i + 1), Integer.MAX_VALUE);
      if (rank < lowest) {
        lowest = rank;
        at = i;
      }
    }
    return at;
  }

  /** Spells bytes as GPT-2's encoder does, written a second time so that it checks the first. */
  static String spell(byte[] bytes) {
    StringBuilder spelled = new StringBuilder();
    for (byte signed : bytes) {
      int b = signed & 0xFF;
      if (b <= 0x20) {
        spelled.append((char) (0x100 + b));
      } else if (b >= 0x7F && b <= 0xA0) {
        spelled.append((char) (0x121 + b - 0x7F));
      } else {
        spelled.append(b == 0xAD ? (char) 0x143 : (char) b);
      }
    }
    return spelled.toString();
  }

  private Map<String, Object> json() {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("dropout", null);
    model.put("unk_token", null);
    model.put("continuing_subword_prefix", null);
    model.put("end_of_word_suffix", null);
    model.put("fuse_unk", false);
    model.put("byte_fallback", false);
    model.put("ignore_merges", ignoreMerges);
    model.put("vocab", vocab);
    model.put("merges", merges);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", "1.0");
    json.put("truncation", null);
    json.put("padding", null);
    json.put("added_tokens", added);
    json.put("normalizer", null);
    json.put("pre_tokenizer", preTokenizer());
    json.put("post_processor", postProcessor());
    json.put("decoder", byteLevel(true, true, true));
    json.put("model", model);
    return json;
  }

  private Map<String, Object> preTokenizer() {
    Map<String, Object> split = new LinkedHashMap<>();
    split.put("type", "Split");
    split.put("pattern", Map.of("Regex", pattern));
    split.put("behavior", "Isolated");
    split.put("invert", false);
    return sequence("pretokenizers", List.of(split, byteLevel(false, true, false)));
  }

  private static Map<String, Object> postProcessor() {
    Object bos = Map.of("SpecialToken", Map.of("id", "<|startoftext|>", "type_id", 0));
    Object first = Map.of("Sequence", Map.of("id", "A", "type_id", 0));
    Object second = Map.of("Sequence", Map.of("id", "B", "type_id", 1));
    Map<String, Object> template = new LinkedHashMap<>();
    template.put("type", "TemplateProcessing");
    template.put("single", List.of(bos, first));
    template.put("pair", List.of(bos, first, bos, second));
    template.put(
        "special_tokens",
        Map.of(
            "<|startoftext|>",
            Map.of(
                "id", "<|startoftext|>", "ids", List.of(1), "tokens", List.of("<|startoftext|>"))));
    return sequence("processors", List.of(byteLevel(true, false, true), template));
  }

  private static Map<String, Object> sequence(String key, List<Object> parts) {
    Map<String, Object> sequence = new LinkedHashMap<>();
    sequence.put("type", "Sequence");
    sequence.put(key, parts);
    return sequence;
  }

  private static Map<String, Object> byteLevel(boolean prefix, boolean trim, boolean regex) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", "ByteLevel");
    json.put("add_prefix_space", prefix);
    json.put("trim_offsets", trim);
    json.put("use_regex", regex);
    return json;
  }
}
