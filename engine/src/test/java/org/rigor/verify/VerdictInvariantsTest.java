// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.rigor.certify.Budget;
import org.rigor.certify.Outcome;
import org.rigor.certify.Problem;
import org.rigor.certify.Verifier;
import org.rigor.certify.Witness;
import org.rigor.exec.Device;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.nn.Activation;
import org.rigor.nn.Sequential;
import org.rigor.property.RoundedProblem;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.verify.Verdict.Answer;
import org.rigor.workspace.Models;

/** What holds of verdicts, whatever the network: nothing that keeps the function moves them. */
class VerdictInvariantsTest {
  private static final int INPUTS = 3;
  private static final int UNITS = 5;
  private static final Sequential NET =
      Sequential.mlp(Shape.of(INPUTS), List.of(UNITS, UNITS), Activation.RELU, 2);

  private static Question around(Random r, double radius) {
    double[] low = new double[INPUTS];
    double[] high = new double[INPUTS];
    for (int i = 0; i < INPUTS; i++) {
      double centre = r.nextInt(-16, 17) / 16.0;
      low[i] = (float) (centre - radius);
      high[i] = (float) (centre + radius);
    }
    double[] row = new double[2 + INPUTS + 1];
    row[0] = 1;
    row[1] = -1;
    return new Question(low, high, new double[][][] {{row}}, 0);
  }

  private static Problem problem(Question q) {
    RoundedProblem p = RoundedProblem.of(q.property(2)).get(0);
    return new Problem(p.lower(), p.upper(), p.outputs(), p.inputs(), p.constants(), p.clauses());
  }

  private static List<Outcome> run(Map<String, HostTensor> params, Problem p, int... nodes) {
    List<Outcome> all = new ArrayList<>();
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, NET, params)) {
      for (int n : nodes) {
        try (Verifier verifier = new Verifier(models)) {
          verifier.run(List.of(p), Budget.nodes(n), Witness.NONE).forEach(of -> all.add(of.get(0)));
        }
      }
    }
    return all;
  }

  /** Bounds hold, and more cells never lower them: a child's is at least its parent's. */
  @Property(tries = 2, seed = "7", shrinking = ShrinkingMode.OFF)
  void moreCellsAreNoWorse(@ForAll long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> params = SmallNetworks.weights(NET, 1, r);
    Question q = around(r, 1);
    double least = q.least(NET, params, 0);
    double last = Double.NEGATIVE_INFINITY;
    for (Outcome o : run(params, problem(q.moved(-0.02 - least)), 0, 4, 16, 64)) {
      assertThat(o.bounds()[0]).isBetween(last, -0.02 + 1e-12);
      last = o.bounds()[0];
    }
  }

  /**
   * Units in another order, and scaled by powers of two and back, give the same verdict in company
   * and alone; thresholds are 0.02 away from the least value.
   */
  @Property(tries = 1, seed = "7", shrinking = ShrinkingMode.OFF)
  void theSameFunctionHasTheSameVerdict(@ForAll long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> one = SmallNetworks.weights(NET, 1, r);
    Question q = around(r, 0.5);
    double least = q.least(NET, one, 0);
    List<Map<String, HostTensor>> all = List.of(one, other(one, r), other(one, r));
    for (double apart : new double[] {0.02, -0.02}) {
      Problem p = problem(q.moved(apart - least));
      int nodes = apart > 0 ? 2000 : 50;
      List<Outcome> together = run(packed(all), p, nodes);
      for (Outcome o : together) {
        assertThat(o.refuted()).containsExactly(apart > 0);
      }
      Outcome alone = run(all.get(2), p, nodes).get(0);
      assertThat(alone.bounds()).isEqualTo(together.get(2).bounds());
      assertThat(alone.nodes()).isEqualTo(together.get(2).nodes());
    }
  }

  /** Permutes and scales the units of both layers. */
  private static Map<String, HostTensor> other(Map<String, HostTensor> params, Random r) {
    List<String> names = new ArrayList<>(params.keySet());
    Map<String, HostTensor> next = new LinkedHashMap<>();
    params.forEach((name, t) -> next.put(name, HostTensor.of(t.shape(), t.doubles().clone())));
    for (int layer = 0; layer < 2; layer++) {
      double[] in = params.get(names.get(2 * layer)).doubles();
      double[] bias = params.get(names.get(2 * layer + 1)).doubles();
      double[] out = next.get(names.get(2 * layer + 2)).doubles();
      double[] before = next.get(names.get(2 * layer)).doubles();
      double[] newBias = next.get(names.get(2 * layer + 1)).doubles();
      double[] own = layer == 0 ? in.clone() : before.clone();
      double[] outs = params.get(names.get(2 * layer + 2)).doubles();
      List<Integer> order = new ArrayList<>();
      for (int u = 0; u < UNITS; u++) {
        order.add(u);
      }
      java.util.Collections.shuffle(order, r);
      int wide = outs.length / UNITS;
      for (int u = 0; u < UNITS; u++) {
        double scale = Math.scalb(1, r.nextInt(7) - 3);
        int to = order.get(u);
        for (int i = 0; i < own.length / UNITS; i++) {
          before[i * UNITS + to] = scale * own[i * UNITS + u];
        }
        newBias[to] = scale * bias[u];
        for (int j = 0; j < wide; j++) {
          out[to * wide + j] = outs[u * wide + j] / scale;
        }
      }
    }
    return next;
  }

  private static Map<String, HostTensor> packed(List<Map<String, HostTensor>> all) {
    Map<String, HostTensor> pack = new LinkedHashMap<>();
    all.get(0)
        .forEach(
            (name, t) ->
                pack.put(
                    name,
                    HostTensor.of(
                        t.shape().with(0, all.size()),
                        all.stream()
                            .flatMapToDouble(p -> Arrays.stream(p.get(name).doubles()))
                            .toArray())));
    return pack;
  }

  /** With growing radii verdicts go from verified to violated, and never back. */
  @Property(tries = 2, seed = "7", shrinking = ShrinkingMode.OFF)
  void verdictsFallWithTheRadius(@ForAll long seed) {
    Random r = new Random(seed);
    Map<String, HostTensor> params = SmallNetworks.weights(NET, 1, r);
    long box = r.nextLong();
    double[] radii = {0.01, 0.05, 0.1, 0.2, 0.4, 0.8};
    double middle = around(new Random(box), 0.15).least(NET, params, 0);
    List<org.rigor.property.Property> properties = new ArrayList<>();
    for (double radius : radii) {
      properties.add(around(new Random(box), radius).moved(-middle).property(2));
    }
    Verdict[] found = new Verdict[radii.length];
    try (Device device = new CpuDevice(1, "scalar", "test");
        Models models = Models.of(device, NET, params);
        Decider decider = new Decider(models)) {
      decider.decide(properties, 30, () -> false, (i, v) -> found[i] = v);
    }
    List<Answer> fall = List.of(Answer.VERIFIED, Answer.UNKNOWN, Answer.VIOLATED);
    assertThat(found[0].answer()).isEqualTo(Answer.VERIFIED);
    assertThat(found[radii.length - 1].answer()).isEqualTo(Answer.VIOLATED);
    assertThat(Arrays.stream(found).map(v -> fall.indexOf(v.answer())).toList()).isSorted();
  }
}
