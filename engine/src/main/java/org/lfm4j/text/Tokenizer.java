package org.lfm4j.text;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Byte-level BPE as tokenizer.json describes it. Thread-safe. */
public final class Tokenizer {
  /** They say what is reasoning, so that a text without special tokens still has them. */
  private static final Set<String> REASONING_TAGS = Set.of("<think>", "</think>");

  private final TokenizerFile file;
  private final Vocabulary vocabulary;
  private final Bpe bpe;
  private final BitSet special = new BitSet();
  private final BitSet skipped = new BitSet();
  private final BitSet added = new BitSet();
  private final AddedTokens control;

  /** Added tokens by pass: those of the raw text, then those of the normalized one. */
  private final List<AddedTokens> all;

  private final List<AddedTokens> ordinary;

  private Tokenizer(TokenizerFile file) {
    this.file = file;
    this.vocabulary = file.vocabulary();
    this.bpe = new Bpe(vocabulary, file.merges(), file.byteIds(), file.ignoreMerges());
    for (AddedToken token : file.addedTokens()) {
      special.set(token.id(), token.special());
      skipped.set(token.id(), token.special() && !REASONING_TAGS.contains(token.content()));
      added.set(token.id());
    }
    this.control = new AddedTokens(controlTokens().toList());
    this.all = passes(file.addedTokens());
    this.ordinary = passes(file.addedTokens().stream().filter(t -> !t.control()).toList());
  }

  private static List<AddedTokens> passes(List<AddedToken> tokens) {
    return Stream.of(false, true)
        .map(pass -> new AddedTokens(tokens.stream().filter(t -> t.normalized() == pass).toList()))
        .filter(pass -> !pass.isEmpty())
        .toList();
  }

  /**
   * Loads a tokenizer.json.
   *
   * @throws TextException if it is not a byte-level BPE or is damaged
   */
  public static Tokenizer load(Path tokenizerJson) {
    return new Tokenizer(TokenizerFile.read(tokenizerJson));
  }

  /**
   * Makes a tokenizer from its parts.
   *
   * @throws TextException if they don't fit together or are those of another kind of tokenizer
   */
  public static Tokenizer of(TokenizerParts parts) {
    return new Tokenizer(TokenizerFromParts.read(parts));
  }

  /** Returns one more than the highest id. */
  public int vocabSize() {
    return vocabulary.size();
  }

