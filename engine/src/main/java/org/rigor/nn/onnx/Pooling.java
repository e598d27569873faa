// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;

/** Semantics of pooling, on images and on sequences. */
final class Pooling {
  private Pooling() {}

  static Term max(Call c) {
    c.irrelevant("storage_order"); // of the positions of maxima, which nothing here can read
    Images x = Images.of(c.term(0));
    Windows w = Places.windows(c, Places.kernel(c, x, null), x);
    w = c.flag("ceil_mode", false) ? Places.ceiled(w, x) : w;
    return x.term(F.maxPool2d(x.value(), w));
  }

  /**
   * Averages windows; padding added by ceil_mode never counts, that of pads does if
   * count_include_pad.
   */
  static Term average(Call c) {
    Images x = Images.of(c.term(0));
    Windows w = Places.windows(c, Places.kernel(c, x, null), x);
    boolean count = c.flag("count_include_pad", false);
    Windows ceiled = c.flag("ceil_mode", false) ? Places.ceiled(w, x) : w;
    if (!count || ceiled.equals(w)) {
      return x.term(F.averagePool2d(x.value(), ceiled, count));
    }
    Value padded = F.pad(F.pad(x.value(), 2, w.top(), w.bottom(), 0), 3, w.left(), w.right(), 0);
    Windows behind = ceiled.padding(0, 0, ceiled.bottom() - w.bottom(), ceiled.right() - w.right());
    return x.term(F.averagePool2d(padded, behind, false));
  }

  static Term globalAverage(Call c) {
    Images x = Images.of(c.term(0));
    return x.term(F.mean(x.value(), 2, 3));
  }

  static Term globalMax(Call c) {
    Images x = Images.of(c.term(0));
    return x.term(F.max(x.value(), 2, 3));
  }
}
