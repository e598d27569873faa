// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.MaskingSigns.Sign;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.Npz;
import org.rigor.io.Sha256;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackRequest;
import org.rigor.run.analysis.Analyses.AttackedSample;
import org.rigor.run.analysis.Analyses.Keep;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.analysis.AttackJson;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.analysis.Made;
import org.rigor.run.measure.Predictions;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import org.rigor.workspace.Models;

/** The default attack reaches what closed forms say, however the logits are scaled or shifted. */
class AttackAnalysisTest {
  private static final int SAMPLES = 60;
  private static final int WIDTH = 7;
  private static final double EPSILON = 0.06;

  private static final Made MADE =
      new Made(List.of("./rigor", "attack"), Instant.parse("2026-01-02T03:04:05.678Z"));

  @TempDir private Path folder;

  /** A network, samples in [0, 1] and the labels it gives them. */
  private record Case(Sequential network, Map<String, HostTensor> params, HostTensor x, int[] y) {}

  private static Case linear(int classes, double scale, double shift, double spread) {
    Sequential net = Sequential.mlp(Shape.of(WIDTH), List.of(), Activation.RELU, classes);
    return labelled(net, scale, shift, spread);
  }

  private static Case labelled(Sequential net, double scale, double shift, double spread) {
    Random random = new Random(3);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    String last = net.parameters().get(net.parameters().size() - 2).name();
    net.parameters()
        .forEach(
            p -> {
              boolean bias = p.name().endsWith("bias");
              boolean top =
                  p.name().equals(last) || p.name().equals(last.replace("weight", "bias"));
              double[] v = new double[Math.toIntExact(p.shape().size())];
              for (int i = 0; i < v.length; i++) {
                double own = (float) (random.nextGaussian() * (top && !bias ? spread : 1));
                v[i] = bias && top ? shift : top ? scale * own : own;
              }
              params.put(p.name(), HostTensor.of(p.shape().insert(0, 1), v).toFloat());
            });
    float[] x = new float[SAMPLES * WIDTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    HostTensor points = HostTensor.of(Shape.of(SAMPLES, WIDTH), x);
    int[] y = new int[SAMPLES];
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models model = Models.of(device, net, params)) {
      Predictions clean = Predictions.of(model, points);
      for (int n = 0; n < SAMPLES; n++) {
        y[n] = clean.predicted(0, n);
      }
    }
    return new Case(net, params, points, y);
  }

  private AttackReport attack(Case c, AttackSettings s, Optional<Path> examples) {
    return attack(c, s, false, examples);
  }

