// SPDX-License-Identifier: Apache-2.0
/** Figures as SVG and PNG, drawn without a window system: axes, lines, brackets and pictures. */
package org.rigor.run.figure;
