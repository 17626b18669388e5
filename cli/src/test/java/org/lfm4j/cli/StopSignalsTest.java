package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StopSignalsTest {
  @Test
  void theFirstSignalAsksTheSecondHalts() throws Exception {
    AtomicInteger halted = new AtomicInteger();
    try (StopSignals signals = new StopSignals(halted::set)) {
      signals.signal(143);
      assertThat(signals.await()).isEqualTo(143);
      assertThat(halted).hasValue(0);
      signals.signal(130);
      assertThat(halted).hasValue(130);
      assertThat(signals.await()).isEqualTo(143);
    }
  }
}
