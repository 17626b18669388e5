package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LoadOptions;

/** Many clients at once, each of which must get what it gets alone. */
@Timeout(120)
class CrowdTest {
  private static final int QUESTIONS = 16;
  private static final String LONG =
      ",\"stream\":true,\"ignore_eos\":true,\"temperature\":1,\"seed\":5,\"max_tokens\":";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = new Demo(LoadOptions.DEFAULT);
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  private static String question(int i) {
    return "What is %d + %d?".formatted(11 + 3 * (i % QUESTIONS), 90 - 5 * (i % QUESTIONS));
  }

  private static String sampling(int i) {
    return i / QUESTIONS % 2 == 0
        ? ",\"temperature\":0,\"max_tokens\":24"
        : ",\"temperature\":1.5,\"top_p\":0.95,\"frequency_penalty\":0.3,\"max_tokens\":24,\"seed\":"
            + i % QUESTIONS;
  }

  @Test
  void everyoneOf256GetsTheTextTheyGetAlone() throws Exception {
    List<String> alone = new ArrayList<>();
    for (int i = 0; i < 2 * QUESTIONS; i++) {
      alone.add(demo.text(question(i), sampling(i)));
    }
    assertThat(alone.subList(QUESTIONS, alone.size())).doesNotHaveDuplicates();
    askAll(alone);
    long before = heapInUse();
    askAll(alone);
    assertThat(heapInUse() - before).as("bytes kept after 256 requests").isLessThan(8 << 20);
    Demo.await("all pages are free", () -> demo.model.stats().pagesHeld() == 0);
    assertThat(demo.model.stats().running()).isZero();
    assertThat(demo.model.stats().waiting()).isZero();
    assertThat(demo.server.running()).isZero();
  }

  private static void askAll(List<String> alone) throws Exception {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> calls = new ArrayList<>();
      for (int i = 0; i < 256; i++) {
        int client = i;
        boolean stream = i / (2 * QUESTIONS) % 2 == 0;
        calls.add(() ->
            stream
                ? demo.streamed(question(client), sampling(client), 1).getFirst()
                : demo.text(question(client), sampling(client)));
      }
      List<Future<String>> answers = clients.invokeAll(calls, 60, TimeUnit.SECONDS);
      for (int i = 0; i < answers.size(); i++) {
        assertThat(answers.get(i).get()).isEqualTo(alone.get(i % alone.size()));
      }
    }
  }

  private static long heapInUse() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void samplesOfASeedAreTheSameInCompany() throws Exception {
    String story = "Tell me a story about a cat.";
    String sampled = ",\"temperature\":1.2,\"seed\":5,\"n\":3,\"max_tokens\":24";
    List<String> alone = demo.texts(story, sampled);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<List<String>>> calls = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String more = i % 3 == 0 ? sampled : ",\"temperature\":0.7,\"seed\":" + i;
        calls.add(() -> demo.texts(story, more));
      }
      List<Future<List<String>>> answers = clients.invokeAll(calls, 60, TimeUnit.SECONDS);
      for (int i = 0; i < answers.size(); i += 3) {
        assertThat(answers.get(i).get()).isEqualTo(alone);
      }
    }
  }

  @Test
  void clientsThatLeaveTakeTheirSequencesAlong() throws Exception {
    int context = demo.model.maxModelLength();
    long generatedBefore = demo.model.stats().generatedTokens();
    List<RawClient> stay = new ArrayList<>();
    List<RawClient> leave = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      stay.add(new RawClient(demo.server).chat("", Demo.request(question(i), LONG + 30)));
      leave.add(new RawClient(demo.server).chat("", Demo.request(question(i), LONG + context)));
    }
    for (RawClient client : leave) {
      client.readUntil("\"delta\":{\"content\"");
      client.leave();
    }
    for (RawClient client : stay) {
      assertThat(client.readUntil("[DONE]")).contains("\"finish_reason\":\"length\"");
      client.close();
    }
    Demo.await(
        "nothing runs or waits",
        () -> demo.model.stats().running() == 0 && demo.server.running() == 0);
    assertThat(demo.model.stats().pagesHeld()).isZero();
    assertThat(demo.model.stats().generatedTokens() - generatedBefore)
        .as("tokens of 32 short answers and 32 broken off")
        .isLessThan(32L * context / 2);
  }
}
