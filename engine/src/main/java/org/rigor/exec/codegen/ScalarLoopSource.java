// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.codegen;

import org.rigor.ir.ExprKernel;

/** A plain Java loop: any strides, the reference for the vector one. */
final class ScalarLoopSource extends LoopSource {
  ScalarLoopSource(ExprKernel kernel) {
    super(kernel);
  }

  @Override
  String header() {
    return "";
  }

  @Override
  String members() {
    return "";
  }

  @Override
  String beforeRows() {
    return "";
  }

  @Override
  String row(int arguments) {
    return scalarLoop("0", arguments);
  }
}
