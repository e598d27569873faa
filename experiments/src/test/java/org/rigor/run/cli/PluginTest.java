// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;

/** A jar of a user's own, compiled here, adds a law and a measurement. */
class PluginTest {
  private static final String SOURCE =
      """
      package mine;

      import java.util.*;
      import org.rigor.run.plugin.Plugin;
      import org.rigor.run.study.*;
      import org.rigor.run.theory.*;
      import org.rigor.run.yaml.*;

      public final class Mine implements Plugin {
        public String namespace() { return "mine"; }
        public List<Class<? extends Law>> laws() { return List.of(Square.class); }
        public List<Class<? extends PluginMeasurement>> measurements() {
          return List.of(Weights.class);
        }

        @Doc("A square is a product.")
        @TypeName("mine:square")
        public record Square(@Doc("Side.") @Default("3") double side) implements Law {
          public String id() { return "mine/S"; }
          public String source() { return "Euclid"; }
          public String says() { return "A square is a product."; }
          public void measure(Lab lab) {
            double area = FACTOR * side * side;
            lab.compare("area", "a^2", side * side, area, Tolerance.relative(1e-12, side * side));
          }
        }

        @Doc("Parameters of a network.")
        @TypeName("mine:weights")
        public record Weights(@Doc("Factor.") @Default("1") double times)
            implements PluginMeasurement {
          public List<Quantity> gives() {
            return List.of(Quantity.number("weights", "", Quantity.Better.NEITHER, "parameters"));
          }
          public Map<String, double[]> measure(Trained trained) {
            require(trained);
            double count = 0;
            for (var p : trained.models().host().values()) {
              count += p.shape().size() / (double) trained.seeds().size();
            }
            double[] all = new double[trained.seeds().size()];
            Arrays.fill(all, times * count);
            return Map.of("weights", all);
          }
          /** The shapes that the interface promises, for grey images of 8 x 8. */
          private static void require(Trained trained) {
            int[] x = trained.samples().shape().dims();
            int n = trained.labels().length;
            if (!Arrays.equals(x, new int[] {1, n, 8, 8, 1}) || n < 1000) {
              throw new IllegalStateException("samples " + Arrays.toString(x) + " of " + n);
            }
            for (var p : trained.models().host().values()) {
              if (p.shape().dim(0) != trained.seeds().size()) {
                throw new IllegalStateException("parameters " + p.shape());
              }
            }
          }
        }
      }
      """;
  private static final String STUDY =
      """
      name: small
      data: {type: digits, test-share: 0.9}
      model: {type: mlp, hidden: [20]}
      training:
        epochs: 1
        batch-size: 30
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
      measurements: [{type: 'mine:weights', times: 2}]
      sweep: {seeds: 5}
      claims:
        - {type: level, id: w, says: all are counted, metric: weights, of: standard,
           relation: at-least, value: 3019}
      """;

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
    out = folder.resolve("runs");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  private Path jar(String name, String source) throws IOException {
    Path src = folder.resolve(name + "-src/mine/Mine.java");
    Files.createDirectories(src.getParent());
    Files.writeString(src, source);
    Path classes = Files.createDirectories(folder.resolve(name + "-classes"));
    String path = System.getProperty("java.class.path");
    int exit =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                OutputStream.nullOutputStream(),
                null,
                "-cp",
                path,
                "-d",
                classes.toString(),
                src.toString());
    assertThat(exit).isZero();
    Path jar = folder.resolve(name + ".jar");
    try (JarOutputStream zip = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      for (Path f : files.filter(Files::isRegularFile).sorted().toList()) {
        zip.putNextEntry(new JarEntry(classes.relativize(f).toString().replace('\\', '/')));
        zip.write(Files.readAllBytes(f));
      }
      zip.putNextEntry(new JarEntry("META-INF/services/org.rigor.run.plugin.Plugin"));
      zip.write("mine.Mine\n".getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> s = Files.list(folder)) {
      return s.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aLawOfAJarRunsAndItsCodeIsPartOfTheResultsId() throws Exception {
    Path one = jar("one", SOURCE.replace("FACTOR", "1"));
    Path laws =
        Files.writeString(
            folder.resolve("laws.yaml"),
            "type: theory\nname: mine\nlaws: [{type: 'mine:square', side: 4}]\n");
    Shell.Result without = Shell.run("run", laws, "--out", out);
    assertThat(without.exit()).isEqualTo(2);
    assertThat(without.err()).contains("laws[0].type: expected one of");
    Shell.Result r = Shell.run("run", laws, "--plugin", one, "--out", out);
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).containsPattern("mine/S +area +16 +16 +0 ");
    assertThat(Shell.run("explain", "laws.mine:square.side", "--plugin", one).out())
        .contains("default 3");
    assertThat(Files.readString(out.resolve("mine/provenance.json"))).contains("\"sha256\"");
    Path two = jar("two", SOURCE.replace("FACTOR", "1.5"));
    Shell.Result changed = Shell.run("run", laws, "--plugin", two, "--out", out);
    assertThat(changed.exit()).isEqualTo(1);
    assertThat(changed.out()).containsPattern("mine/S +area +16 +24 +8");
    assertThat(names(out.resolve("mine/laws"))).hasSize(2);
    Shell.Result again = Shell.run("run", laws, "--plugin", one, "--out", out);
    assertThat(again.err()).contains("1 of 1 laws are finished already");
  }

  @Test
  void aMeasurementOfAJarIsNamedByClaims() throws Exception {
    Path one = jar("one", SOURCE.replace("FACTOR", "1"));
    Path study = Files.writeString(folder.resolve("small.yaml"), STUDY);
    Shell.Result r = Shell.run("run", study, "--plugin", one, "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out())
        .contains("(w) all are counted  UNDECIDED: all 5 seeds give one number")
        .contains("3020");
  }

  /** MI-FGSM (Dong et al. 2018), whose direction remembers former gradients. */
  private static final String ATTACK =
      """
      package mine;

      import java.util.Map;
      import java.util.function.Function;
      import org.rigor.attack.*;
      import org.rigor.ir.Value;
      import org.rigor.op.F;
      import org.rigor.run.plugin.Plugin;
      import org.rigor.tensor.TensorType;

      public final class Mine implements Plugin {
        public String namespace() { return "mine"; }
        public Map<String, Function<Attacks.Settings, Attack>> attacks() {
          return Map.of("mine:momentum", s -> new Momentum(s.steps(), s.step()));
        }

        record Momentum(int steps, double share) implements Attack {
          public boolean randomStart() { return false; }
          public Map<String, TensorType> keeps(TensorType x) { return Map.of("velocity", x); }
          public AttackState start(Problem p) {
            return new AttackState(p.x0(), Map.of("velocity", F.mul(p.x0(), 0)));
          }
          public AttackState step(Problem p, AttackState s) {
            Value g = p.gradient().apply(s.x());
            Value unit = F.div(g, F.add(p.threat().norm().length(g), 1e-30));
            Value v = F.add(F.mul(s.kept().get("velocity"), DECAY), unit);
            return new AttackState(p.ascend(s.x(), v, share), Map.of("velocity", v));
          }
        }
      }
      """;

  @Test
  void anAttackOfAJarRunsFromAStudyAndItsCodeIsPartOfTheResultsId() throws Exception {
    Path one = jar("one", ATTACK.replace("DECAY", "1"));
    String curve = "{type: pgd-curve, epsilons: [0, 0.3], steps: 3, samples: 30, restarts: 1}";
    String named = curve.replace("epsilons", "attack: 'mine:momentum', epsilons");
    String text = STUDY.substring(0, STUDY.indexOf("claims:")).replace("seeds: 5", "seeds: 1");
    String own = "{type: 'mine:weights', times: 2}";
    Path study = Files.writeString(folder.resolve("a.yaml"), text.replace(own, named));
    Shell.Result without = Shell.run("run", study, "--out", out, "--device", "cpu");
    assertThat(without.exit()).isEqualTo(2);
    assertThat(without.err())
        .contains("measurements[0].attack: expected one of pgd, fgsm, ")
        .contains("got 'mine:momentum'");
    Shell.Result r = Shell.run("run", study, "--plugin", one, "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    assertThat(r.out()).contains("attacked (mine:momentum)");
    assertThat(Shell.run("explain", "measurements.pgd-curve.attack", "--plugin", one).out())
        .contains(
            "(pgd | fgsm | r-fgsm | bim | mi-fgsm | apgd | fab | square | hopskipjump |"
                + " fmn | ddn | carlini-wagner | sigma-zero | deepfool | mine:momentum; optional)");
    Path two = jar("two", ATTACK.replace("DECAY", "0.5"));
    Shell.run("run", study, "--plugin", two, "--out", out, "--device", "cpu");
    assertThat(names(out.resolve("small/trials"))).hasSize(2);
    Path alien = jar("alien", ATTACK.replace("DECAY", "1").replace("mine:momentum", "momentum"));
    Shell.Result refused = Shell.run("explain", "--plugin", alien);
    assertThat(refused.exit()).isEqualTo(4);
    assertThat(refused.err()).contains("'momentum'; its attacks are called 'mine:...'");
    assertThat(Shell.run("explain").exit()).isZero();
  }

  @Test
  void whatIsNoPluginIsSaid() throws Exception {
    Path text = Files.writeString(folder.resolve("a.txt"), "no jar");
    Shell.Result none = Shell.run("explain", "--plugin", text);
    assertThat(none.exit()).isEqualTo(4);
    assertThat(none.err()).contains("--plugin " + text + ": no jar");
    assertThat(Shell.run("explain", "--plugin", folder.resolve("absent.jar")).exit()).isEqualTo(4);
    Path empty = folder.resolve("empty.jar");
    try (JarOutputStream zip = new JarOutputStream(Files.newOutputStream(empty))) {
      zip.putNextEntry(new JarEntry("x"));
    }
    assertThat(Shell.run("explain", "--plugin", empty).err()).contains("it has no META-INF");
    Path alien = jar("alien", SOURCE.replace("FACTOR", "1").replace("mine:square", "square"));
    Shell.Result named = Shell.run("explain", "--plugin", alien);
    assertThat(named.exit()).isEqualTo(4);
    assertThat(named.err()).contains("'square'; its types are records called 'mine:...'");
    assertThat(Shell.run("explain").exit()).isZero();
  }
}
