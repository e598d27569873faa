// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.threat.Scale;
import org.rigor.workspace.Models;

/** A certificate's search over samples and radii, compiled for one set of networks. */
public interface Stage extends AutoCloseable {
  /**
   * What a search works on.
   *
   * @param networks M networks, open while the search is used
   * @param slots most samples of a model at a time
   * @param scale factors of the radius, one a feature, if they differ; for LINF
   */
  record Setup(Models networks, Box box, Norm norm, int slots, Optional<Scale> scale) {
    /** Describes balls in which all features count alike. */
    public Setup(Models networks, Box box, Norm norm, int slots) {
      this(networks, box, norm, slots, Optional.empty());
    }
  }

  /**
   * Searches the samples whose radii are not all verified.
   *
   * @param x samples [N, features...]
   * @param labels I32 [N]
   * @param epsilons E ascending radii
   * @param survived number of leading epsilons that are verified, [M][N]; raised
   * @param limits number of leading epsilons to look at, [M][N]
   * @param margins [M][N][E]; replaced where their least margin is smaller than what was found
   * @param climb whether to go up from what is verified, radius by radius; else bisects
   */
  void run(
      HostTensor x,
      HostTensor labels,
      List<Double> epsilons,
      int[][] survived,
      int[][] limits,
      CertifiedCurve.Margins[][][] margins,
      boolean climb);

  /** Takes margins for a sample's radius if their least margin is larger than what is there. */
  static void keep(CertifiedCurve.Margins[] sample, int level, CertifiedCurve.Margins found) {
    CertifiedCurve.Margins before = sample[level];
    if (before == null || Double.isNaN(before.least()) || found.least() > before.least()) {
      sample[level] = found;
    }
  }

  @Override
  void close();
}
