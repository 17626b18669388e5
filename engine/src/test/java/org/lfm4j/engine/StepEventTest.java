package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepEventTest {
  @TempDir private Path directory;

  @Test
  void isRecordedWhenARecordingBeginsLater() throws Exception {
    StepEvent event = new StepEvent();
    event.begin();
    event.end();
    assertThat(event.shouldCommit()).isFalse();
    try (Recording recording = new Recording()) {
      recording.enable("org.lfm4j.Step");
      recording.start();
      event.begin();
      assertThat(event.isEnabled()).isTrue();
      event.sequences = 3;
      event.decodeTokens = 7;
      event.samplingNanos = 1L << 40;
      event.end();
      assertThat(event.shouldCommit()).isTrue();
      event.commit();
      recording.stop();
      Path file = directory.resolve("steps.jfr");
      recording.dump(file);
      assertThat(RecordingFile.readAllEvents(file))
          .singleElement()
          .satisfies(step -> {
            assertThat(step.getEventType().getName()).isEqualTo("org.lfm4j.Step");
            assertThat(step.getInt("sequences")).isEqualTo(3);
            assertThat(step.getInt("decodeTokens")).isEqualTo(7);
            assertThat(step.getLong("samplingNanos")).isEqualTo(1L << 40);
          });
    }
  }
}