  private AttackReport attack(Case c, AttackSettings s, boolean signs, Optional<Path> examples) {
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models model = Models.of(device, c.network(), c.params())) {
      Path any = folder.resolve("any.npz");
      Npz.write(any, Map.of("x", c.x()), false);
      AttackRequest r =
          new AttackRequest(
              any,
              any,
              new Threat(Norm.LINF, Box.UNIT),
              EPSILON,
              s,
              OptionalInt.empty(),
              Optional.empty(),
              signs,
              false,
              new Keep(examples, Optional.empty(), Optional.empty()));
      return AttackAnalysis.run(r, model, c.x(), c.y());
    }
  }

  private static AttackSettings settings(
      AttackLoss loss, int steps, OptionalDouble relativeStep, int restarts) {
    return new AttackSettings("pgd", loss, 9, steps, relativeStep, restarts, 0, Optional.empty());
  }

  private static AttackSettings quick() {
    return settings(AttackLoss.TARGETED_MARGIN, 10, OptionalDouble.empty(), 1);
  }

  private static List<Boolean> survives(AttackReport r) {
    return r.samples().stream().map(AttackedSample::survives).toList();
  }

  /** Least margin over ball and box: each input moves to the end that lowers it most. */
  private static List<Boolean> closedForm(Case c) {
    double[] w = c.params().get("0.weight").toDouble().doubles();
    double[] b = c.params().get("0.bias").toDouble().doubles();
    int classes = b.length;
    return java.util.stream.IntStream.range(0, SAMPLES)
        .mapToObj(
            n -> {
              double least = Double.POSITIVE_INFINITY;
              for (int t = 0; t < classes; t++) {
                if (t == c.y()[n]) {
                  continue;
                }
                double margin = b[c.y()[n]] - b[t];
                double scale = 0;
                for (int i = 0; i < WIDTH; i++) {
                  double v = w[i * classes + c.y()[n]] - w[i * classes + t];
                  double x = c.x().get(n * WIDTH + i);
                  double low = Math.max(0, x - EPSILON);
                  double high = Math.min(1, x + EPSILON);
                  margin += v * (v > 0 ? low : high);
                  scale += Math.abs(v);
                }
                least = Math.min(least, margin / scale);
              }
              assertThat(Math.abs(least)).as("sample %s is no tie", n).isGreaterThan(1e-6);
              return least > 0;
            })
        .toList();
  }

  @Test
  void theScaleAndACommonShiftOfTheLogitsChangeNothing() {
    Case plain = linear(2, 1, 0, 1);
    List<Boolean> wanted = closedForm(plain);
    assertThat(wanted).contains(true, false);
    assertThat(survives(attack(plain, quick(), Optional.empty()))).isEqualTo(wanted);
    for (double scale : new double[] {1e-6, 1000, 1e6}) {
      Case scaled = linear(2, scale, 0, 1);
      AttackReport r = attack(scaled, quick(), Optional.empty());
      assertThat(survives(r)).as("scale %s", scale).isEqualTo(closedForm(scaled));
      assertThat(r.warnings()).isEmpty();
    }
    AttackReport shifted = attack(linear(2, 1, 1e7, 1), quick(), Optional.empty());
    assertThat(survives(shifted)).isEqualTo(wanted);
    assertThat(shifted.dtype()).isEqualTo("f64");
    assertThat(shifted.warnings()).singleElement().asString().contains("float32 rounds the logits");
  }

  /** Many wrong classes of nearly the same logit, where the cross-entropy climbs to all at once. */
  @Test
  void everyClassIsATargetOfItsOwn() {
    Case ten = linear(10, 1, 0, 0.05);
    List<Boolean> wanted = closedForm(ten);
    assertThat(wanted).contains(true, false);
    AttackReport r = attack(ten, quick(), Optional.empty());
    assertThat(r.parts().get(0).targets()).isEqualTo(9);
    assertThat(r.samples().stream().flatMap(s -> s.adversarial().stream()))
        .as("samples that fall to another class than the likeliest")
        .anyMatch(a -> a.targetRank().orElseThrow() > 0 && a.start().orElseThrow() > 0);
    assertThat(survives(r)).isEqualTo(wanted);
  }

  /** A factor of 2^10 changes no rounding: the same points in the same steps. */
  @Test
  void aDeepNetworkFallsInTheSameStepsAtAnyScale() {
    Sequential net = Sequential.mlp(Shape.of(WIDTH), List.of(16), Activation.RELU, 10);
    AttackReport one = attack(labelled(net, 1, 0, 1), quick(), Optional.empty());
    AttackReport large = attack(labelled(net, 1024, 0, 1), quick(), Optional.empty());
    assertThat(survives(one)).contains(true, false);
    for (int n = 0; n < SAMPLES; n++) {
      var a = one.samples().get(n).adversarial();
      var b = large.samples().get(n).adversarial();
      assertThat(b.isPresent()).isEqualTo(a.isPresent());
      if (a.isPresent()) {
        assertThat(b.get().distance()).isEqualTo(a.get().distance());
        assertThat(b.get().start()).isEqualTo(a.get().start());
        assertThat(b.get().iterations()).isEqualTo(a.get().iterations());
        assertThat(b.get().margin()).isEqualTo(1024 * a.get().margin());
      }
    }
  }

  /** The inputs are the logits: x0 - x1 can lose two epsilon inside the box. */
  @Test
  void aNetworkWithoutParametersIsAttacked() {
    Sequential net = new Sequential(Shape.of(2), List.of(Activation.RELU));
    HostTensor x = HostTensor.of(Shape.of(3, 2), 0.5f, 0.375f, 0.5f, 0.4375f, 0.125f, 0.09375f);
    AttackReport r = attack(new Case(net, Map.of(), x, new int[3]), quick(), Optional.empty());
    assertThat(survives(r)).containsExactly(true, false, false);
  }

  @Test
  void stepsThatCannotCrossTheBallAreTold() {
    AttackSettings weak = settings(AttackLoss.TARGETED_MARGIN, 10, OptionalDouble.of(0.1), 1);
    AttackReport r = attack(linear(2, 1, 0, 1), weak, Optional.empty());
    assertThat(r.warnings()).singleElement().asString().contains("go 1.00 epsilon, up to 2");
    assertThat(AnalysisText.of(r)).contains("warning: 10 steps of 0.100 epsilon");
    JsonObject json = JsonParser.parseString(AttackJson.of(r, MADE)).getAsJsonObject();
    assertThat(json.getAsJsonArray("warnings").get(0).getAsString()).contains("too weak");
  }

  @Test
  void aGradientThatVanishesIsTold() {
    AttackSettings entropy = settings(AttackLoss.CROSS_ENTROPY, 10, OptionalDouble.empty(), 1);
    AttackReport r = attack(linear(2, 1000, 0, 1), entropy, Optional.empty());
    assertThat(r.warnings())
        .singleElement()
        .asString()
        .startsWith("the gradient of cross-entropy vanishes at ");
    assertThat(attack(linear(2, 1, 0, 1), entropy, Optional.empty()).warnings()).isEmpty();
  }

  /** Two classes: a step along the gradient of either loss is best, so only the scale shows. */
  @Test
  void signsOfMaskedGradientsAreReported() {
    AttackSettings margin = settings(AttackLoss.MARGIN, 10, OptionalDouble.empty(), 1);
    AttackReport plain = attack(linear(2, 1, 0, 1), margin, true, Optional.empty());
    assertThat(plain.masking().orElseThrow().shown()).isEmpty();
    assertThat(AnalysisText.of(plain)).contains("no sign of masked gradients");
    AttackReport scaled = attack(linear(2, 1000, 0, 1), margin, true, Optional.empty());
    assertThat(scaled.masking().orElseThrow().shown()).containsExactly(Sign.SATURATED);
    int count = scaled.masking().orElseThrow().counts().get(Sign.SATURATED);
    assertThat(AnalysisText.of(scaled))
        .contains("signs of masked gradients")
        .contains(
            "%d of %d samples: the gradient of the cross-entropy vanishes".formatted(count, 20));
    JsonObject json = JsonParser.parseString(AttackJson.of(scaled, MADE)).getAsJsonObject();
    JsonObject masking = json.getAsJsonObject("masking");
    assertThat(masking.get("signs").toString()).isEqualTo("[\"saturated\"]");
    assertThat(masking.getAsJsonObject("counts").get("saturated").getAsInt()).isEqualTo(count);
    AttackReport silent = attack(linear(2, 1, 0, 1), margin, Optional.empty());
    assertThat(JsonParser.parseString(AttackJson.of(silent, MADE)).getAsJsonObject().get("masking"))
        .isEqualTo(JsonNull.INSTANCE);
  }

  /** AutoAttack on classifiers of two, three and ten classes; each sample names what fooled it. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10})
  void autoAttackReachesTheClosedForm(int classes) {
    Case c = linear(classes, 1, 0, classes == 10 ? 0.05 : 1);
    AttackSettings settings =
        new AttackSettings(
            "autoattack", AttackLoss.MARGIN, 1, 1, OptionalDouble.empty(), 1, 0, Optional.empty());
    AttackReport r = attack(c, settings, Optional.empty());
    List<Boolean> wanted = closedForm(c);
    assertThat(wanted).contains(true, false);
    assertThat(survives(r)).isEqualTo(wanted);
    JsonObject json = JsonParser.parseString(AttackJson.of(r, MADE)).getAsJsonObject();
    assertThat(json.keySet()).contains("attacks").doesNotContain("loss", "steps");
    int fell = 0;
    for (JsonElement one : json.getAsJsonArray("attacks")) {
      fell += one.getAsJsonObject().get("first_to_fool").getAsInt();
    }
    assertThat(fell).isEqualTo((int) wanted.stream().filter(s -> !s).count());
    assertThat(r.samples().stream().flatMap(s -> s.adversarial().stream()))
        .allMatch(a -> a.attack().orElseThrow().startsWith("apgd"));
    assertThat(AnalysisText.of(r)).contains("autoattack, linf").contains("square     5000 steps");
  }

  /** The points that are written fall in double, inside ball and box, by the margins reported. */
  @Test
  void theReportCanBeChecked() throws IOException {
    Case c = linear(3, 1, 0, 1);
    Path file = folder.resolve("examples.npz");
    AttackReport r = attack(c, quick(), Optional.of(file));
    JsonObject json = JsonParser.parseString(AttackJson.of(r, MADE)).getAsJsonObject();
    assertThat(json.getAsJsonArray("command").toString())
        .isEqualTo("['./rigor','attack']".replace('\'', '"'));
    assertThat(json.get("date").getAsString()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(json.keySet())
        .contains("rigor", "device", "seed", "steps", "restarts", "dtype")
        .contains("relative_step", "box", "norm", "loss", "kind", "attacked_accuracy")
        .doesNotContain("robust_accuracy");
    assertThat(json.getAsJsonObject("examples").get("sha256").getAsString())
        .isEqualTo(Sha256.of(file));
    assertThat(Files.size(file)).isPositive();
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    try (Npz npz = Npz.open(file)) {
      npz.names().stream()
          .filter(name -> !name.equals("attack"))
          .forEach(name -> arrays.put(name, npz.read(name)));
    }
    HostTensor points = arrays.get("x_adv");
    int fell = points.shape().dim(0);
    assertThat(fell).isEqualTo((int) survives(r).stream().filter(s -> !s).count()).isPositive();
    double[] w = c.params().get("0.weight").toDouble().doubles();
    for (int i = 0; i < fell; i++) {
      int n = (int) arrays.get("index").get(i);
      JsonObject found =
          json.getAsJsonArray("samples").get(n).getAsJsonObject().getAsJsonObject("adversarial");
      int other = (int) arrays.get("predicted").get(i);
      assertThat(found.get("predicted").getAsInt()).isEqualTo(other).isNotEqualTo(c.y()[n]);
      double margin = 0;
      double distance = 0;
      for (int k = 0; k < WIDTH; k++) {
        double x = points.get(i * WIDTH + k);
        assertThat(x).isBetween(0.0, 1.0);
        margin += (w[k * 3 + c.y()[n]] - w[k * 3 + other]) * x;
        distance = Math.max(distance, Math.abs(x - c.x().get(n * WIDTH + k)));
      }
      assertThat(margin).isNegative();
      assertThat(found.get("margin").getAsDouble())
          .isCloseTo(margin, org.assertj.core.data.Offset.offset(1e-5));
      assertThat(distance).isLessThanOrEqualTo(EPSILON);
      assertThat(arrays.get("distance").get(i)).isEqualTo(distance);
      assertThat(found.get("start").getAsInt()).isBetween(0, 1);
    }
  }
}
