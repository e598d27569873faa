// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;

/** A criterion that ends a network's training before its last epoch. */
@Doc(
    "Each network trains until the gradient of its mean training loss is small, or its epochs are"
        + " over; the quantity gradient-criterion-met says which. For standard training.")
public record UntilSpec(
    @Doc("Euclidean norm of the gradient over all training samples by all parameters, in double.")
        @Range(min = 0, max = 1e6, minOpen = true)
        double gradientNorm,
    @Doc("Epochs that are trained in any case.") @Default("0") @Range(min = 0, max = 1_000_000)
        int after,
    @Doc("Epochs between two looks at the gradient.") @Default("1") @Range(min = 1, max = 1_000_000)
        int every) {}
