package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.server.tls.TlsFiles;
import picocli.CommandLine.Option;

/** HTTPS. */
@Section("Access")
final class TlsOptions {
  @Option(
      names = "--ssl-certfile",
      paramLabel = "FILE",
      description =
          "Certificate chain in PEM: serve HTTPS. Certificate and key are read again when they change.")
  private @Nullable Path certificates;

  @Option(
      names = "--ssl-keyfile",
      paramLabel = "FILE",
      description = "The certificate's key in PEM, unencrypted.")
  private @Nullable Path key;

  @Option(
      names = "--enable-ssl-refresh",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      hidden = true,
      description = "Accepted for vLLM's sake: certificates are always read again.")
  private boolean unusedRefresh;

  /**
   * Returns the files; nothing for plain HTTP.
   *
   * @throws CliException if only one of them was given
   */
  Optional<TlsFiles> files() {
    if (certificates == null && key == null) {
      return Optional.empty();
    }
    if (certificates == null || key == null) {
      throw new CliException("HTTPS needs both --ssl-certfile and --ssl-keyfile.");
    }
    return Optional.of(new TlsFiles(certificates, key));
  }
}
