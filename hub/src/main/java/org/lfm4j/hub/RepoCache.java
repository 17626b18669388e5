package org.lfm4j.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * One repository's folder in the cache, laid out as Python's {@code huggingface_hub} does it:
 * {@code blobs} by their hash, {@code snapshots} of links to them, {@code refs} from branches to
 * commits, {@code .no_exist} marks of files known to be absent, {@code trees} of known files.
 *
 * <p>A blob may itself be a link into a store that all repositories share; so blobs are replaced
 * and unlinked, never written in place.
 */
final class RepoCache {
  private static final String TAG =
      """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file is a cache directory tag created by lfm4j for the Hugging Face Hub's cache.
      # For information about cache directory tags, see https://bford.info/cachedir/
      """;

  private final Path cache;
  private final RepoId repo;
  private final boolean symlinks;

  RepoCache(HubSettings settings, RepoId repo) {
    this.cache = settings.cache();
    this.repo = repo;
    this.symlinks = settings.symlinks();
  }

  Path folder() {
    return cache.resolve(repo.folder());
  }

  Path blobs() {
    return folder().resolve("blobs");
  }

  Path blob(RepoFile file) {
    return blobs().resolve(file.etag());
  }

  Path snapshot(String commit) {
    return folder().resolve("snapshots").resolve(commit);
  }

  Path pointer(String commit, RepoFile file) {
    return snapshot(commit).resolve(file.path());
  }

  Path locks() {
    return cache.resolve(".locks").resolve(repo.folder());
  }

  Path lock(String etag) {
    return locks().resolve(etag + ".lock");
  }

  /** Returns where a snapshot's link leads: to a blob, which may be a link in its turn. */
  static Path target(Path pointer) throws IOException {
    return pointer.resolveSibling(Files.readSymbolicLink(pointer)).normalize();
  }

  /** Returns whether a snapshot has a file, whole. */
  boolean holds(String commit, RepoFile file) {
    return hasSize(pointer(commit, file), file.size());
  }

  /** Returns whether the content is there, whole, for whichever snapshot. */
  boolean holdsBlob(RepoFile file) {
    return hasSize(blob(file), file.size());
  }

  private static boolean hasSize(Path path, long size) {
    try {
      return Files.isRegularFile(path) && Files.size(path) == size;
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the commit that a revision stood for when it was downloaded. */
  Optional<String> commit(String revision) {
    if (ModelReference.isCommit(revision)) {
      return Optional.of(revision);
    }
    try {
      String text = Files.readString(folder().resolve("refs").resolve(revision)).strip();
      return Optional.of(text).filter(ModelReference::isCommit);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Notes the commit that a branch or tag stands for. */
  void writeRef(String revision, String commit) throws IOException {
    if (!ModelReference.isCommit(revision) && !commit(revision).equals(Optional.of(commit))) {
      AtomicFiles.write(folder().resolve("refs").resolve(revision), commit);
    }
  }

  Optional<RepoTree> tree(String commit) {
    return TreeCache.read(folder(), repo, commit);
  }

  /** Makes the folders, and tags the cache so that backups leave it out. */
  void prepare(String commit) throws IOException {
    Files.createDirectories(blobs());
    Files.createDirectories(snapshot(commit));
    Path tag = cache.resolve("CACHEDIR.TAG");
    if (Files.notExists(tag)) {
      Files.writeString(tag, TAG, StandardCharsets.US_ASCII);
    }
  }

  /** Returns whether a file is known to be absent from a commit. */
  boolean knownAbsent(String commit, String path) {
    return Files.exists(folder().resolve(".no_exist").resolve(commit).resolve(path));
  }

  /** Notes that a commit lacks a file. */
  void markAbsent(String commit, String path) throws IOException {
    Path mark = folder().resolve(".no_exist").resolve(commit).resolve(path);
    Files.createDirectories(mark.getParent());
    try {
      Files.createFile(mark);
    } catch (FileAlreadyExistsException e) {
      return;
    }
  }

  /**
   * Lets a snapshot have a file whose blob is there: by a link, or by the file itself where there
   * are no links.
   *
   * @param fresh whether the blob is new, so that nothing else can refer to it
   */
  void point(String commit, RepoFile file, boolean fresh) throws IOException {
    Path pointer = pointer(commit, file);
    Path blob = blob(file);
    Files.createDirectories(pointer.getParent());
    Files.deleteIfExists(pointer);
    if (symlinks) {
      try {
        // Relative to the link's folder, which is one level above the link.
        Path relative = pointer.relativize(blob);
        Files.createSymbolicLink(pointer, relative.subpath(1, relative.getNameCount()));
        return;
      } catch (FileAlreadyExistsException e) {
        // Another process was quicker with the same link.
        return;
      } catch (UnsupportedOperationException | FileSystemException e) {
        // No links here (Windows without developer mode, some network disks): the file itself.
        fresh &= !Files.isSymbolicLink(blob);
      }
    }
    if (fresh) {
      Files.move(blob, pointer, StandardCopyOption.ATOMIC_MOVE);
    } else {
      Files.copy(blob, pointer);
    }
  }

  /** Deletes a file and its folders as long as they are empty, up to {@code top}. */
  static void deleteUpTo(Path top, Path file) throws IOException {
    Files.deleteIfExists(file);
    Path folder = file.getParent();
    while (folder != null && folder.startsWith(top) && isEmpty(folder)) {
      Files.deleteIfExists(folder);
      folder = folder.getParent();
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.findAny().isEmpty();
    } catch (NoSuchFileException e) {
      return true;
    }
  }
}
