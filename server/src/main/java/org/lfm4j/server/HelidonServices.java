package org.lfm4j.server;

import io.helidon.service.registry.GlobalServiceRegistry;
import io.helidon.service.registry.ServiceRegistryConfig;
import io.helidon.service.registry.ServiceRegistryManager;

/**
 * Helidon looks for services in all jars of the class path. None is used here: what the server
 * needs is given to it, and the search takes a tenth of a second of each start.
 */
final class HelidonServices {
  private HelidonServices() {}

  /** Lets Helidon look for none, unless the program around this server has its own registry. */
  static void none() {
    if (!GlobalServiceRegistry.configured()) {
      GlobalServiceRegistry.registry(
          ServiceRegistryManager.create(
                  ServiceRegistryConfig.builder()
                      .discoverServices(false)
                      .discoverServicesFromServiceLoader(false)
                      .build())
              .registry());
    }
  }
}
