// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.cuda.CudaDoctor;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.trial.StudyEngine;

/** The engine of this project. */
public final class RigorProvider implements EngineProvider {
  @Override
  public StudyEngine study(Request request) {
    return new RigorEngine(request);
  }

  @Override
  public Analyses analyses(Request request) {
    return new EngineAnalyses(request);
  }

  @Override
  public List<Check> doctor() {
    List<Check> checks = new ArrayList<>();
    CudaDoctor.examine().forEach(c -> checks.add(new Check(c.step(), c.ok(), c.found(), c.fix())));
    return checks;
  }
}
