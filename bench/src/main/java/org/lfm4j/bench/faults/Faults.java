package org.lfm4j.bench.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import org.lfm4j.bench.faults.Client.Answer;

/** The faults, one method each. Each says what became of its clients. */
final class Faults {
  private static final int QUESTIONS = 40;
  private static final String STREAM = ",\"stream\":true";
  private static final String LONG = ",\"ignore_eos\":true,\"max_tokens\":%d";

  private final int port;
  private final List<String> answers = new ArrayList<>();

  /** Asks every question alone first: that is what each must get in a crowd too. */
  Faults(int port) throws IOException {
    this.port = port;
    for (int i = 0; i < QUESTIONS; i++) {
      answers.add(ask(i).text());
    }
  }

  private static String question(int i) {
    return "What is %d + %d?".formatted(11 + i % QUESTIONS, 87 - i % QUESTIONS);
  }

  private Answer ask(int i) throws IOException {
    try (Client client = new Client(port)) {
      client.post(Client.chat(question(i), STREAM));
      return client.answer();
    }
  }

  private String judge(int i, Answer answer) {
    return switch (answer.status()) {
      case 200 ->
          answer.done() && answer.text().equals(answers.get(i % QUESTIONS))
              ? "right"
              : "WRONG: " + answer.text();
      case 429 -> answer.retryAfter() ? "429 with Retry-After" : "429 WITHOUT Retry-After";
      default -> "status " + answer.status();
    };
  }

  /** Returns whether one client alone is served as ever. */
  String alone() throws IOException {
    long begun = System.nanoTime();
    String verdict = judge(0, ask(0));
    return "%s, %.2f s".formatted(verdict, (System.nanoTime() - begun) / 1e9);
  }

  /** All connect first, then all ask. */
  String crowd(int size) throws InterruptedException {
    CyclicBarrier connected = new CyclicBarrier(size);
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            connected.await();
            client.post(Client.chat(question(i), STREAM));
            return judge(i, client.answer());
          }
        });
  }

  /** They ask for long answers and leave in the middle, or before anything comes. */
  String disconnects(int size) throws InterruptedException {
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            client.post(
                Client.chat(question(i), (i % 2 == 0 ? STREAM : "") + LONG.formatted(4000)));
            if (i % 4 == 0) {
              client.readSome(i % 1500);
            }
          }
          return "left";
        });
  }

  /** They ask for much and read nothing, until the server hangs up. */
  String slowReaders(int size) throws InterruptedException {
    String more = STREAM + LONG.formatted(3000) + ",\"logprobs\":true,\"top_logprobs\":20";
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port, 4096)) {
            client.post(Client.chat(question(i), more));
            while (client.open()) {
              Thread.sleep(500);
            }
            return "cut off";
          }
        });
  }

  /** Bodies with bytes changed, cut or added. */
  String malformed(int size) throws InterruptedException {
    byte[] good = Client.chat(question(0), STREAM + ",\"max_tokens\":4,\"stop\":[\"é\"]");
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            client.post(damaged(good, new Random(i)));
            int status = client.answer().status();
            return status == 200 || status == 400 || status == 404
                ? "status " + status
                : "UNEXPECTED status " + status;
          }
        });
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return random.nextInt(3) == 0
        ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length))
        : bytes;
  }

  /** Prompts of a megabyte, which no context holds. */
  String longPrompts(int size) throws InterruptedException {
    byte[] body = Client.chat("lorem ipsum ".repeat(87_382), STREAM);
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            client.post(body);
            return "status " + client.answer().status();
          }
        });
  }

  /** A megabyte of headers each; half of them one long header. */
  String headerFloods(int size) throws InterruptedException {
    String many = "X-Flood: abcdefghij\r\n".repeat(50_000);
    String one = "X-Flood: " + "y".repeat(1 << 20);
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            try {
              client.send(
                  ("GET /health HTTP/1.1\r\nHost: x\r\n" + (i % 2 == 0 ? many : one) + "\r\n\r\n")
                      .getBytes(StandardCharsets.US_ASCII));
              return "status " + client.answer().status();
            } catch (IOException e) {
              return "cut off";
            }
          }
        });
  }

  /** They begin a request and never finish it. */
  String unfinished(int size) throws InterruptedException {
    return Crowd.run(
        size,
        i -> {
          try (Client client = new Client(port)) {
            client.send(
                (i % 2 == 0
                        ? "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Half: "
                        : "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type:"
                            + " application/json\r\nContent-Length: 500\r\n\r\n{\"messages\"")
                    .getBytes(StandardCharsets.US_ASCII));
            client.answer();
            return "cut off";
          } catch (IOException e) {
            return "cut off";
          }
        });
  }

  /** The server is told to stop while answers run: half of them end in time, half can't. */
  String terminated(int size, ServerProcess server) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(size);
    Thread terminator =
        Thread.ofVirtual()
            .start(() -> {
              try {
                begun.await();
                server.terminate();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    String outcome =
        Crowd.run(
            size,
            i -> {
              try (Client client = new Client(port)) {
                client.post(
                    Client.chat(question(i), STREAM + LONG.formatted(i % 2 == 0 ? 30 : 4000)));
                client.readSome(1);
                begun.countDown();
                Answer rest = client.answer();
                return !rest.done()
                    ? "CUT without an event"
                    : rest.error() ? "ended with an error event" : "complete";
              }
            });
    terminator.join();
    return outcome;
  }
}
