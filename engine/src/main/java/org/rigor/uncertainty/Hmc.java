// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Workspace;

/**
 * Hamiltonian Monte Carlo with leapfrog steps (Neal 2011, section 5.2): momentum p ~ N(0, I) in
 * units of the potential's {@link Potential#scale}, L steps of size e, accepted with probability
 * {@code min(1, exp(-dH))}. Without the test, a normal target of precision P gets the stationary
 * covariance of precision {@code P - e^2 / 4 P^2} (e below 2 over the root of its largest
 * eigenvalue).
 *
 * <p>During warm-up each chain adapts its own step by dual averaging (Hoffman and Gelman 2014,
 * algorithm 5: gamma 0.05, t0 10, kappa 0.75); afterwards the step is fixed, so the kept states
 * come from one Markov chain.
 *
 * @param leapfrogs L, at least 1
 * @param step e at the start, above 0
 * @param target target acceptance rate in warm-up, in (0, 1); 0 keeps the step as it is
 * @param jitter half width of a uniform relative change of the step, redrawn for each trajectory,
 *     in [0, 1); it breaks up trajectories that return to their start
 * @param metropolis false omits the acceptance test
 */
public record Hmc(int leapfrogs, double step, double target, double jitter, boolean metropolis) {
  public Hmc {
    if (leapfrogs < 1) {
      throw new IllegalArgumentException("hmc: leapfrogs must be >= 1, got " + leapfrogs);
    }
    if (!(step > 0) || Double.isInfinite(step)) {
      throw new IllegalArgumentException("hmc: step must be > 0, got " + step);
    }
    if (!(target >= 0 && target < 1)) {
      throw new IllegalArgumentException("hmc: target must lie in [0, 1), got " + target);
    }
    if (!(jitter >= 0 && jitter < 1)) {
      throw new IllegalArgumentException("hmc: jitter must lie in [0, 1), got " + jitter);
    }
  }

  /**
   * Runs one chain per key.
   *
   * @param start F64 [C, shape...] by name
   * @param warmUp trajectories before the first that is kept
   * @param keep states kept, at least 1
   * @param thin trajectories from one to the next, at least 1
   */
  public Chains run(
      Device device,
      Potential potential,
      List<TrialKey> keys,
      Map<String, HostTensor> start,
      int warmUp,
      int keep,
      int thin) {
    int c = keys.size();
    List<Map<String, HostTensor>> draws = new ArrayList<>();
    try (Workspace space = new Workspace(device, "hmc")) {
      space.putAll("", potential.inputs());
      space.putAll("param/", start);
      space.put("key", TrialKey.tensor(keys));
      space.put("count/step", HostTensor.of(Shape.of(c, 1), new int[c]));
      space.put("count/warm-up", HostTensor.of(Shape.of(1, 1), new int[] {warmUp}));
      space.put("step/log", column(c, Math.log(step)));
      space.put("step/log-mean", column(c, Math.log(step)));
      HmcPrograms programs = new HmcPrograms(this, potential, c);
      Sequence.Step[] trajectory = {
        Sequence.run(space.link(space.declare(programs.begin()))),
        Sequence.repeat(leapfrogs - 1, Sequence.run(space.link(space.declare(programs.leap())))),
        Sequence.run(space.link(space.declare(programs.end())))
      };
      space.loop(warmUp, trajectory).run();
      Sequence between = space.loop(thin, trajectory);
      for (int t = 0; t < keep; t++) {
        between.run();
        draws.add(State.read(space, potential));
      }
      double total = (double) keep * thin;
      double[] accepted = space.read("count/accepted").doubles();
      double[] diverged = space.read("count/diverged").doubles();
      double[] log = space.read("step/log").doubles();
      return new Chains(
          draws,
          Arrays.stream(accepted).map(a -> a / total).toArray(),
          Arrays.stream(diverged).mapToInt(d -> (int) d).toArray(),
          Arrays.stream(log).map(Math::exp).toArray(),
          metropolis);
    }
  }

  private static HostTensor column(int rows, double value) {
    double[] v = new double[rows];
    Arrays.fill(v, value);
    return HostTensor.of(Shape.of(rows, 1), v);
  }
}
