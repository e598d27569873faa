// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.Scope;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Parameter;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class ModelsTest {
  private static final Sequential NET = Sequential.mlp(Shape.of(3), List.of(4), Activation.RELU, 2);

  private static Map<String, HostTensor> values(int models) {
    return NET.initial(Stream.iterate(1L, i -> i + 1).limit(models).map(ModelsTest::key).toList());
  }

  private static TrialKey key(long seed) {
    return TrialKey.of(seed, "train");
  }

  private static HostTensor model(HostTensor t, int m) {
    int n = Math.toIntExact(t.shape().size() / t.shape().models());
    HostTensor one = HostTensor.zeros(new TensorType(t.dtype(), t.shape().with(0, 1)));
    System.arraycopy(t.array(), m * n, one.array(), 0, n);
    return one;
  }

  static Stream<String> devices() {
    try {
      Device.open("emulated").close();
      return Stream.of("cpu", "emulated");
    } catch (DeviceException e) {
      return Stream.of("cpu");
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void othersTypesAreCastOnTheDeviceAsTheyAreOnTheHost(String kind) {
    Map<String, HostTensor> wide = values(3);
    wide.replaceAll((name, v) -> v.toDouble());
    wide.values().forEach(v -> v.doubles()[0] = Math.PI);
    try (Device device = Device.open(kind);
        Models m = Models.of(device, NET, wide);
        Models floats = Models.of(device, NET, m.host())) {
      assertThat(m.count()).isEqualTo(3);
      for (Parameter p : NET.parameters()) {
        HostTensor v = wide.get(p.name());
        assertThat(m.buffer(p, DType.F32).read().floats()).isEqualTo(v.toFloat().floats());
        assertThat(m.buffer(p, DType.F64).read().doubles()).isEqualTo(v.doubles());
        assertThat(floats.buffer(p).read().doubles()).isEqualTo(v.doubles());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void rowsAreTheModelsAskedForInThatOrder(String kind) {
    Map<String, HostTensor> all = values(4);
    try (Device device = Device.open(kind);
        Models m = Models.of(device, NET, all);
        Models some = m.rows(List.of(2, 3, 0));
        Models last = some.one(2)) {
      for (Parameter p : NET.parameters()) {
        HostTensor stored = all.get(p.name());
        assertThat(some.count()).isEqualTo(3);
        int[] from = {2, 3, 0};
        for (int i = 0; i < 3; i++) {
          HostTensor row = model(some.host().get(p.name()), i);
          assertThat(row.array()).isEqualTo(model(stored, from[i]).array());
        }
        assertThat(last.host().get(p.name()).array()).isEqualTo(model(stored, 0).array());
      }
      assertThatThrownBy(() -> m.rows(List.of(4)))
          .hasMessageContaining("has 4 models, got index 4");
    }
  }

  /** Inputs of k times as many models take each model k times in a row. */
  @ParameterizedTest
  @MethodSource("devices")
  void preparedInputsAreFilledWithoutTheHost(String kind) {
    Map<String, HostTensor> two = values(2);
    try (Device device = Device.open(kind);
        Models m = Models.of(device, NET, two);
        Workspace space = new Workspace(device, "test")) {
      for (Parameter p : NET.parameters()) {
        space.declare("param/" + p.name(), p.type(6, DType.F64));
      }
      m.load(space::get);
      for (Parameter p : NET.parameters()) {
        HostTensor stored = two.get(p.name()).toDouble();
        HostTensor loaded = space.read("param/" + p.name());
        for (int i = 0; i < 6; i++) {
          assertThat(model(loaded, i).doubles()).isEqualTo(model(stored, i / 3).doubles());
        }
      }
      Parameter first = NET.parameters().get(0);
      try (Workspace five = new Workspace(device, "five")) {
        NET.parameters().forEach(p -> five.declare("param/" + p.name(), p.type(5, DType.F32)));
        assertThatThrownBy(() -> m.load(five::get))
            .hasMessage("models: compiled for 5 models of parameter '" + first.name() + "', got 2");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void buffersOfAnotherDeviceAreRefused(String kind) {
    assumeThat(kind).isNotEqualTo("cpu"); // whose buffers are arrays, whichever device has them
    HostTensor pair = HostTensor.of(Shape.of(1, 2), 5.0, 6);
    try (Device cpu = new CpuDevice(1, "scalar", "test");
        Device gpu = Device.open(kind);
        Device second = gpu.beside("second");
        Scope here = cpu.scope("here");
        Scope there = gpu.scope("there");
        Scope beside = second.scope("beside")) {
      Buffer a = here.buffer("a", pair);
      Buffer b = there.buffer("b", pair);
      Buffer c = beside.buffer("c", pair);
      assertThatThrownBy(() -> a.write(b, List.of(0))).hasMessageContaining("of another device");
      assertThatThrownBy(() -> b.write(a, List.of(0))).hasMessageContaining("of another device");
      assertThatThrownBy(() -> c.write(b, List.of(0))).hasMessageContaining("of another device");
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Map<String, HostTensor> none = Map.of();
    Map<String, HostTensor> wrong = values(1);
    String first = NET.parameters().get(0).name();
    Map<String, HostTensor> mixed = values(3);
    mixed.put(first, values(2).get(first));
    wrong.put(first, HostTensor.of(Shape.of(1, 7), new double[7]));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Scope scope = device.scope("here")) {
      assertThatThrownBy(() -> Models.of(device, NET, none)).hasMessageContaining("has no value");
      assertThatThrownBy(() -> Models.of(device, NET, wrong))
          .hasMessage("models: parameter '" + first + "' must be [M, ...] of [3, 4], got [1, 7]");
      assertThatThrownBy(() -> Models.of(device, NET, mixed))
          .hasMessage("models: parameter '" + first + "' must be of 1 or 3 models, got 2");
      Buffer a = scope.buffer("a", HostTensor.of(Shape.of(2, 2), 1.0, 2, 3, 4));
      Buffer b = scope.buffer("b", HostTensor.of(Shape.of(1, 2), 5.0, 6));
      b.write(a, List.of(1));
      assertThat(b.read().doubles()).containsExactly(3, 4);
      a.write(b, List.of(0, 0));
      assertThat(a.read().doubles()).containsExactly(3, 4, 3, 4);
      assertThatThrownBy(() -> a.write(b, List.of(0)))
          .hasMessageContaining("got 1 models of 'here/b'");
      assertThatThrownBy(() -> a.write(b, List.of(0, 1)))
          .hasMessageContaining("has 1 models, got index 1");
      Buffer c = scope.buffer("c", new TensorType(DType.F32, Shape.of(1, 2)));
      assertThatThrownBy(() -> c.write(b, List.of(0))).hasMessageContaining("has type");
    }
  }
}
