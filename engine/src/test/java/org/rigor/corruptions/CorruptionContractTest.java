// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.OnEveryDevice;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** What holds of every corruption on the list, at odd extents, gray and in colour. */
class CorruptionContractTest {
  /** Their constants trade one kind of change for another. */
  private static final Set<String> NOT_MONOTONE = Set.of("glass-blur", "elastic-transform");

  private static final int[][] EXTENTS = {{7, 9, 1}, {16, 12, 3}, {1, 5, 3}};

  static Stream<Corruption> all() {
    return Corruptions.ALL.stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void staysInRangeAndDependsOnNothingButImageKeyAndId(Corruption c) {
    assertThat(c.differs()).isNotBlank();
    for (int[] e : EXTENTS) {
      HostTensor x = Pictures.of(1, 3, e[0], e[1], e[2]);
      for (int severity : new int[] {2, Corruption.SEVERITIES}) {
        HostTensor y = Pictures.corrupt(c, severity, x, 7, 40);
        assertThat(y.shape()).isEqualTo(x.shape());
        assertThat(y.firstOutside(0, 1)).as("%s %d", c.name(), severity).isEmpty();
        HostTensor alone = Pictures.corrupt(c, severity, Pictures.one(x, 2), 7, 42);
        assertThat(alone.bitEquals(Pictures.one(y, 2)))
            .as("%s %d: alone and in a batch", c.name(), severity)
            .isTrue();
      }
    }
  }

  /** Keys as rows of the model axis give what each gives alone. */
  @ParameterizedTest
  @MethodSource("all")
  void modelsTogetherEqualEachAlone(Corruption c) {
    HostTensor x = Pictures.of(2, 2, 8, 8, 1);
    Program.Builder b = Program.builder("models");
    Value images = b.input("x", x.type());
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(3, 2)));
    Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, 2)));
    Value y = c.apply(images, 3, Randoms.fixed(key, ids));
    b.output("y", y);
    Map<String, HostTensor> in =
        Map.of("x", x, "key", Pictures.key(5, 1, 6, 1, 7, 1), "ids", Pictures.ids(0, 2));
    HostTensor all = Pictures.run(b.build(), in);
    int size = Math.toIntExact(x.shape().size());
    for (int m = 0; m < y.shape().models(); m++) {
      HostTensor alone = Pictures.corrupt(c, 3, x, 5 + m, 0);
      for (int i = 0; i < size; i++) {
        assertThat(all.get(m * size + i)).isEqualTo(alone.get(i));
      }
    }
    boolean random = y.shape().models() == 3;
    if (random) {
      HostTensor other = Pictures.corrupt(c, 3, x, 6, 0);
      assertThat(other.bitEquals(Pictures.corrupt(c, 3, x, 5, 0))).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void strongerSeveritiesGoFarther(Corruption c) {
    HostTensor x = Pictures.of(3, 16, 32, 32, 3);
    double[] far = new double[6];
    for (int severity = 1; severity <= 5; severity++) {
      far[severity] = Pictures.distance(x, Pictures.corrupt(c, severity, x, 3, 0));
    }
    assertThat(far[1]).as(c.name()).isPositive();
    if (!NOT_MONOTONE.contains(c.name())) {
      for (int severity = 2; severity <= 5; severity++) {
        // motion blur's radii at 3 and 4 cut the same Gaussian where it is below 1e-9
        boolean same = c.name().equals("motion-blur") && severity == 4;
        assertThat(far[severity])
            .as("%s %d", c.name(), severity)
            .isGreaterThan(same ? far[3] - 1e-6 : far[severity - 1]);
      }
    }
  }

  @Test
  void theSameBitsOnEveryDevice() {
    List<OnEveryDevice.Case> cases = new ArrayList<>();
    HostTensor x = Pictures.of(4, 2, 7, 9, 3);
    for (Corruption c : Corruptions.ALL) {
      cases.add(
          new OnEveryDevice.Case(
              c.name(),
              Corruptions.program(c, 2, x.type()),
              Map.of("x", x, "key", Pictures.key(9, 1), "ids", Pictures.ids(3, 2))));
    }
    OnEveryDevice.check(cases);
  }

  @Test
  void whatIsNoImageOrSeverityIsRefused() {
    HostTensor x = Pictures.of(0, 1, 8, 8, 1);
    for (Corruption c : Corruptions.ALL) {
      assertThatThrownBy(() -> Corruptions.program(c, 0, x.type()))
          .hasMessageContaining("1..5, got 0");
      assertThatThrownBy(() -> Corruptions.program(c, 6, x.type())).hasMessageContaining("got 6");
      assertThatThrownBy(
              () -> Corruptions.program(c, 1, new TensorType(DType.F32, Shape.of(1, 1, 8, 8, 2))))
          .hasMessageContaining("1 or 3");
    }
    assertThatThrownBy(() -> Corruptions.named("frost")).hasMessageContaining("photographs");
    assertThatThrownBy(() -> Corruptions.named("mist"))
        .hasMessageContaining("'mist'; known: gaussian-noise");
    assertThat(Corruptions.ALL.stream().map(Corruption::name).distinct()).hasSize(14);
  }

  @Test
  void unexpectedInputsHaveTheShapeAndTheRange() {
    HostTensor x = Pictures.of(5, 3, 7, 9, 3);
    for (UnexpectedInput u : UnexpectedInput.values()) {
      Program.Builder b = Program.builder(u.label());
      Value images = b.input("x", x.type());
      Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
      Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, 3)));
      b.output("y", u.of(images, Randoms.fixed(key, ids)));
      Map<String, HostTensor> in =
          Map.of("x", x, "key", Pictures.key(1, 2), "ids", Pictures.ids(0, 3));
      HostTensor y = Pictures.run(b.build(), in);
      assertThat(y.shape()).as(u.label()).isEqualTo(x.shape());
      assertThat(y.firstOutside(0, 1)).isEmpty();
      assertThat(Pictures.distance(x, y)).isGreaterThan(0.1);
      if (u == UnexpectedInput.SHUFFLED) {
        double[] before = Pictures.one(x, 1).toDouble().doubles();
        double[] after = Pictures.one(y, 1).toDouble().doubles();
        java.util.Arrays.sort(before);
        java.util.Arrays.sort(after);
        assertThat(after).containsExactly(before);
      }
    }
  }
}
