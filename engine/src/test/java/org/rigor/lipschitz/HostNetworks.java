// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Map;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.tensor.HostTensor;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;

/** Both sides of Lipschitz constants, of networks whose parameters a test has on the host. */
public final class HostNetworks {
  private HostNetworks() {}

  public static double[] product(
      Device device, Network network, Map<String, HostTensor> params, Norm norm) {
    try (Models networks = Models.of(device, network, params)) {
      return ProductBound.of(networks, norm);
    }
  }

  /** Measures at points of unbounded inputs, with points anywhere nearby. */
  public static JacobianNorms jacobians(
      Device device, Network network, Map<String, HostTensor> params, HostTensor x, Norm norm) {
    return jacobians(device, network, params, x, norm, Nearby.in(Box.NONE));
  }

  public static JacobianNorms jacobians(
      Device device,
      Network network,
      Map<String, HostTensor> params,
      HostTensor x,
      Norm norm,
      Nearby nearby) {
    try (Models networks = Models.of(device, network, params)) {
      return JacobianNorms.measure(networks, x, norm, nearby);
    }
  }
}
