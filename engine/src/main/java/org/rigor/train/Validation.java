// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.FixedAttack;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Accuracy of the models of a running training on other samples, under projected gradient ascent or
 * clean, for all models at once. Compiled once; the weights are read where the training keeps them.
 * A sample's draws depend only on the model's key and the sample, so all epochs are compared under
 * the same noise. Use it to choose an epoch; reported numbers come from the attacks of {@link
 * org.rigor.attack}.
 */
public final class Validation {
  private final AttackedBatches batches;
  private final int models;
  private final Sequence all;

  /**
   * @param of {@code param/} or {@code average/}
   * @param attack at a radius that is the same for all models
   */
  Validation(
      Device device,
      TrainingSetup training,
      TrainingBuffers trained,
      int models,
      String of,
      HostTensor x,
      HostTensor labels,
      int batch,
      Optional<FixedAttack> attack) {
    this.models = models;
    Map<String, Buffer> shared = new LinkedHashMap<>();
    shared.put("key", trained.get("key"));
    for (Parameter p : training.network().parameters()) {
      shared.put("param/" + p.name(), trained.get(of + p.name()));
    }
    this.batches =
        new AttackedBatches(
            device, training.network(), shared, trained.stored(x), labels, batch, attack);
    try {
      batches.buffers().put("right", HostTensor.of(Shape.of(models, 1), new int[models]));
      this.all = count();
    } catch (RuntimeException | Error e) {
      batches.close();
      throw e;
    }
  }

  private Sequence count() {
    Program.Builder b = Program.builder("validation-count");
    Inputs in = new Inputs(b, batches.rows());
    Value logits = batches.logits(in);
    Value labels = in.labels();
    Value best = F.reshape(F.argMax(logits, -1), labels.shape());
    // NaN logits never count as correct.
    Value finite = F.isFinite(F.reshape(F.sum(logits, -1), labels.shape()));
    Value place = batches.places(in);
    Value counted = F.lt(place, F.constant(place, batches.samples()));
    Value hit = F.and(F.and(F.eq(best, labels), finite), counted);
    Value right = in.ints("right", models, 1);
    b.state("right", F.add(right, F.sum(F.cast(hit, DType.I32), 1)));
    return batches.with(b, in, batches.count());
  }

  /** Returns the share of samples that each model classifies correctly, in [0, 1]. */
  public double[] accuracy() {
    batches.rewind();
    batches.buffers().get("right").write(HostTensor.of(Shape.of(models, 1), new int[models]));
    all.run();
    int[] right = batches.buffers().get("right").read().ints();
    double[] share = new double[models];
    for (int m = 0; m < models; m++) {
      share[m] = right[m] / (double) batches.samples();
    }
    return share;
  }

  void close() {
    batches.close();
  }
}
