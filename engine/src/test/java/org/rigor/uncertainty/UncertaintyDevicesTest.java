// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceException;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Every method on CUDA (the emulator, or the machine's GPU) beside the CPU: products may differ.
 */
class UncertaintyDevicesTest {
  private static final Sequential NET = Sequential.mlp(Shape.of(2), List.of(3), Activation.TANH, 2);
  private static final List<TrialKey> KEYS =
      List.of(TrialKey.of(1, "device"), TrialKey.of(2, "device"));

  private static NetworkPosterior target() {
    double[] x = new double[12];
    for (int i = 0; i < 12; i++) {
      x[i] = Math.sin(2.3 * i);
    }
    int[] labels = {0, 1, 0, 0, 1, 1};
    return NetworkPosterior.classifier(NET, HostTensor.of(Shape.of(6, 2), x), labels, 1, 1);
  }

  private static Map<String, HostTensor> all(Device device) {
    Map<String, HostTensor> start = new LinkedHashMap<>();
    NET.initial(KEYS).forEach((k, v) -> start.put(k, v.toDouble()));
    NetworkPosterior target = target();
    Map<String, HostTensor> out = new LinkedHashMap<>();
    Hmc hmc = new Hmc(2, 0.1, 0.8, 0.1, true);
    hmc.run(device, target, KEYS, start, 2, 1, 1).last().forEach((k, v) -> out.put("hmc " + k, v));
    Sgld sgld = new Sgld(0.01, 3);
    sgld.run(device, target, KEYS, start, 1, 1, 2)
        .last()
        .forEach((k, v) -> out.put("sgld " + k, v));
    MeanField.Fit q =
        new MeanField(2, 3, 0.1, Descent.adam(0.01, 3)).fit(device, target, KEYS, start);
    q.draws(device, KEYS, 0, 2).forEach((k, v) -> out.put("mean field " + k, v));
    Laplace.Fit fit = new Laplace(Laplace.Matrix.GAUSS_NEWTON).fit(device, target, start);
    Map<String, HostTensor> draws = fit.draws(device, KEYS, 0, 3);
    draws.forEach((k, v) -> out.put("laplace " + k, v));
    McDropout dropout = new McDropout(0.3, List.of("2.weight"), 2, 0, Descent.adam(0.01, 3));
    dropout.train(device, target, KEYS, start).forEach((k, v) -> out.put("dropout " + k, v));
    Predictor mean = new Predictor("test", Standing.ENSEMBLE, "", NET, draws);
    Prediction p = Prediction.of(device, mean, target.x());
    out.put("prediction", HostTensor.of(Shape.of(6, 2), flat(p.logMean()[1])));
    out.put("score", HostTensor.of(Shape.of(6), p.scores().get(Score.MUTUAL_INFORMATION)[1]));
    return out;
  }

  private static double[] flat(double[][] x) {
    return java.util.Arrays.stream(x).flatMapToDouble(java.util.Arrays::stream).toArray();
  }

  @Test
  void methodsAgree() {
    Map<String, HostTensor> expected;
    try (Device cpu = new CpuDevice(1, "scalar", "test")) {
      expected = all(cpu);
    }
    try (Device cuda = open(System.getProperty("rigor.test.cuda", "emulated"))) {
      Map<String, HostTensor> found = all(cuda);
      expected.forEach(
          (name, v) -> {
            for (int i = 0; i < v.shape().size(); i++) {
              assertThat(found.get(name).get(i)).as(name).isCloseTo(v.get(i), within(1e-9));
            }
          });
    }
  }

  private static Device open(String kind) {
    try {
      return Device.open(kind);
    } catch (DeviceException e) {
      assertThat("true".equals(System.getenv("CI"))).as(e.firstLine()).isFalse();
      throw new TestAbortedException("no device '" + kind + "' here: " + e.firstLine());
    }
  }
}
