package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What kernels are compiled for. */
class ArchitectureNamesTest {
  @Test
  void onlyHopperGetsItsOwnInstructionsUnasked() {
    assertThat(Architecture.of(80)).isEqualTo(new Architecture("sm_80", false));
    assertThat(Architecture.of(89)).isEqualTo(new Architecture("sm_89", false));
    assertThat(Architecture.of(90)).isEqualTo(new Architecture("sm_90a", false));
    assertThat(Architecture.of(100)).isEqualTo(new Architecture("sm_100", false));
    assertThat(Architecture.of(120)).isEqualTo(new Architecture("sm_120", false));
  }

  @Test
  void newerOnesGetTheirsWhenAsked() {
    assertThat(Architecture.specific(120)).isEqualTo(new Architecture("sm_120a", false));
    assertThat(Architecture.specific(89)).isEqualTo(new Architecture("sm_89", false));
  }

  // A cubin of sm_80 doesn't run on 9.0, so portable means the sources, not the machine code.
  @Test
  void portableKeepsTheDevicesOwnArchitecture() {
    assertThat(Architecture.portable(90)).isEqualTo(new Architecture("sm_90", true));
    assertThat(Architecture.portable(80)).isEqualTo(new Architecture("sm_80", true));
  }

  @Test
  void oldDevicesAreRefused() {
    assertThatThrownBy(() -> Architecture.of(75))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("7.5 is too old");
  }
}
