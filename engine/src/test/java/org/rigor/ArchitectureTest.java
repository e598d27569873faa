// SPDX-License-Identifier: Apache-2.0
package org.rigor;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.diff.ReluMasks;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Hoist;
import org.rigor.ir.Op;
import org.rigor.ir.Simplify;
import org.rigor.op.DirectConvolutions;
import org.rigor.workspace.Passes;

/**
 * The arrows between the packages of the engine. {@link #ARROWS} is the one place that says which
 * package may use which; a package that it does not name fails the test.
 */
class ArchitectureTest {
  private static final String ROOT = "org.rigor.";

  /** Package to the packages it may use, itself apart. */
  private static final Map<String, String[]> ARROWS = new LinkedHashMap<>();

  static {
    String[] values = {"tensor", "ir", "ir.fn"};
    String[] traced = {"tensor", "ir", "ir.fn", "op", "diff"};
    String[] networks =
        with(
            traced, "nn", "nn.mlp", "io", "data", "threat", "linalg", "exec", "workspace", "queue");
    String[] methods = with(networks, "attack", "lipschitz", "certify", "curvature", "calibration");

    arrow("cache");
    arrow("check", "tensor", "io");
    arrow("tensor");
    arrow("ir", "tensor");
    arrow("ir.fn", "tensor", "ir");
    arrow("op", values);
    arrow("diff", "tensor", "ir", "op");
    arrow("nn", traced);
    arrow("nn.models", with(traced, "nn"));
    arrow("nn.mlp", with(traced, "nn"));
    arrow("nn.onnx", with(traced, "nn", "io", "io.onnx"));
    arrow("workspace", with(traced, "nn", "exec"));
    arrow("queue", with(traced, "exec", "workspace"));
    arrow("attack", networks);
    arrow("lipschitz", networks);
    arrow("certify", networks);
    arrow("curvature", networks);
    arrow("smoothing", networks);
    arrow("verify", with(networks, "attack", "certify", "property"));
    arrow("train", methods);
    arrow("uncertainty", with(methods, "train"));

    arrow("exec", values);
    arrow("exec.plan", with(values, "exec"));
    arrow("exec.codegen", with(values, "cache"));
    arrow("exec.cpu", with(values, "exec", "exec.plan", "exec.codegen", "linalg"));
    arrow("exec.cuda.loading", "exec", "io", "cache");
    arrow("exec.cuda.driver", "exec", "exec.cuda.loading");
    arrow(
        "exec.cuda.code",
        with(
            values,
            "exec",
            "exec.plan",
            "exec.codegen",
            "linalg",
            "cache",
            "exec.cuda.loading",
            "exec.cuda.driver"));
    arrow("exec.cuda", with(ARROWS.get("exec.cuda.code"), "exec.cuda.code"));

    arrow("linalg", "tensor", "cache");
    arrow("io", "tensor");
    arrow("io.onnx", "tensor", "io");
    arrow("data", "tensor", "io");
    arrow("threat", "tensor", "ir", "op", "data");
    arrow("property");
    arrow("property.vnnlib", "property", "io");
    arrow("calibration", "tensor");
    arrow("corruptions", "tensor", "ir", "op");
  }

  private static JavaClasses engine;

  @BeforeAll
  static void readClasses() {
    // By place: options that leave out tests know only the folders of Maven, Gradle and IntelliJ.
    engine =
        new ClassFileImporter()
            .importUrl(Op.class.getProtectionDomain().getCodeSource().getLocation());
    assertThat(engine).as("compiled classes of the engine").isNotEmpty();
  }

  @Test
  void everyPackageHasItsArrows() {
    assertThat(engine.stream().map(ArchitectureTest::packageOf).distinct())
        .as("packages of the engine, each named in ARROWS")
        .isSubsetOf(ARROWS.keySet());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyWhatItsArrowsName(String name) {
    String[] allowed = with(ARROWS.get(name), name);
    DescribedPredicate<JavaClass> forbidden =
        resideInAPackage(ROOT + ".").and(not(resideInAnyPackage(qualified(allowed))));
    check(
        noClasses()
            .that()
            .resideInAPackage(ROOT + name)
            .should()
            .dependOnClassesThat(forbidden)
            .as(name + " uses only " + String.join(", ", allowed)));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("org.rigor.(**)").should().beFreeOfCycles());
  }

