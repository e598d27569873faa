// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.List;
import java.util.Map;
import org.rigor.attack.CurveAttack;
import org.rigor.attack.CurveAttacker;
import org.rigor.attack.CurveResult;
import org.rigor.attack.Pgd;
import org.rigor.exec.Device;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;
import org.rigor.uncertainty.DrawsApart;
import org.rigor.uncertainty.Predictor;
import org.rigor.verify.CurveDecider;
import org.rigor.verify.VerdictCurve;
import org.rigor.workspace.Models;

/**
 * Verdicts on the mean of a predictor's draws as one network: attacked, certified and searched by
 * branch and bound. What is verified holds for the mean of exactly these draws.
 *
 * @param threat the balls' norm and box
 * @param radii ascending
 * @param steps of the attack that comes first
 * @param budget of the search on a ball, in rows times steps
 */
record MeanVerdicts(
    Threat threat, List<Double> radii, DrawsApart.Of of, int steps, String method, long budget) {
  /**
   * Decides the balls around samples for all trials of a predictor.
   *
   * @param keys one per trial
   * @param x [N, features...], inside the box
   * @param labels N of them
   */
  VerdictCurve of(
      Device device, Predictor predictor, List<TrialKey> keys, HostTensor x, int... labels) {
    Map<String, HostTensor> draws = predictor.draws();
    DrawsApart apart = new DrawsApart(predictor.network(), predictor.count(), of);
    HostTensor y = HostTensor.of(Shape.of(labels.length), labels);
    Network toAttack = of == DrawsApart.Of.PROBABILITIES ? new Logarithms(apart) : apart;
    CurveResult attacked = attacked(device, toAttack, draws, keys, x, y);
    try (Models mean = Models.of(device, apart, draws);
        CurveDecider decider =
            new CurveDecider(mean, method, threat.box(), threat.requireNorm(), budget)) {
      return decider.run(x, y, radii, attacked);
    }
  }

  /** Logarithms of a network's probabilities: the same decisions, with a gradient where sure. */
  private record Logarithms(Network probabilities) implements Network {
    @Override
    public Shape input() {
      return probabilities.input();
    }

    @Override
    public int outputs() {
      return probabilities.outputs();
    }

    @Override
    public List<Parameter> parameters() {
      return probabilities.parameters();
    }

    @Override
    public Value apply(Map<String, Value> params, Value x) {
      return F.log(probabilities.apply(params, x));
    }
  }

  private CurveResult attacked(
      Device device,
      Network network,
      Map<String, HostTensor> draws,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor y) {
    int samples = x.shape().dim(0);
    CurveAttack attack = CurveAttack.of(Pgd.of(steps), threat, radii).withSlots(samples);
    try (Models models = Models.of(device, network, draws)) {
      return new CurveAttacker(device, network, attack).run(models, keys, x, y);
    }
  }
}
