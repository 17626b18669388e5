package org.lfm4j.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One file of a repository at a commit.
 *
 * @param path where it lies in the repository, parts separated by slashes
 * @param size bytes
 * @param blobId its git blob's SHA-1; for a large file the one of the pointer to it
 * @param sha256 of the content, if it is a large file (LFS or Xet)
 * @param xetHash name of the content in Xet storage, if it is there
 */
public record RepoFile(
    String path, long size, String blobId, Optional<String> sha256, Optional<String> xetHash) {
  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern UNSAFE =
      Pattern.compile("^/|\\\\|[\\x00-\\x1f\\x7f]|(^|/)(\\.{0,2})(/|$)|^[A-Za-z]:");

  /**
   * Checks what a server said: paths and hashes become names on this machine's disk.
   *
   * @throws HubException if one is not safe
   */
  public RepoFile {
    if (UNSAFE.matcher(path).find()) {
      throw new HubException(
          "The Hub lists a file '%s', which would lie outside of its folder: don't use this repository."
              .formatted(path));
    }
    if (size < 0
        || !SHA1.matcher(blobId).matches()
        || sha256.filter(SHA256.asMatchPredicate().negate()).isPresent()
        || xetHash.filter(SHA256.asMatchPredicate().negate()).isPresent()) {
      throw new HubException(
          "The Hub lists '%s' with a size or hash that can't be: %d, %s, %s, %s."
              .formatted(path, size, blobId, sha256, xetHash));
    }
  }

  /** Returns the name of the content: SHA-256 of large files, git's blob id of small ones. */
  String etag() {
    return sha256.orElse(blobId);
  }

  /** Returns a digest that ends in {@link #etag()} once it has seen all bytes. */
  MessageDigest digest() {
    try {
      if (sha256.isPresent()) {
        return MessageDigest.getInstance("SHA-256");
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1 and SHA-256", e);
    }
  }

  /** Returns whether a finished {@link #digest()} is that of this file. */
  boolean matches(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest()).equals(etag());
  }
}