  @Test
  void onlyTheCudaDeviceImportsJcuda() {
    check(
        classes()
            .that(resideInAPackage("org.rigor..").and(use("jcuda..")))
            .should()
            .resideInAPackage(ROOT + "exec.cuda.."));
  }

  @Test
  void onlyLinearAlgebraAndTheCpuDeviceImportEjml() {
    check(
        classes()
            .that(resideInAPackage("org.rigor..").and(use("org.ejml..")))
            .should()
            .resideInAnyPackage(ROOT + "linalg", ROOT + "exec.cpu"));
  }

  /** Work whose length varies over items has one way to run. */
  @Test
  void onlyTheQueueLoopsWhileItemsWait() {
    check(
        noClasses()
            .that(not(resideInAnyPackage(qualified("queue", "exec.."))))
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Sequence.WhileBusy.class));
  }

  /** Whoever has a program hands it over as traced: one place knows the passes and their order. */
  @Test
  void onlyTheWorkspaceRunsPassesAndCompiles() {
    check(
        noClasses()
            .that(not(resideInAnyPackage(qualified("workspace", "exec.."))))
            .should()
            .callMethodWhere(owner(Passes.class, "run"))
            .orShould()
            .callMethodWhere(owner(Simplify.class, "run"))
            .orShould()
            .callMethodWhere(owner(ReluMasks.class, "run"))
            .orShould()
            .callMethodWhere(owner(DirectConvolutions.class, "run"))
            .orShould()
            .callMethodWhere(owner(Hoist.class, "of"))
            .orShould()
            .callMethodWhere(owner(Device.class, "compile")));
  }

  /** Bounds ask an operation for its facts; a rewriting alone knows forms made of several. */
  @Test
  void certificatesNameNoOperation() {
    DescribedPredicate<JavaClass> operation =
        DescribedPredicate.describe(
            "name an operation", c -> c.isAssignableTo(Op.class) && !c.isEquivalentTo(Op.class));
    check(
        noClasses()
            .that()
            .resideInAPackage(ROOT + "certify")
            .and()
            .doNotHaveSimpleName("Reform")
            .should()
            .dependOnClassesThat(operation));
  }

  /** The incubator module is optional at run time: only source compiled then may name it. */
  @Test
  void noCompiledClassNamesTheVectorModule() {
    check(noClasses().should().dependOnClassesThat().resideInAPackage("jdk.incubator.vector.."));
  }

  static Stream<String> packages() {
    return ARROWS.keySet().stream();
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(engine);
  }

  private static DescribedPredicate<JavaClass> use(String packages) {
    return DescribedPredicate.describe(
        "use " + packages,
        c ->
            c.getDirectDependenciesFromSelf().stream()
                .anyMatch(d -> resideInAPackage(packages).test(d.getTargetClass())));
  }

  private static DescribedPredicate<JavaMethodCall> owner(Class<?> type, String method) {
    return DescribedPredicate.describe(
        "call " + type.getSimpleName() + "." + method,
        c ->
            c.getTarget().getOwner().isAssignableTo(type)
                && c.getTarget().getName().equals(method));
  }

  private static void arrow(String from, String... to) {
    ARROWS.put(from, to);
  }

  private static String[] with(String[] names, String... more) {
    return Stream.concat(Arrays.stream(names), Arrays.stream(more)).toArray(String[]::new);
  }

  private static String[] qualified(String... names) {
    return Arrays.stream(names).map(ROOT::concat).toArray(String[]::new);
  }

  private static String packageOf(JavaClass c) {
    return c.getPackageName().substring(ROOT.length());
  }
}
