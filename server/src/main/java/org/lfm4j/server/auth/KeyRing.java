package org.lfm4j.server.auth;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All API keys of a server: given ones, and those in files, which are read again when they change.
 * With neither, everybody may ask; with a file that is empty, nobody may. Thread-safe.
 */
public final class KeyRing {
  private static final System.Logger LOG = System.getLogger(KeyRing.class.getName());

  private final List<Tenant> given;
  private final List<Path> files;
  private final KeyLimits limits;
  private List<KeyFile.Look> looks;
  private volatile List<Tenant> tenants;

  private KeyRing(List<Tenant> given, List<Path> files, KeyLimits limits) {
    this.given = given;
    this.files = files;
    this.limits = limits;
    this.looks = look();
    this.tenants = read(List.of());
  }

  /** A server without keys. */
  public static KeyRing open() {
    return of(List.of(), List.of(), KeyLimits.NONE);
  }

  /**
   * Keys from the command line and from files.
   *
   * @param limits what each may use, unless its line in a file says otherwise
   * @throws AuthException if a key or a file can't be used
   */
  public static KeyRing of(List<String> keys, List<Path> files, KeyLimits limits) {
    List<Tenant> given = new ArrayList<>();
    for (String key : keys) {
      if (key.isBlank() || !key.equals(key.strip())) {
        throw new AuthException("An API key must not be empty or begin or end with a blank.");
      }
      KeyDigest digest = KeyDigest.of(key);
      given.add(new Tenant(nameOf(digest), digest, limits));
    }
    return new KeyRing(given, List.copyOf(files), limits);
  }

  /** Returns a name that tells keys apart without telling them. */
  static String nameOf(KeyDigest digest) {
    return "key-" + digest.hex().substring(0, 8);
  }

  /** Returns whether requests need a key. */
  public boolean closed() {
    return !given.isEmpty() || !files.isEmpty();
  }

  /** Returns how many keys there are. */
  public int size() {
    return tenants.size();
  }

  /** Returns the owner of a key. All keys are compared, so that time tells nothing. */
  Optional<Tenant> find(String key) {
    KeyDigest digest = KeyDigest.of(key);
    @Nullable Tenant found = null;
    for (Tenant tenant : tenants) {
      found = tenant.digest().equals(digest) ? tenant : found;
    }
    return Optional.ofNullable(found);
  }

  /** Reads files that have changed; if one can't be used, the keys stay as they are. */
  public synchronized void refresh() {
    if (files.isEmpty()) {
      return;
    }
    List<KeyFile.Look> now = look();
    if (now.equals(looks)) {
      return;
    }
    looks = now;
    try {
      tenants = read(tenants);
      LOG.log(Level.INFO, "Read the API keys again: there are {0} now", tenants.size());
    } catch (AuthException e) {
      LOG.log(Level.ERROR, "The API keys stay as they were. {0}", e.getMessage());
    }
  }

  private List<KeyFile.Look> look() {
    return files.stream().map(KeyFile.Look::at).toList();
  }

  private List<Tenant> read(List<Tenant> before) {
    List<Tenant> all = new ArrayList<>(given);
    for (Path file : files) {
      for (Tenant tenant : KeyFile.read(file, limits)) {
        all.add(before.stream().filter(tenant::isStill).findFirst().orElse(tenant));
      }
    }
    return List.copyOf(all);
  }
}
