// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Distance;
import org.rigor.workspace.Models;

/** Which wrong classes the starts of a targeted loss aim at first. */
public enum TargetRule {
  /** Those with the largest logits at the clean point. */
  LIKELIEST {
    @Override
    double[] scores(
        Models networks, Distance norm, HostTensor x, HostTensor labels, double[] logits) {
      return logits;
    }
  },
  /**
   * Those whose boundary would be nearest if logits were linear (MALT, Melamed et al. 2024), among
   * the hundred likeliest.
   */
  NEAREST {
    @Override
    double[] scores(
        Models networks, Distance norm, HostTensor x, HostTensor labels, double[] logits) {
      double[] far = CleanBoundaries.distances(networks, norm, x, labels, logits);
      return Arrays.stream(far).map(d -> -d).toArray();
    }
  };

  /**
   * Returns by what classes are ranked, the largest first, [M, N, K].
   *
   * @param x [N, features...]
   * @param labels I32 [N]
   * @param logits at the clean points, [M, N, K]
   */
  abstract double[] scores(
      Models networks, Distance norm, HostTensor x, HostTensor labels, double[] logits);
}
