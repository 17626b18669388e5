package org.lfm4j.vast.rental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.vast.VastException;

@Timeout(60)
class RentalStoreTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @TempDir Path directory;
  private RentalStore store = new RentalStore(Path.of(""));

  @BeforeEach
  void three() {
    store = new RentalStore(directory.resolve("state"));
    store.save(rental("lfm-me-7001aaaaaa").found(55));
    store.save(rental("lfm-me-abcde12345").found(7001));
    store.save(rental("lfm-me-abcxyz1234"));
  }

  private static Rental rental(String label) {
    return Rental.fresh(label, "lfm2-demo", "lfm-key-0123456789", NOW);
  }

  @Test
  void aNameIsALabelAnInstanceOrTheBeginningOfALabel() {
    assertThat(label("lfm-me-abcde12345")).contains("lfm-me-abcde12345");
    assertThat(label("lfm-me-abcd")).contains("lfm-me-abcde12345");
    assertThat(label("abcx")).contains("lfm-me-abcxyz1234");
    assertThat(label("55")).contains("lfm-me-7001aaaaaa");
    assertThat(label("nobody")).isEmpty();
    assertThat(label("")).isEmpty();
  }

  @Test
  void aNumberIsAnInstanceAndNeverTheBeginningOfALabel() {
    assertThat(label("7001")).contains("lfm-me-abcde12345");
    assertThat(label("700")).isEmpty();
  }

  @Test
  void severalThatMayBeMeantAreNamed() {
    assertThatThrownBy(() -> store.find("abc"))
        .isInstanceOf(VastException.class)
        .hasMessageContainingAll("lfm-me-abcde12345", "lfm-me-abcxyz1234")
        .hasMessageNotContaining("lfm-me-7001aaaaaa");
    assertThatThrownBy(store::only).hasMessageContaining("say which");
  }

  @Test
  void whatIsUnansweredSurvivesTheFile() {
    store.save(rental("lfm-me-zzzzzzzzzz").unanswered(Optional.of(NOW.plusSeconds(9))));
    Rental read = store.load("lfm-me-zzzzzzzzzz").orElseThrow();
    assertThat(read.mayAppear(NOW)).isTrue();
    assertThat(read.mayAppear(NOW.plusSeconds(9))).isFalse();
    assertThat(store.load("lfm-me-abcxyz1234").orElseThrow().mayAppear(NOW)).isFalse();
  }

  @Test
  void aChangeOfWhatIsGoneDoesNotBringItBack() {
    store.remove("lfm-me-abcxyz1234");
    assertThat(store.change("lfm-me-abcxyz1234", kept -> kept)).isEmpty();
    assertThat(store.load("lfm-me-abcxyz1234")).isEmpty();
  }

  @Test
  void oneAtATimeEndsARental() throws Exception {
    CountDownLatch starts = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    AtomicBoolean tooEarly = new AtomicBoolean();
    Thread second =
        new Thread(() -> {
          starts.countDown();
          try (StoreLock _ = store.ending("lfm-me-abcxyz1234")) {
            tooEarly.set(first.get());
          }
        });
    try (StoreLock _ = store.ending("lfm-me-abcxyz1234")) {
      second.start();
      starts.await();
      store.removeLock("lfm-me-abcxyz1234");
      first.set(false);
    }
    second.join();
    assertThat(tooEarly).isFalse();
  }

  @Test
  void anInterruptedThreadStillWrites() {
    Thread.currentThread().interrupt();
    store.change("lfm-me-abcxyz1234", kept -> kept.found(9));
    assertThat(store.load("lfm-me-abcxyz1234").orElseThrow().instance()).hasValue(9);
    assertThat(store.all()).hasSize(3);
    assertThat(Thread.interrupted()).isTrue();
  }

  private Optional<String> label(String name) {
    return store.find(name).map(Rental::label);
  }
}
