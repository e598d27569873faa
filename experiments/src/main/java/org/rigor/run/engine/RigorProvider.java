// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.ArrayList;
import java.util.List;
import org.rigor.exec.cuda.CudaDoctor;
import org.rigor.run.EngineProvider;
import org.rigor.run.analysis.Analyses;
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
    boolean vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    checks.add(
        new Check(
            "vector module",
            vector,
            vector ? "jdk.incubator.vector" : "the JVM was started without it: scalar code, slower",
            vector ? "" : "start with --add-modules jdk.incubator.vector, as ./rigor does"));
    CudaDoctor.examine().forEach(c -> checks.add(new Check(c.step(), c.ok(), c.found(), c.fix())));
    return checks;
  }
}
