package org.lfm4j.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Dependencies inside the server run one way, as docs/design.md draws them. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.lfm4j.server");

  @Test
  void packagesHaveNoCycles() {
    slices().matching("org.lfm4j.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void onlyTheTopKnowsTheEndpoints() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "org.lfm4j.server.http",
            "org.lfm4j.server.auth",
            "org.lfm4j.server.model",
            "org.lfm4j.server.health",
            "org.lfm4j.server.tls",
            "org.lfm4j.server.trace",
            "org.lfm4j.server.edge",
            "org.lfm4j.server.generation",
            "org.lfm4j.server.metrics",
            "org.lfm4j.server.openapi")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.lfm4j.server",
            "org.lfm4j.server.chat",
            "org.lfm4j.server.completions",
            "org.lfm4j.server.responses",
            "org.lfm4j.server.messages",
            "org.lfm4j.server.tokenize")
        .check(CLASSES);
  }
}
