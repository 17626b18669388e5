package org.lfm4j.server.tls;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Arrays;

/**
 * What a server shows its clients, in PEM.
 *
 * @param certificates the server's certificate, then those that lead to its root
 * @param privateKey its key, unencrypted
 */
public record TlsFiles(Path certificates, Path privateKey) {

  /**
   * Reads the files.
   *
   * @throws TlsException if they can't be used
   */
  Tls read() {
    try {
      Keys keys =
          Keys.builder()
              .pem(pem ->
                  pem.key(Resource.create(privateKey)).certChain(Resource.create(certificates)))
              .build();
      requirePair(keys);
      return Tls.builder()
          .privateKey(keys.privateKey().orElseThrow())
          .privateKeyCertChain(keys.certChain())
          .build();
    } catch (RuntimeException | GeneralSecurityException e) {
      throw new TlsException(
          "Can't use the certificate %s with the key %s: %s. Both must be PEM files that belong together; see --ssl-certfile and --ssl-keyfile."
              .formatted(certificates, privateKey, e.getMessage()),
          e);
    }
  }

  /** While files are being replaced, one may be new and the other old: what one signs tells. */
  private static void requirePair(Keys keys) throws GeneralSecurityException {
    PrivateKey key = keys.privateKey().orElseThrow();
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(keys.certChain().getFirst().getPublicKey());
    signature.update(text);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key is not the certificate's");
    }
  }

  /** Returns a value that changes with the files' contents; the same if they can't be read now. */
  int fingerprint(int before) {
    try {
      return 31 * Arrays.hashCode(Files.readAllBytes(certificates))
          + Arrays.hashCode(Files.readAllBytes(privateKey));
    } catch (IOException e) {
      return before;
    }
  }
}
