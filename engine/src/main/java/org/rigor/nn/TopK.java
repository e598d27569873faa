// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * ReLU that keeps the largest {@code keep} units of the last axis and sets the others to 0 (Li et
 * al. 2023, arXiv 2210.06313, section 4). Ties with the smallest kept unit are kept too. No
 * derivative flows through the choice.
 */
public record TopK(int keep) implements Layer {
  public TopK {
    if (keep < 1) {
      throw new IllegalArgumentException("top-k: keep must be >= 1, got " + keep);
    }
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() < 1 || input.dim(-1) < keep) {
      throw new IllegalArgumentException("top-k needs at least the " + keep + " units it keeps");
    }
    return input;
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    int last = x.shape().rank() - 1;
    Value least = F.slice(F.topK(x, keep), last, keep - 1, keep);
    Value below = F.lt(x, F.takeLast(x, least));
    return F.select(below, F.constant(x, 0), F.relu(x));
  }
}
