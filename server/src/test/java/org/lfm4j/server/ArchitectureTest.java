package org.lfm4j.server;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Dependencies inside the server run one way, as docs/design.md draws them. */
class ArchitectureTest {
  private static final String TOP = "top";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.lfm4j.server");

  /** What each package may know of, as the table of docs/design.md says. */
  private static Map<String, List<String>> table() {
    Map<String, List<String>> table = new LinkedHashMap<>();
    table.put("http", List.of());
    table.put("auth", List.of("http"));
    table.put("model", List.of("auth", "http"));
    table.put("health", List.of("model"));
    table.put("tls", List.of("http"));
    table.put("trace", List.of("http"));
    table.put("edge", List.of("auth", "trace", "http"));
    table.put("page", List.of("http"));
    table.put("openapi", List.of("http"));
    table.put("metrics", List.of("model", "http"));
    table.put("generation", List.of("model", "http"));
    table.put("chat", List.of("generation", "model", "http"));
    table.put("completions", List.of("generation", "model", "http"));
    table.put("responses", List.of("generation", "model", "http"));
    table.put("messages", List.of("generation", "model", "http"));
    table.put("tokenize", List.of("chat", "generation", "model", "http"));
    return table;
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("org.lfm4j.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void packagesKnowOnlyWhatTheTableSays() {
    LayeredArchitecture layers =
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer(TOP)
            .definedBy("org.lfm4j.server");
    for (String name : table().keySet()) {
      layers = layers.layer(name).definedBy("org.lfm4j.server." + name);
    }
    for (Map.Entry<String, List<String>> entry : table().entrySet()) {
      List<String> known = entry.getValue();
      layers =
          known.isEmpty()
              ? layers.whereLayer(entry.getKey()).mayNotAccessAnyLayer()
              : layers.whereLayer(entry.getKey()).mayOnlyAccessLayers(known.toArray(String[]::new));
    }
    layers.check(CLASSES);
  }
}
