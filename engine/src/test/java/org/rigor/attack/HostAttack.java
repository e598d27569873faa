// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.HostTensor;
import org.rigor.workspace.Models;

/** Curve attacks on networks whose parameters a test has on the host. */
public final class HostAttack {
  private HostAttack() {}

  public static CurveResult run(
      Device device,
      Network network,
      CurveAttack attack,
      Map<String, HostTensor> params,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels) {
    try (Models networks = Models.of(device, network, params)) {
      return new CurveAttacker(device, network, attack).run(networks, keys, x, labels);
    }
  }
}
