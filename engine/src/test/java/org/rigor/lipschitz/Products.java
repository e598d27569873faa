// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Product bounds of networks whose parameters a test has on the host. */
public final class Products {
  private Products() {}

  public static double[] of(
      Device device, Network network, Map<String, HostTensor> params, Norm norm) {
    try (Models networks = Models.of(device, network, params)) {
      return ProductBound.of(networks, norm);
    }
  }
}
