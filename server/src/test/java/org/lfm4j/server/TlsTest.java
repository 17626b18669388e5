package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.server.model.ServedModel;
import org.lfm4j.server.tls.Certificates;
import org.lfm4j.server.tls.TlsException;
import org.lfm4j.server.tls.TlsFiles;

/** HTTPS with certificates that are replaced while the server runs. */
@Timeout(120)
class TlsTest {
  @TempDir static Path made;
  @TempDir Path directory;

  private static Certificates.Pair first;
  private static Certificates.Pair second;

  @BeforeAll
  static void makeCertificates() throws Exception {
    first = Certificates.make(made, "first");
    second = Certificates.make(made, "second");
  }

  private TlsFiles files(Certificates.Pair pair) throws IOException {
    Path certificate = Files.writeString(directory.resolve("cert.pem"), pair.certificatePem());
    Path key = Files.writeString(directory.resolve("key.pem"), pair.keyPem());
    return new TlsFiles(certificate, key);
  }

  /** Returns the answer to a streamed chat, and the certificate that was shown for it. */
  private static Certificate ask(TestServer server) throws Exception {
    try (SSLSocket socket =
        (SSLSocket)
            trusting(first, second).getSocketFactory().createSocket("localhost", server.port())) {
      String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true}";
      socket
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                      + "Content-Type: application/json\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.UTF_8));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(in.lines().toList()).contains("HTTP/1.1 200 OK", "data: [DONE]");
      return socket.getSession().getPeerCertificates()[0];
    }
  }

  private static SSLContext trusting(Certificates.Pair... pairs)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < pairs.length; i++) {
      store.setCertificateEntry("c" + i, pairs[i].certificate());
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private static boolean shows(TestServer server, Certificates.Pair pair) {
    try {
      return ask(server).equals(pair.certificate());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answersComeOverTlsAndNewCertificatesAreTakenUp() throws Exception {
    TlsFiles files = files(first);
    try (TestServer server =
        TestServer.with(FakeModel.saying("a"), TestServer.options().tls(files).build())) {
      assertThat(ask(server)).isEqualTo(first.certificate());
      Files.writeString(files.certificates(), second.certificatePem());
      assertThat(ask(server)).as("a certificate without its key").isEqualTo(first.certificate());
      Files.writeString(files.privateKey(), second.keyPem());
      Demo.await("the new certificate is shown", () -> shows(server, second));
      Files.writeString(files.privateKey(), "not a key");
      assertThat(ask(server)).as("a broken key").isEqualTo(second.certificate());
    }
  }

  @Test
  void plainHttpGetsNoAnswerFromIt() throws Exception {
    try (TestServer server =
            TestServer.with(FakeModel.saying("a"), TestServer.options().tls(files(first)).build());
        RawClient client = new RawClient(server)) {
      client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readToEnd()).doesNotContain("200 OK");
      assertThat(ask(server)).as("others are not affected").isEqualTo(first.certificate());
    }
  }

  @Test
  void strangersAreNotTrusted() throws Exception {
    try (TestServer server =
            TestServer.with(FakeModel.saying("a"), TestServer.options().tls(files(first)).build());
        SSLSocket socket =
            (SSLSocket)
                trusting(second).getSocketFactory().createSocket("localhost", server.port())) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void filesThatDoNotBelongTogetherAreRefused() throws Exception {
    TlsFiles files = files(first);
    Files.writeString(files.privateKey(), second.keyPem());
    ServedModel model = new ServedModel(List.of("m"), "m");
    ServerOptions options = TestServer.options().tls(files).build();
    assertThatThrownBy(() -> Server.start(options, model))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("the key is not the certificate's")
        .hasMessageContaining("--ssl-keyfile");
  }
}
