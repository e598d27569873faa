// SPDX-License-Identifier: Apache-2.0
package org.rigor.run;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.ReluMasks;
import org.rigor.exec.Device;
import org.rigor.ir.Hoist;
import org.rigor.ir.Simplify;
import org.rigor.op.DirectConvolutions;
import org.rigor.workspace.Passes;

/**
 * The arrows between the packages of studies, in the order in which data passes through them.
 * {@link #ARROWS} is the one place that says which package may use which; one that it does not name
 * fails the test. All may use the exceptions of {@code org.rigor.run} itself, which uses none of
 * them.
 */
class RunArchitectureTest {
  private static final String ROOT = "org.rigor.run";

  /** Package, with those below it, to the packages it may use, itself apart. */
  private static final Map<String, String[]> ARROWS = new LinkedHashMap<>();

  static {
    arrow("yaml");
    arrow("statistics");
    arrow("figure");
    arrow("study", "yaml", "statistics");
    arrow("trial", "yaml", "study");
    arrow("theory", "yaml", "statistics", "study");
    arrow("plugin", "yaml", "study", "theory");
    arrow("claim", "yaml", "statistics", "study", "trial", "theory");
    arrow("store", "yaml", "study", "trial", "theory", "plugin");
    arrow("analysis", "yaml", "statistics", "store");
    arrow("provider", "trial", "analysis");
    arrow("setup", "study", "trial");
    arrow("measure", "yaml", "study", "trial", "setup");
    arrow("engine", "figure", "study", "trial", "analysis", "provider", "setup", "measure");
    arrow("schedule", "yaml", "study", "trial", "theory", "store");
    arrow("report", "yaml", "statistics", "figure", "study", "trial", "theory", "claim", "store");
    arrow("bench", "yaml", "store", "report");
    arrow(
        "cli",
        ARROWS.keySet().stream()
            .filter(p -> !List.of("setup", "measure", "engine").contains(p))
            .toArray(String[]::new));
  }

  private static final List<Class<?>> PASSES =
      List.of(Simplify.class, ReluMasks.class, DirectConvolutions.class, Hoist.class, Passes.class);

  private static JavaClasses classes;

  private static void arrow(String from, String... to) {
    ARROWS.put(from, to);
  }

  @BeforeAll
  static void readClasses() {
    classes =
        new ClassFileImporter()
            .importUrl(RunException.class.getProtectionDomain().getCodeSource().getLocation());
    assertThat(classes).as("compiled classes of studies").isNotEmpty();
  }

  static Stream<String> packages() {
    return ARROWS.keySet().stream();
  }

  @Test
  void everyPackageHasItsArrows() {
    assertThat(
            classes.stream()
                .map(c -> c.getPackageName().substring(ROOT.length()))
                .filter(p -> !p.isEmpty())
                .map(p -> p.split("\\.")[1])
                .distinct())
        .as("packages of studies, each named in ARROWS")
        .isSubsetOf(ARROWS.keySet());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyWhatItsArrowsName(String name) {
    String[] allowed =
        Stream.concat(
                Stream.of(ROOT, ROOT + "." + name + ".."),
                Stream.of(ARROWS.get(name)).map(p -> ROOT + "." + p + ".."))
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "." + name + "..")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
        .as(name + " uses only " + String.join(", ", ARROWS.get(name)))
        .check(classes);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(classes);
  }

  /** Benchmarks time programs as they were traced; everything else hands them to a workspace. */
  @Test
  void onlyBenchmarksCompileWithoutAWorkspace() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".bench..")
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                "compile on a device, or run a pass",
                c -> {
                  JavaClass owner = c.getTarget().getOwner();
                  boolean compiles =
                      owner.isAssignableTo(Device.class)
                          && c.getTarget().getName().equals("compile");
                  return compiles || PASSES.stream().anyMatch(owner::isEquivalentTo);
                }))
        .check(classes);
  }

  @Test
  void theRootUsesNoPackage() {
    noClasses()
        .that()
        .resideInAPackage(ROOT)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + ".*..")
        .check(classes);
  }
}