  /**
   * Returns the id of a token by its exact text as the file spells it, special tokens included: a
   * blank before a word is {@code Ġ} there.
   */
  public OptionalInt id(String token) {
    Optional<AddedToken> added =
        file.addedTokens().stream().filter(t -> t.content().equals(token)).findFirst();
    if (added.isPresent()) {
      return OptionalInt.of(added.get().id());
    }
    byte[] bytes = ByteAlphabet.bytes(token).orElse(new byte[0]);
    int id = bytes.length == 0 ? -1 : vocabulary.find(bytes, 0, bytes.length);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Returns a token's text; bytes that are no character by themselves show as U+FFFD. */
  public String token(int id) {
    return decode(new int[] {id}, false);
  }

  /**
   * Returns a token as the file spells it, a blank before a word as {@code Ġ}; empty for an id
   * without text. The inverse of {@link #id(String)}.
   */
  public String spelling(int id) {
    return file.addedTokens().stream()
        .filter(token -> token.id() == id)
        .findFirst()
        .map(AddedToken::content)
        .orElseGet(() -> ByteAlphabet.spell(bytes(id)));
  }

  /** Returns a token's bytes, none for an id without text. */
  public byte[] bytes(int id) {
    return isKnown(id) ? vocabulary.bytes(id) : new byte[0];
  }

  /** Returns whether an id is a special token. */
  public boolean isSpecial(int id) {
    return id >= 0 && special.get(id);
  }

  /** Returns whether an id is an added token, which BPE never makes from text. */
  public boolean isAdded(int id) {
    return id >= 0 && added.get(id);
  }

  /** Returns the ids of control tokens by their text. */
  public Map<String, Integer> controlTokenIds() {
    return controlTokens()
        .collect(Collectors.toMap(AddedToken::content, AddedToken::id, (a, b) -> a));
  }

  /** Returns the ids that the post-processor puts before a text, usually bos alone. */
  public int[] prefixIds() {
    return file.prefix().clone();
  }

  /**
   * Encodes plain text. Control-token look-alikes in it stay text: no id of a special token, nor of
   * any other added token of the form {@code <|...|>}, comes from it.
   *
   * @param addSpecialTokens whether the post-processor's tokens (bos) are added
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    return encode(text, addSpecialTokens, ordinary);
  }

  /**
   * Encodes text that comes from the program, never from a user: control tokens in it become ids,
   * as Hugging Face's {@code encode} has it.
   *
   * @param addSpecialTokens whether the post-processor's tokens (bos) are added
   */
  public int[] encodeTrusted(String text, boolean addSpecialTokens) {
    return encode(text, addSpecialTokens, all);
  }

  /**
   * Encodes a rendered conversation: the template's control tokens become ids, look-alikes text.
   */
  public int[] encode(RenderedPrompt prompt) {
    String marked = Utf8.wellFormed(prompt.marked());
    IntList ids = new IntList(marked.length() / 3);
    StringBuilder text = new StringBuilder();
    int at = 0;
    for (int mark = marked.indexOf(prompt.mark()); mark >= 0; ) {
      text.append(marked, at, mark);
      StringBuilder written = new StringBuilder();
      at = mark;
      while (at < marked.length() && marked.charAt(at) == prompt.mark()) {
        at++;
        if (at < marked.length()) {
          written.appendCodePoint(marked.codePointAt(at));
          at += Character.charCount(marked.codePointAt(at));
        }
      }
      addControlTokens(written.toString(), text, ids);
      mark = marked.indexOf(prompt.mark(), at);
    }
    encode(text.append(marked, at, marked.length()).toString(), ordinary, ids);
    return ids.toArray();
  }

  /** Adds what the template wrote: tokens end the text before them, anything else joins it. */
  private void addControlTokens(String written, StringBuilder text, IntList ids) {
    control.split(
        written,
        new AddedTokens.Parts() {
          @Override
          public void text(String part) {
            text.append(part);
          }

          @Override
          public void token(int id) {
            encode(text.toString(), ordinary, ids);
            text.setLength(0);
            ids.add(id);
          }
        });
  }

  private int[] encode(String text, boolean addSpecialTokens, List<AddedTokens> passes) {
    IntList ids = new IntList(text.length() / 3);
    if (addSpecialTokens) {
      ids.addAll(file.prefix());
    }
    encode(Utf8.wellFormed(text), passes, ids);
    if (addSpecialTokens) {
      ids.addAll(file.suffix());
    }
    return ids.toArray();
  }

  private void encode(String text, List<AddedTokens> passes, IntList ids) {
    if (passes.isEmpty()) {
      encodePieces(text, ids);
      return;
    }
    passes
        .getFirst()
        .split(
            text,
            new AddedTokens.Parts() {
              @Override
              public void text(String part) {
                encode(part, passes.subList(1, passes.size()), ids);
              }

              @Override
              public void token(int id) {
                ids.add(id);
              }
            });
  }

  private void encodePieces(String text, IntList ids) {
    byte[] utf8 = Utf8.encode(text);
    int from = 0;
    while (from < utf8.length) {
      int to = PreTokenizer.pieceEnd(utf8, from, utf8.length);
      bpe.encode(utf8, from, to, ids);
      from = to;
    }
  }

  /** Decodes ids; ids without text (padding rows) decode to nothing. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    StreamDecoder decoder = newStreamDecoder(skipSpecialTokens);
    StringBuilder text = new StringBuilder(ids.length * 4);
    for (int id : ids) {
      decoder.push(id, text);
    }
    decoder.finish(text);
    return text.toString();
  }

  /** Returns a decoder for one stream of ids. */
  public StreamDecoder newStreamDecoder(boolean skipSpecialTokens) {
    return new StreamDecoder(this, skipSpecialTokens);
  }

  Stream<AddedToken> controlTokens() {
    return file.addedTokens().stream().filter(AddedToken::control);
  }

  /** Returns whether a token is left out of texts without special tokens. */
  boolean isSkipped(int id) {
    return id >= 0 && skipped.get(id);
  }

  int byteLength(int id) {
    return isKnown(id) ? vocabulary.length(id) : 0;
  }

  byte byteAt(int id, int index) {
    return vocabulary.byteAt(id, index);
  }

  private boolean isKnown(int id) {
    return id >= 0 && id < vocabulary.size();
  }
}
