// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.mlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.rigor.diff.Diff;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.Loss;
import org.rigor.nn.Sequential;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The kernels of small perceptrons: equal bits on the device and in plain Java, for all tiles, and
 * the gradients of the composed program within rounding.
 */
public class MlpKernelsTest {
  /** Operations of which the samples stand here: F32 alone, fused, without derivative. */
  public static final Set<Class<?>> OPS = Set.of(MlpAttack.class, MlpGradient.class);

  private static final int SHARED = 232_448;

  private static Device cpu;
  private static Device cuda;
  private static String missing;

  @BeforeAll
  static void open() {
    cpu = new CpuDevice(2, "scalar", "test");
    try {
      cuda = Device.open(System.getProperty("rigor.test.cuda", "emulated"));
    } catch (DeviceException e) {
      missing = e.firstLine();
      return;
    }
    cuda.prepare(attacks().map(a -> a.traced().program()).toList(), CompileOptions.DEFAULT);
  }

  @AfterAll
  static void close() {
    cpu.close();
    if (cuda != null) {
      cuda.close();
    }
  }

  /** One kernel on some shapes. */
  private record Case(
      List<Integer> widths,
      int rows,
      int models,
      int batch,
      MlpAttack.Goal goal,
      boolean slots,
      boolean perSample) {
    Traced traced() {
      Traced t = new Traced(models, batch, widths);
      Value x = t.real("x", Shape.of(models, batch, widths.get(0)), 0.5, 0.4);
      Value x0 = t.real("x0", Shape.of(models, batch, widths.get(0)), 0.5, 0.4);
      int e = perSample ? batch : 1;
      List<Value> in = new ArrayList<>(List.of(x, x0, t.labels()));
      in.add(t.real("epsilon", Shape.of(perSample ? models : 1, e), 0.3, 0.2));
      in.add(t.real("size", Shape.of(perSample ? models : 1, e), 0.1, 0.05));
      if (slots) {
        in.add(t.whole("stage", Shape.of(models, batch), 4));
        in.add(t.whole("iteration", Shape.of(models, batch), 5));
      }
      in.addAll(t.parameters().values());
      MlpLayout l = new MlpLayout(widths, rows, 0, goal.euclidean() ? 2 : 1);
      t.builder.output("y", Value.of(new MlpAttack(l, goal, slots, 3, 4, 0, 1), in));
      return t;
    }
  }

  private static Stream<Case> attacks() {
    MlpAttack.Goal plain = new MlpAttack.Goal(false, false);
    MlpAttack.Goal both = new MlpAttack.Goal(true, true);
    MlpAttack.Goal ball = new MlpAttack.Goal(true, false);
    MlpAttack.Goal margin = new MlpAttack.Goal(false, true);
    List<Integer> two = List.of(5, 7, 3);
    List<Integer> deep = List.of(9, 6, 17, 5, 4);
    List<Integer> wide = List.of(36, 40, 33, 34, 4); // sums of two chains, unequal halves
    return Stream.of(
        new Case(wide, 8, 1, 9, plain, true, true),
        new Case(wide, 16, 1, 17, plain, false, false),
        new Case(wide, 32, 1, 20, margin, false, false),
        new Case(List.of(5, 180, 40, 3), 64, 1, 3, ball, false, true),
        new Case(List.of(64, 128, 128, 10), 64, 2, 70, plain, false, false),
        new Case(two, 8, 3, 13, plain, true, true),
        new Case(two, 64, 1, 13, both, true, true),
        new Case(deep, 16, 3, 17, ball, false, true),
        new Case(deep, 32, 1, 1, margin, true, false),
        new Case(List.of(6, 5), 16, 3, 9, plain, false, false));
  }

