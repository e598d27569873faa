// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import org.rigor.run.EngineProvider;
import org.rigor.run.analysis.Analyses;

final class EngineAnalyses implements Analyses {
  EngineAnalyses(EngineProvider.Request r) {}

  @Override
  public AttackReport attack(AttackRequest request) {
    return null;
  }

  @Override
  public LipschitzReport lipschitz(LipschitzRequest request) {
    return null;
  }

  @Override
  public CertifyReport certify(CertifyRequest request) {
    return null;
  }

  @Override
  public void close() {}
}
