// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.linalg.SymmetricEigen;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/**
 * A comparison of the spectral norms of the Jacobians of many samples through 784-256-256-10, in
 * double. Rigor's time includes eigenvalues, the certified lower sides and the search for kinks; a
 * peer's ends with J J'. Usage: {@code JacobianComparison <results folder> <report name> [rounds]
 * [samples]}.
 */
public final class JacobianComparison {
  private static final int[] WIDTHS = {784, 256, 256, 10};

  private JacobianComparison() {}

  /** Checks that all agree, times them and writes their report. */
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 11;
    int samples = args.length > 3 ? Integer.parseInt(args[3]) : 10_000;
    int threads =
        Integer.getInteger("rigor.bench.threads", Runtime.getRuntime().availableProcessors());
    List<Integer> hidden = IntStream.of(WIDTHS).skip(1).limit(2).boxed().toList();
    Sequential net = Sequential.mlp(Shape.of(WIDTHS[0]), hidden, Activation.RELU, WIDTHS[3]);
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.initial(List.of(TrialKey.of(0, "bench"))).forEach((n, v) -> params.put(n, v.toDouble()));
    double[] x = new SplittableRandom(7).doubles((long) samples * WIDTHS[0]).toArray();
    HostTensor inputs = HostTensor.of(Shape.of(samples, WIDTHS[0]), x);
    Report report = new Report(args[1], "Spectral norms of Jacobians, double");
    double[][] norms = new double[1][];
    try (CpuDevice device = new CpuDevice(threads, "auto", "benchmark");
        Models networks = Models.of(device, net, params)) {
      List<Contender> contenders = new ArrayList<>();
      contenders.add(
          new Contender(
              "Rigor, " + threads + " threads, with certified sides",
              () ->
                  norms[0] =
                      JacobianNorms.measure(networks, inputs, Norm.L2, Nearby.in(Box.NONE))
                          .norms()[0]));
      contenders.get(0).run().run();
      List<JacobianPeer.Work> works = new ArrayList<>();
      for (JacobianPeer peer : ServiceLoader.load(JacobianPeer.class)) {
        JacobianPeer.Work work = peer.start(setting(params, x, samples));
        work.run();
        check(peer, work, norms[0], samples);
        works.add(work);
        contenders.add(new Contender(peer.name(), work::run));
      }
      if (works.isEmpty()) {
        throw new IllegalStateException("no other library on the class path: build with -Ppeers");
      }
      String title = samples + " samples through 784-256-256-10";
      report.times(title, Interleaved.measure(contenders, rounds, 0.05));
      works.forEach(JacobianPeer.Work::close);
    }
    report.write(Path.of(args[0]));
  }

  private static JacobianPeer.Setting setting(
      Map<String, HostTensor> params, double[] x, int samples) {
    List<double[]> weights = new ArrayList<>();
    List<double[]> biases = new ArrayList<>();
    params.forEach((name, v) -> (v.shape().dim(-2) > 1 ? weights : biases).add(v.doubles()));
    return new JacobianPeer.Setting(
        WIDTHS, weights.toArray(double[][]::new), biases.toArray(double[][]::new), x, samples);
  }

  /** Requires the norms of every hundredth sample to agree to ten digits. */
  private static void check(
      JacobianPeer peer, JacobianPeer.Work work, double[] norms, int samples) {
    int k = WIDTHS[3];
    for (int i = 0; i < samples; i += 100) {
      double theirs = Math.sqrt(SymmetricEigen.of(work.gram(i), k).values()[k - 1]);
      if (!(Math.abs(theirs - norms[i]) <= 1e-10 * norms[i])) {
        throw new IllegalStateException(
            peer.name() + ": sample " + i + " has norm " + theirs + ", Rigor's is " + norms[i]);
      }
    }
  }
}
