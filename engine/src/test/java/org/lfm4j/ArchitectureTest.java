package org.lfm4j;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Dependencies inside the engine run one way, as docs/design.md draws them. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.lfm4j");

  @Test
  void packagesDependOnlyOnLowerFloors() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("tensor")
        .definedBy("org.lfm4j.tensor..")
        .layer("kernels")
        .definedBy("org.lfm4j.kernels..")
        .layer("checkpoint")
        .definedBy("org.lfm4j.checkpoint..")
        .layer("text")
        .definedBy("org.lfm4j.text..")
        .layer("sampling")
        .definedBy("org.lfm4j.sampling..")
        .layer("runner")
        .definedBy("org.lfm4j.runner..")
        .layer("cpu")
        .definedBy("org.lfm4j.cpu..")
        .layer("cuda")
        .definedBy("org.lfm4j.cuda..")
        .layer("engine")
        .definedBy("org.lfm4j.engine..")
        .layer("facade")
        .definedBy("org.lfm4j")
        .whereLayer("facade")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("facade")
        .whereLayer("cpu")
        .mayOnlyBeAccessedByLayers("facade")
        .whereLayer("cuda")
        .mayOnlyBeAccessedByLayers("facade")
        .whereLayer("kernels")
        .mayOnlyBeAccessedByLayers("sampling", "cpu")
        .whereLayer("runner")
        .mayOnlyBeAccessedByLayers("cpu", "cuda", "engine", "facade")
        .whereLayer("text")
        .mayOnlyBeAccessedByLayers("sampling", "engine", "facade")
        .whereLayer("sampling")
        .mayOnlyBeAccessedByLayers("checkpoint", "runner", "engine", "facade")
        .whereLayer("checkpoint")
        .mayOnlyBeAccessedByLayers("text", "runner", "cpu", "cuda", "engine", "facade")
        .check(CLASSES);
  }

  @Test
  void theCudaBindingKnowsNothingOfModels() {
    noClasses()
        .that()
        .resideInAPackage("org.lfm4j.cuda.driver..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.lfm4j..").and(not(resideInAPackage("org.lfm4j.cuda.driver.."))))
        .check(CLASSES);
  }

  @Test
  void theEngineKnowsNoNetwork() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.net.http..", "io.helidon..", "picocli..", "org.jline..")
        .check(CLASSES);
  }
}
