package org.lfm4j.server.tls;

import io.helidon.common.tls.Tls;
import java.lang.System.Logger.Level;

/** Keeps a server's TLS as its files are. {@link #refresh} is called by one thread. */
public final class ReloadingTls {
  private static final System.Logger LOG = System.getLogger(ReloadingTls.class.getName());

  private final TlsFiles files;
  private final Tls tls;
  private int fingerprint;

  /**
   * Reads the files.
   *
   * @throws TlsException if they can't be used
   */
  public ReloadingTls(TlsFiles files) {
    this.files = files;
    this.fingerprint = files.fingerprint(0);
    this.tls = files.read();
  }

  /** Returns what the server listens with. */
  public Tls tls() {
    return tls;
  }

  /**
   * Reads the files again if they have changed: new connections get the new certificate. Files that
   * can't be used, or don't fit each other yet, change nothing.
   */
  public void refresh() {
    int now = files.fingerprint(fingerprint);
    if (now == fingerprint) {
      return;
    }
    try {
      tls.reload(files.read());
      fingerprint = now;
      LOG.log(Level.INFO, "Read the certificate in {0} again", files.certificates());
    } catch (TlsException e) {
      fingerprint = now;
      LOG.log(Level.ERROR, "The certificate stays as it was. {0}", e.getMessage());
    }
  }
}