  @TestFactory
  Stream<DynamicTest> attackHasTheBitsOfPlainJava() {
    assumeTrue(missing == null, missing);
    return attacks()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.toString(), () -> assertSame(c.traced(), t -> t.run(cuda).get("y"))));
  }

  /**
   * Slots whose logits are no numbers, or overflow, by one weight of a model: fooled, and left in
   * place. Where all running slots are fooled anyway the weight changes nothing.
   */
  @Test
  void attackTreatsNumbersThatAreNoneAsPlainJavaDoes() {
    assumeTrue(missing == null, missing);
    Set<Float> changing = new HashSet<>();
    for (Case c : attacks().filter(Case::slots).toList()) {
      HostTensor regular = c.traced().run(cpu).get("y");
      for (float weight : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -3e38f}) {
        Traced t = c.traced();
        float[] first = t.values.get("param/0.weight").floats();
        for (int i = first.length / 2; i < first.length; i += c.widths().get(1)) {
          first[i] = weight;
        }
        assertSame(t, x -> x.run(cuda).get("y"));
        if (!t.run(cpu).get("y").bitEquals(regular)) {
          changing.add(weight);
        }
      }
    }
    assertThat(changing).hasSize(3);
  }

  private static void assertSame(Traced t, Function<Traced, HostTensor> got) {
    HostTensor expected = t.run(cpu).get("y");
    HostTensor actual = got.apply(t);
    assertThat(actual.shape()).isEqualTo(expected.shape());
    for (int i = 0; i < expected.shape().size(); i++) {
      assertThat(actual.get(i)).as("element %d", i).isEqualTo(expected.get(i));
    }
  }

  @TestFactory
  Stream<DynamicTest> gradients() {
    return Stream.of(
            List.of(64, 128, 128, 10), List.of(5, 7, 3), List.of(36, 40, 33, 34, 4), List.of(6, 5))
        .flatMap(
            w ->
                Stream.of(13, 70)
                    .map(b -> DynamicTest.dynamicTest(w + " B " + b, () -> gradients(w, b))));
  }

  private static void gradients(List<Integer> widths, int batch) {
    Traced fused = new Traced(2, batch, widths);
    Value x = fused.real("x", Shape.of(2, batch, widths.get(0)), 0.5, 0.4);
    Value s = fused.real("smoothing", Shape.of(2, 1), 0.1, 0.1);
    MlpGradient.Result r =
        MlpGradient.trace(fused.mlp(), fused.parameters(), x, fused.labels(), s, SHARED)
            .orElseThrow();
    r.parameters().forEach(fused.builder::output);
    fused.builder.output("loss", r.loss());
    Map<String, HostTensor> expected = composed(widths, batch);
    Map<String, HostTensor> plain = fused.run(cpu);
    expected.forEach((name, e) -> assertClose(name, plain.get(name), e));
    if (cuda != null) {
      Map<String, HostTensor> device = fused.run(cuda);
      plain.forEach((name, e) -> assertThat(device.get(name).bitEquals(e)).as(name).isTrue());
    }
  }

  private static Map<String, HostTensor> composed(List<Integer> widths, int batch) {
    Traced t = new Traced(2, batch, widths);
    Value x = t.real("x", Shape.of(2, batch, widths.get(0)), 0.5, 0.4);
    Value s = F.reshape(t.real("smoothing", Shape.of(2, 1), 0.1, 0.1), Shape.of(2, 1, 1));
    int classes = widths.get(widths.size() - 1);
    Value target = F.oneHot(t.labels(), classes, DType.F32);
    Value smooth = F.add(F.sub(target, F.mul(target, s)), F.mul(s, 1.0 / classes));
    Value loss = F.mean(Loss.crossEntropy(t.network().apply(t.parameters(), x), smooth), 1);
    List<Value> g = Diff.grad(loss, new ArrayList<>(t.parameters().values()));
    int i = 0;
    for (String name : t.parameters().keySet()) {
      t.builder.output(name, g.get(i++));
    }
    t.builder.output("loss", F.reshape(loss, Shape.of(2, 1)));
    return t.run(cpu);
  }

  /** Within a few hundred roundings of the largest element. */
  private static void assertClose(String name, HostTensor actual, HostTensor expected) {
    assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
    double largest = 0;
    for (int i = 0; i < expected.shape().size(); i++) {
      largest = Math.max(largest, Math.abs(expected.get(i)));
    }
    for (int i = 0; i < expected.shape().size(); i++) {
      assertThat(Math.abs(actual.get(i) - expected.get(i)))
          .as("%s, element %d", name, i)
          .isLessThanOrEqualTo(2e-5 * largest);
    }
  }

  /** What has no rule throws; a null would be a zero derivative. */
  @Test
  void noRuleIsMadeUp() {
    Traced gradient = new Traced(2, 13, List.of(5, 7, 3));
    Value x = gradient.real("x", Shape.of(2, 13, 5), 0.5, 0.4);
    Value s = gradient.real("smoothing", Shape.of(2, 1), 0.1, 0.1);
    MlpGradient.trace(gradient.mlp(), gradient.parameters(), x, gradient.labels(), s, SHARED)
        .orElseThrow()
        .parameters()
        .forEach(gradient.builder::output);
    Set<Class<?>> seen = new HashSet<>();
    for (Program p : List.of(attacks().findFirst().get().traced().program(), gradient.program())) {
      for (Value y : p.nodes()) {
        if (y.op() == null || !OPS.contains(y.op().getClass()) || !seen.add(y.op().getClass())) {
          continue;
        }
        List<Value> in = y.inputs();
        List<Boolean> all = in.stream().map(v -> true).toList();
        List<ThrowingCallable> rules =
            List.of(
                () -> y.op().vjp(y, y),
                () -> y.op().jvp(y, in),
                () -> y.op().stack(y, in, all, 2),
                () -> y.op().keepsSamplesApart(y, v -> true),
                () -> y.op().slope(y, null));
        rules.forEach(r -> assertThatThrownBy(r).isInstanceOf(UnsupportedOperationException.class));
      }
    }
    assertThat(seen).isEqualTo(OPS);
  }

  @Test
  void onlyPerceptronsOfDenseLayersAndReluQualify() {
    Shape in = Shape.of(4);
    assertThat(Mlp.of(Sequential.mlp(Shape.of(2, 2, 1), List.of(3), Activation.RELU, 2)))
        .contains(new Mlp(List.of(4, 3, 2), List.of("1.weight", "1.bias", "3.weight", "3.bias")));
    assertThat(Mlp.of(Sequential.mlp(in, List.of(3), Activation.TANH, 2))).isEmpty();
    assertThat(Mlp.of(new Sequential(in, List.of(new Dense(3), new Dense(2))))).isEmpty();
    List<Layer> ends = List.of(new Dense(2), Activation.RELU);
    assertThat(Mlp.of(new Sequential(in, ends))).isEmpty();
    List<Integer> five = List.of(3, 3, 3, 3);
    assertThat(Mlp.of(Sequential.mlp(in, five, Activation.RELU, 2))).isEmpty();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThat(MlpLayout.attack(List.of(784, 256, 256, 10), false, 1, 64, SHARED)).isEmpty();
    assertThat(MlpLayout.attack(List.of(64, 128, 128, 10), false, 256, 64, SHARED).get().rows())
        .isEqualTo(64);
    assertThat(MlpLayout.attack(List.of(64, 128, 128, 10), false, 1, 64, SHARED).get().rows())
        .isEqualTo(8);
    assertThat(MlpLayout.attack(List.of(64, 128, 128, 10), false, 1, 64, 0)).isEmpty();
    assertThat(MlpLayout.gradient(List.of(64, 128, 128, 10), 64, SHARED)).isPresent();
  }

  /** A program under construction with its inputs' values. */
  private static final class Traced {
    final Program.Builder builder = Program.builder("mlp");
    private final Map<String, HostTensor> values = new LinkedHashMap<>();
    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> params = new LinkedHashMap<>();
    private final Sequential network;
    private final int models;
    private final int batch;

    Traced(int models, int batch, List<Integer> widths) {
      this.models = models;
      this.batch = batch;
      int last = widths.size() - 1;
      this.network =
          Sequential.mlp(
              Shape.of(widths.get(0)), widths.subList(1, last), Activation.RELU, widths.get(last));
    }

    Sequential network() {
      return network;
    }

    Mlp mlp() {
      return Mlp.of(network).orElseThrow();
    }

    Program program() {
      return builder.build();
    }

    Map<String, Value> parameters() {
      if (params.isEmpty()) {
        network
            .parameters()
            .forEach(
                p -> {
                  Shape s = p.shape().insert(0, models);
                  double scale = 1.5 / Math.sqrt(p.shape().dim(0) + 1.0);
                  params.put(p.name(), real("param/" + p.name(), s, 0, scale));
                });
      }
      return params;
    }

    Value labels() {
      return whole("labels", Shape.of(models, batch), network.outputs());
    }

    Value real(String name, Shape shape, double middle, double spread) {
      return inputs.computeIfAbsent(
          name,
          n -> {
            SplittableRandom r = new SplittableRandom(name.hashCode());
            float[] v = new float[Math.toIntExact(shape.size())];
            for (int i = 0; i < v.length; i++) {
              v[i] = (float) (middle + spread * (2 * r.nextDouble() - 1));
            }
            values.put(name, HostTensor.of(shape, v));
            return builder.input(name, new TensorType(DType.F32, shape));
          });
    }

    Value whole(String name, Shape shape, int bound) {
      return inputs.computeIfAbsent(
          name,
          n -> {
            SplittableRandom r = new SplittableRandom(name.hashCode());
            int[] v = r.ints(shape.size(), 0, bound).toArray();
            values.put(name, HostTensor.of(shape, v));
            return builder.input(name, new TensorType(DType.I32, shape));
          });
    }

    Map<String, HostTensor> run(Device device) {
      try (Executable e = device.compile(builder.build())) {
        values.forEach((name, v) -> e.input(name).write(v));
        e.run();
        Map<String, HostTensor> out = new LinkedHashMap<>();
        e.program().outputs().keySet().forEach(n -> out.put(n, e.output(n).read()));
        return out;
      }
    }
  }
}
