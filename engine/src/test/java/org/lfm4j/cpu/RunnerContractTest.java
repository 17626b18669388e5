package org.lfm4j.cpu;

import org.lfm4j.checkpoint.TinyModels;

class RunnerContractTest extends RunnerContract {
  RunnerContractTest() {
    super(TinyModels.moeConfig(30), RunnerFactory.ALL);
  }
}
