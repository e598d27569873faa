// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * Runner of a {@link CurveAttack} on M models and N samples. The float run proposes; every success
 * is re-evaluated, unfused and in double, by {@link WitnessCheck} before it counts. A candidate
 * that the check does not confirm counts as ambiguous, and its sample is attacked again from the
 * next larger epsilon on. The clean point is always the first candidate: a sample misclassified
 * without an attack falls at the first epsilon, wherever the attack starts.
 */
public final class CurveAttacker {
  private final Device device;
  private final Network network;
  private final CurveAttack attack;

  public CurveAttacker(Device device, Network network, CurveAttack attack) {
    this.device = device;
    this.network = network;
    this.attack = attack.fit(network.outputs());
  }

  /**
   * Returns whether the steps between two refills run as one kernel on the chip ({@link
   * org.rigor.nn.mlp.MlpAttack}).
   */
  public boolean onChip(int models, int samples) {
    return new AttackWork(attack, network, DType.F32, models, samples)
        .stepsOnChip(device.sharedBytes())
        .isPresent();
  }

  /**
   * Runs the attack once.
   *
   * @param networks M of them; the float run rounds their parameters, the check does not
   * @param keys one a model
   * @param x [N, features...], inside the box; rounded like the parameters
   * @param labels I32 [N]
   * @throws IllegalArgumentException if an input lies outside the box
   */
  public CurveResult run(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    try (PreparedAttack prepared = prepare(keys.size(), x.shape().dim(0))) {
      return prepared.run(networks, keys, x, labels);
    }
  }

  /** Compiles the attack on M models and N samples for repeated runs. */
  public PreparedAttack prepare(int models, int samples) {
    return new PreparedAttack(device, network, attack, models, samples);
  }
}
