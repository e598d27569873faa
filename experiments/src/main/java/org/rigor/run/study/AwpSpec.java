// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** Adversarial weight perturbation. */
@Doc("Adversarial weight perturbation: gradients are taken at weights that climbed the loss.")
public record AwpSpec(
    @Doc(
            "proxy: matrices and kernels alone, as published (Wu et al. 2020); direct: every trained"
                + " tensor, and running statistics learn from the unperturbed pass, as in the code"
                + " of ADR.")
        @Default("proxy")
        Form form,
    @Doc("Norm of a tensor's perturbation over that of the tensor.")
        @PerModel
        @Default("0.005")
        @Range(min = 0, max = 10)
        double radius,
    @Doc("Epochs at the start without perturbation.")
        @PerModel
        @Default("0")
        @Range(min = 0, max = 1e6)
        double warmUp) {

  /** Which tensors move, and by which pass running statistics learn. */
  public enum Form {
    PROXY,
    DIRECT
  }
}
