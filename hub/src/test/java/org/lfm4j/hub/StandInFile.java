package org.lfm4j.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** A file of the stand-in, kept as the Hub keeps it: in git, in LFS, or in Xet storage. */
record StandInFile(String path, byte[] content, Kind kind) {
  enum Kind {
    GIT,
    LFS,
    XET
  }

  static StandInFile text(String path, String text) {
    return new StandInFile(path, text.getBytes(StandardCharsets.UTF_8), Kind.GIT);
  }

  static StandInFile random(String path, int size, Kind kind) {
    byte[] bytes = new byte[size];
    new Random(path.hashCode()).nextBytes(bytes);
    return new StandInFile(path, bytes, kind);
  }

  String sha256() {
    return hash("SHA-256", new byte[0], content);
  }

  /** The git blob of the file, or of the pointer to it. */
  String blobId() {
    byte[] bytes =
        kind == Kind.GIT
            ? content
            : "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
                .formatted(sha256(), content.length)
                .getBytes(StandardCharsets.UTF_8);
    return hash("SHA-1", ("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8), bytes);
  }

  String etag() {
    return kind == Kind.GIT ? blobId() : sha256();
  }

  /** Any 64 digits that are not the SHA-256. */
  String xetHash() {
    return hash("SHA-256", "xet".getBytes(StandardCharsets.UTF_8), content);
  }

  static String hash(String algorithm, byte[] head, byte[] rest) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(head);
      return HexFormat.of().formatHex(digest.digest(rest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
