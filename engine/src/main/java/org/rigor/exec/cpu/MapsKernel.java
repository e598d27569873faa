// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import java.util.List;

/** Elementwise steps over one shape: each thread runs them in order on its own elements. */
record MapsKernel(List<MapKernel> parts) implements StepKernel {
  @Override
  public void run(Frame f, int from, int to, int part, int of) {
    parts.forEach(k -> k.run(f, from, to, part, of));
  }

  @Override
  public long cost() {
    return parts.stream().mapToLong(MapKernel::cost).sum();
  }

  @Override
  public String toString() {
    return parts.toString();
  }
}
