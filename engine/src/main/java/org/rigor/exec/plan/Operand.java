// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import org.rigor.ir.View;

/** A slot read or written through a view; stride 0 of the view is the distance between models. */
public record Operand(int slot, View view) {}
