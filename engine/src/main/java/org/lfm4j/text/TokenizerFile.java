package org.lfm4j.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a tokenizer.json of Hugging Face's tokenizers says, checked to be a byte-level BPE that this
 * package encodes identically. Settings that would change ids and are not supported are refused.
 *
 * @param vocabulary token bytes by id and back
 * @param merges merge rules
 * @param byteIds ids of the 256 single bytes; -1 for a byte that UTF-8 never uses
 * @param ignoreMerges whether a piece that is a token is taken without merging
 * @param addedTokens tokens cut out before BPE
 * @param prefix ids the post-processor puts before a text
 * @param suffix ids the post-processor puts after a text
 */
record TokenizerFile(
    Vocabulary vocabulary,
    MergeTable merges,
    int[] byteIds,
    boolean ignoreMerges,
    List<AddedToken> addedTokens,
    int[] prefix,
    int[] suffix) {

  /** Far above any published vocabulary; keeps a damaged id from asking for gigabytes. */
  private static final int MAX_ID = 1 << 24;

  static TokenizerFile read(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new TextException("No tokenizer at " + path + ": download the model's tokenizer.json");
    }
    try {
      return new Reader(JsonMapper.shared().readTree(path.toFile())).read();
    } catch (JacksonException e) {
      throw new TextException(
          path + " is damaged, download it again: " + e.getOriginalMessage(), e);
    } catch (TextException e) {
      throw new TextException(path + ": " + e.getMessage(), e);
    }
  }

  static int part(Vocabulary vocabulary, byte[] token, Object rule) {
    int id = token.length == 0 ? -1 : vocabulary.find(token, 0, token.length);
    if (id < 0) {
      throw new TextException(
          "merge " + rule + " is no pair of ordinary tokens that make a third one");
    }
    return id;
  }

  static int[] byteIds(Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int b = 0; b < 256; b++) {
      ids[b] = vocabulary.find(new byte[] {(byte) b}, 0, 1);
      boolean used = b < 0xC0 || (b > 0xC1 && b < 0xF5);
      if (used && ids[b] < 0) {
        throw new TextException("no ordinary token for byte 0x%02X".formatted(b));
      }
    }
    return ids;
  }

  /** A token that is not spelled in the byte alphabet stands for its own UTF-8 bytes. */
  static byte[] bytes(String spelling) {
    return ByteAlphabet.bytes(spelling).orElseGet(() -> Utf8.encode(spelling));
  }

  private static final class Reader {
    private final JsonNode root;
    private final JsonNode model;

    Reader(JsonNode root) {
      this.root = root;
      this.model = root.path("model");
    }

    TokenizerFile read() {
      checkModel();
      require(absent(root.path("normalizer")), "a normalizer", root.path("normalizer"));
      checkPreTokenizer();
      List<AddedToken> added = addedTokens();
      byte[][] tokens = new byte[size(added)][];
      Arrays.fill(tokens, new byte[0]);
      boolean[] searchable = new boolean[tokens.length];
      for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
        int id = id(entry.getValue(), entry.getKey());
        Optional<byte[]> spelled = ByteAlphabet.bytes(entry.getKey());
        searchable[id] = spelled.isPresent();
        tokens[id] = spelled.orElseGet(() -> Utf8.encode(entry.getKey()));
      }
      for (AddedToken token : added) {
        tokens[token.id()] = bytes(token.content());
        searchable[token.id()] &= !token.control();
      }
      Vocabulary vocabulary = new Vocabulary(tokens, searchable);
      PostProcessor post = PostProcessor.read(root.path("post_processor"));
      return new TokenizerFile(
          vocabulary,
          merges(vocabulary),
          byteIds(vocabulary),
          model.path("ignore_merges").asBoolean(false),
          added,
          post.prefix(),
          post.suffix());
    }

    private void checkModel() {
      String type = model.path("type").asString("BPE");
      require(type.equals("BPE") && model.path("vocab").isObject(), "a model of type", type);
      for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
        require(model.path(affix).asString("").isEmpty(), affix, model.path(affix));
      }
      require(model.path("dropout").asDouble(0) == 0, "dropout", model.path("dropout"));
    }

    private void checkPreTokenizer() {
      JsonNode pre = root.path("pre_tokenizer");
      JsonNode split = pre.path("pretokenizers").path(0);
      JsonNode bytes = pre.path("pretokenizers").path(1);
      boolean known =
          pre.path("type").asString("").equals("Sequence")
              && pre.path("pretokenizers").size() == 2
              && split.path("type").asString("").equals("Split")
              && split.path("behavior").asString("").equals("Isolated")
              && !split.path("invert").asBoolean(false)
              && PreTokenizer.implementsPattern(split.path("pattern").path("Regex").asString(""))
              && bytes.path("type").asString("").equals("ByteLevel")
              && !bytes.path("add_prefix_space").asBoolean(true)
              && !bytes.path("use_regex").asBoolean(true);
      require(known, "a pre_tokenizer other than LFM2's", pre);
    }

    private List<AddedToken> addedTokens() {
      List<AddedToken> tokens = new ArrayList<>();
      for (JsonNode node : root.path("added_tokens")) {
        String content = node.path("content").asString("");
        if (content.isEmpty()) {
          continue;
        }
        boolean special = node.path("special").asBoolean(false);
        AddedToken token =
            new AddedToken(
                id(node.path("id"), content),
                content,
                special,
                node.path("single_word").asBoolean(false),
                node.path("lstrip").asBoolean(false),
                node.path("rstrip").asBoolean(false),
                node.path("normalized").asBoolean(!special));
        boolean plain = !token.singleWord() && !token.takesLeft() && !token.takesRight();
        require(plain || !token.control(), "a control token that looks at its neighbours", node);
        tokens.add(token);
      }
      return List.copyOf(tokens);
    }

    private int size(List<AddedToken> added) {
      int size = 0;
      for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
        size = Math.max(size, id(entry.getValue(), entry.getKey()) + 1);
      }
      for (AddedToken token : added) {
        size = Math.max(size, token.id() + 1);
      }
      return size;
    }

    private static int id(JsonNode node, String token) {
      int id = node.asInt(-1);
      if (!node.isInt() || id < 0 || id > MAX_ID) {
        throw new TextException(
            "token '%s' has id %s; ids are whole numbers up to %d".formatted(token, node, MAX_ID));
      }
      return id;
    }

    private MergeTable merges(Vocabulary vocabulary) {
      JsonNode rules = model.path("merges");
      MergeTable merges = new MergeTable(rules.size());
      int rank = 0;
      for (JsonNode rule : rules) {
        String written = rule.asString("");
        int blank = written.indexOf(' ');
        boolean pair = rule.isArray() && rule.size() == 2;
        byte[] left =
            bytes(pair ? rule.get(0).asString() : written.substring(0, Math.max(0, blank)));
        byte[] right = bytes(pair ? rule.get(1).asString() : written.substring(blank + 1));
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        merges.put(
            part(vocabulary, left, rule),
            part(vocabulary, right, rule),
            rank++,
            part(vocabulary, both, rule));
      }
      return merges;
    }

    private static boolean absent(JsonNode node) {
      return node.isMissingNode() || node.isNull();
    }

    private static void require(boolean supported, String what, Object value) {
      if (!supported) {
        throw new TextException(
            what + " is not supported: " + value + "; lfm4j reads LFM2's byte-level BPE");
      }
    }
  }
}
