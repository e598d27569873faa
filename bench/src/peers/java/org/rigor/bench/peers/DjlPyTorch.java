// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.rigor.bench.TrainingPeer;

/**
 * PyTorch through DJL. Its threads are set by {@code -Dai.djl.pytorch.num_threads=N} when the JVM
 * starts; models are trained one after another, as there is no stacking of models to be had.
 */
public final class DjlPyTorch implements TrainingPeer {

  @Override
  public String name() {
    return "DJL %s PyTorch %s, %s thread(s)"
        .formatted(
            Engine.getDjlVersion(),
            Engine.getEngine("PyTorch").getVersion(),
            System.getProperty("ai.djl.pytorch.num_threads", "default"));
  }

  @Override
  public Training standard(Setting setting) {
    return start(setting, 1, null);
  }

  @Override
  public Training adversarial(Setting setting, int models, Pgd pgd) {
    return start(setting, models, pgd);
  }

  private static Training start(Setting setting, int models, Pgd pgd) {
    NDManager manager = NDManager.newBaseManager();
    NDArray x = manager.create(setting.x(), new Shape(setting.batch(), setting.widths()[0]));
    NDArray labels = manager.create(setting.labels(), new Shape(setting.batch(), 1));
    List<DjlMlp> networks = new ArrayList<>();
    for (int i = 0; i < models; i++) {
      networks.add(new DjlMlp(manager, setting.widths(), setting.rate()));
    }
    return new Training() {
      private double loss;

      @Override
      public void step() {
        double sum = 0;
        for (DjlMlp network : networks) {
          try (NDManager scope = manager.newSubManager()) {
            NDArray input = x.duplicate();
            input.attach(scope);
            NDArray seen = pgd == null ? input : network.attack(input, labels, pgd, scope);
            sum += network.step(seen, labels);
          }
        }
        loss = sum / models;
      }

      @Override
      public double loss() {
        return loss;
      }

      @Override
      public void close() {
        manager.close();
      }
    };
  }
}
