// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.FixedAttack;
import org.rigor.diff.Kind;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Scope;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/**
 * Logits of finished networks at attacked samples. The attack raises the cross-entropy and always
 * takes all its steps, as calibration under attack requires; {@link org.rigor.attack.CurveAttacker}
 * stops at the first success instead.
 *
 * @param logits [M][N * K]
 * @param kind BOUND without an attack, for no rounding is enclosed; ESTIMATE at the points of an
 *     attack, which are no side of anything
 */
public record AttackedOutputs(double[][] logits, Kind kind) {

  /**
   * Runs the attack in the type of the inputs.
   *
   * @param networks M of them
   * @param keys one a model
   * @param x [N, input...]
   * @param labels I32 [N]
   * @param batch samples at a time
   * @param attack empty for the samples as they are
   */
  public static AttackedOutputs of(
      Models networks,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      int batch,
      Optional<FixedAttack> attack) {
    Device device = networks.device();
    Network network = networks.network();
    try (Scope scope = device.scope("networks")) {
      Map<String, Buffer> shared = new LinkedHashMap<>();
      shared.put("key", scope.buffer("key", TrialKey.tensor(keys)));
      for (Parameter p : network.parameters()) {
        shared.put("param/" + p.name(), networks.buffer(p, x.dtype()));
      }
      try (AttackedBatches batches =
          new AttackedBatches(device, network, shared, x, labels, batch, attack)) {
        Program.Builder b = Program.builder("attacked-logits");
        Inputs in = new Inputs(b, batches.rows());
        b.output("logits", batches.logits(in));
        double[][] all = gather(batches, batches.with(b, in, 1), network.outputs());
        return new AttackedOutputs(all, attack.isPresent() ? Kind.ESTIMATE : Kind.BOUND);
      }
    }
  }

  private static double[][] gather(AttackedBatches batches, Sequence one, int classes) {
    int models = batches.rows().models();
    int size = batches.rows().setup().batch();
    double[][] all = new double[models][batches.samples() * classes];
    batches.rewind();
    for (int c = 0; c < batches.count(); c++) {
      one.run();
      HostTensor logits = batches.buffers().get("logits").read();
      int here = Math.min(size, batches.samples() - c * size) * classes;
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < here; i++) {
          all[m][c * size * classes + i] = logits.get(m * size * classes + i);
        }
      }
    }
    return all;
  }
}
