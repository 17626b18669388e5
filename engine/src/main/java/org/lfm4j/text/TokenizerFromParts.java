package org.lfm4j.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Turns {@link TokenizerParts} into what a tokenizer.json says. */
final class TokenizerFromParts {
  /** The rule of the LFM2 tokenizers, under which llama.cpp's converter files both. */
  static final String LFM2 = "lfm2";

  private final TokenizerParts parts;
  private final List<AddedToken> added = new ArrayList<>();

  private TokenizerFromParts(TokenizerParts parts) {
    this.parts = parts;
  }

  static TokenizerFile read(TokenizerParts parts) {
    return new TokenizerFromParts(parts).read();
  }

  private TokenizerFile read() {
    if (!parts.preTokenizer().equals(LFM2)) {
      throw new TextException(
          "a pre-tokenizer other than lfm2 is not supported: %s; lfm4j reads LFM2's byte-level BPE"
              .formatted(parts.preTokenizer()));
    }
    byte[][] tokens = new byte[parts.tokens().size()][];
    boolean[] searchable = new boolean[tokens.length];
    for (int id = 0; id < tokens.length; id++) {
      String spelling = parts.tokens().get(id);
      tokens[id] = new byte[0];
      if (parts.kind(id) != TokenizerParts.UNUSED && !spelling.isEmpty()) {
        boolean ordinary = addOthers(id, spelling);
        tokens[id] = TokenizerFile.bytes(spelling);
        searchable[id] = ordinary && ByteAlphabet.bytes(spelling).isPresent();
      }
    }
    Vocabulary vocabulary = new Vocabulary(tokens, searchable);
    return new TokenizerFile(
        vocabulary,
        merges(vocabulary),
        TokenizerFile.byteIds(vocabulary),
        false,
        List.copyOf(added),
        ids(parts.bos()),
        ids(parts.eos()));
  }

  /** Notes a token that BPE doesn't make; returns whether it is an ordinary one. */
  private boolean addOthers(int id, String spelling) {
    int kind = parts.kind(id);
    AddedToken token = new AddedToken(id, spelling, true, false, false, false, false);
    // Some control tokens are marked as normal ones; their form tells.
    if (kind == TokenizerParts.CONTROL || token.hasControlForm()) {
      added.add(token);
      return false;
    }
    if (kind == TokenizerParts.USER_DEFINED) {
      added.add(new AddedToken(id, spelling, false, false, false, false, true));
    }
    return true;
  }

  private MergeTable merges(Vocabulary vocabulary) {
    MergeTable merges = new MergeTable(parts.merges().size());
    int rank = 0;
    for (String rule : parts.merges()) {
      int blank = rule.indexOf(' ', 1);
      byte[] left = TokenizerFile.bytes(rule.substring(0, Math.max(0, blank)));
      byte[] right = TokenizerFile.bytes(rule.substring(blank + 1));
      byte[] both = Arrays.copyOf(left, left.length + right.length);
      System.arraycopy(right, 0, both, left.length, right.length);
      merges.put(
          TokenizerFile.part(vocabulary, left, rule),
          TokenizerFile.part(vocabulary, right, rule),
          rank++,
          TokenizerFile.part(vocabulary, both, rule));
    }
    return merges;
  }

  private int[] ids(OptionalInt id) {
    if (id.isPresent() && id.getAsInt() >= parts.tokens().size()) {
      throw new TextException(
          "token id %d is not among the %d tokens".formatted(id.getAsInt(), parts.tokens().size()));
    }
    return id.isPresent() ? new int[] {id.getAsInt()} : new int[0];
  }
}
